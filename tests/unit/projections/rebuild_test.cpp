#include "projections/rebuild.hpp"

#include <filesystem>

#include <catch2/catch.hpp>

#include "projections/read_store.hpp"
#include "tests/unit/projections/facts.hpp"
#include "tests/unit/projections/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::projections;
using namespace ibkr::unit;

namespace {

std::vector<Event> long_log() {
    Feed feed;
    std::vector<Event> list;
    for (int i = 0; i < 1'500; ++i) {
        const auto order = "o" + std::to_string(i);
        feed.now_ms += 20'000;
        list.push_back(feed.submit(order, "10.25", "k" + std::to_string(i)));
        const auto outcome = i % 3 == 0 ? Outcome::refused : Outcome::confirmed;
        list.push_back(
            feed.outcome<PaperOrderSubmitted>(order, order, outcome, i % 3 == 0 ? "rejected" : "working"));
        if (i % 3 != 0)
            list.push_back(feed.execution(order, "e" + std::to_string(i), Side::buy, "1.5", feed.now_ms));
        if (i % 100 == 0) list.push_back(feed.position("12", feed.now_ms));
    }
    return list;
}

EventSource source_of(const std::vector<Event>& list) {
    return [&list, next = std::size_t{0}](LoggedEvent& logged) mutable -> Result<bool> {
        if (next == list.size()) return false;
        logged.event = list[next++];
        logged.mac = checkpoint_at(logged.event.sequence_id).mac;
        return true;
    };
}

std::string dump_of(const std::string& path) {
    auto db = Database::open(path).value();
    return dump(db);
}

}  // namespace

TEST_CASE("a rebuild gives the rows that living gave, and takes their place") {
    const TemporaryDirectory directory;
    const auto path = directory.file("p.sqlite3");
    const auto log = long_log();
    {
        auto live = ProjectionStore::open(path, projections_of_test()).value();
        // Batches of uneven size, as they come in life.
        for (std::size_t from = 0, size = 1; from < log.size(); from += size, size = size % 37 + 1) {
            const auto end = std::min(from + size, log.size());
            fold(live, {log.begin() + static_cast<std::ptrdiff_t>(from),
                        log.begin() + static_cast<std::ptrdiff_t>(end)});
        }
    }
    const std::string lived = dump_of(path);
    std::vector<SequenceId> steps;
    const auto report =
        rebuild(path, projections_of_test(), source_of(log), [&](SequenceId at) { steps.push_back(at); });
    REQUIRE(report);
    CHECK(dump_of(path) == lived);
    CHECK(report->events == log.size());
    CHECK(report->checkpoint == checkpoint_at(log.back().sequence_id));
    CHECK(report->before == StoreCondition::ready);
    CHECK(report->checkpoint_before == report->checkpoint);
    CHECK_FALSE(report->was_wrong());
    CHECK(steps == std::vector{SequenceId(2'000), SequenceId(4'000)});
    CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
}

TEST_CASE("a rebuild repairs what was damaged, foreign, wrong or gone") {
    const TemporaryDirectory directory;
    const auto path = directory.file("p.sqlite3");
    const auto log = long_log();
    REQUIRE(rebuild(path, projections_of_test(), source_of(log)));
    const std::string right = dump_of(path);

    SECTION("damaged") {
        directory.write("p.sqlite3", std::string(20'000, 'x'));
        directory.write("p.sqlite3-wal", std::string(500, 'y'));
        const auto report = rebuild(path, projections_of_test(), source_of(log)).value();
        CHECK(report.before == StoreCondition::damaged);
        CHECK(report.tables.front().before == std::nullopt);
    }
    SECTION("gone") {
        std::filesystem::remove(path);
        CHECK(rebuild(path, projections_of_test(), source_of(log)).value().before == StoreCondition::absent);
    }
    SECTION("wrong") {
        {
            auto db = Database::open(path).value();
            REQUIRE(db.exec("DELETE FROM idempotency WHERE key = 'k7'"));
        }
        const auto report = rebuild(path, projections_of_test(), source_of(log)).value();
        CHECK(report.before == StoreCondition::ready);
        CHECK(report.was_wrong());
    }
    SECTION("of other projections") {
        {
            auto db = Database::open(path).value();
            REQUIRE(db.exec("UPDATE store_projections SET version = 77 WHERE name = 'policies'"));
        }
        CHECK(rebuild(path, projections_of_test(), source_of(log)).value().before ==
              StoreCondition::version_changed);
    }
    CHECK(dump_of(path) == right);
    CHECK(ProjectionStore::open(path, projections_of_test()));
}

TEST_CASE("a rebuild that fails leaves the old file as it was") {
    const TemporaryDirectory directory;
    const auto path = directory.file("p.sqlite3");
    const auto log = long_log();
    REQUIRE(rebuild(path, projections_of_test(), source_of(log)));
    const std::string before = dump_of(path);
    int given = 0;
    const auto failed = rebuild(path, projections_of_test(), [&](LoggedEvent& logged) -> Result<bool> {
        if (given == 2'500) return failure(ErrorCode::audit_chain_invalid, "record 2501 cannot be read");
        logged.event = log[static_cast<std::size_t>(given++)];
        return true;
    });
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == ErrorCode::audit_chain_invalid);
    CHECK(dump_of(path) == before);
    CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);

    const auto nowhere = rebuild(directory.file("no/folder"), projections_of_test(), source_of(log));
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code == ErrorCode::audit_write_failed);
}

TEST_CASE("a rebuild beside a reader leaves the reader whole") {
    const TemporaryDirectory directory;
    const auto path = directory.file("p.sqlite3");
    const auto log = long_log();
    const std::vector<Event> beginning(log.begin(), log.begin() + 10);
    REQUIRE(rebuild(path, projections_of_test(), source_of(beginning)));
    auto old_reader = ReadStore::open(path).value();
    CHECK(old_reader.checkpoint().value().sequence == SequenceId(10));
    REQUIRE(rebuild(path, projections_of_test(), source_of(log)));
    CHECK(old_reader.checkpoint().value().sequence == SequenceId(10));
    auto new_reader = ReadStore::open(path).value();
    CHECK(new_reader.checkpoint().value().sequence == log.back().sequence_id);
    auto writer = ProjectionStore::open(path, projections_of_test()).value();
    CHECK(writer.checkpoint().sequence == log.back().sequence_id);
}
