#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "projections/sqlite.hpp"
#include "tests/unit/io/venue_support.hpp"

namespace ibkr::io {
namespace {

using namespace venue_test;
using engine::BrokerOrderStatus;
using events::Operation;
using events::Outcome;
using events::Side;

constexpr const char* aapl = "265598";

/// A directory of its own, gone with the object.
class Folder {
public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "venue-test-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string book() const { return path_ / "venue.sqlite3"; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Runs `work` in a child process that ends with `work`'s result and without any cleaning up.
template <class Work>
int in_child(Work work) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(work());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

events::ErrorCode open_error(const std::string& path, std::string& message) {
    engine::VirtualClock clock(start);
    const auto venue = SimulatedVenue::open(path, VenueSettings{1, clock});
    REQUIRE_FALSE(venue.has_value());
    message = venue.error().message;
    CHECK_FALSE(venue.error().user_action.empty());
    CHECK(message.find(path) == std::string::npos);
    return venue.error().code;
}

struct ScriptedFaults final : VenueFaults {
    bool at_begin = false;
    bool before_commit = false;
    bool after_commit = false;
    bool fail_to_begin(Operation) override { return at_begin; }
    bool drop_before_commit(Operation) override { return before_commit; }
    bool lose_answer_after_commit(Operation) override { return after_commit; }
};

void run_script(const std::string& path, std::uint64_t seed) {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock, path, seed);
    (void)venue->submit(limit_order("p-1", aapl, Side::buy, 5, "205"));
    (void)venue->submit(limit_order("p-2", "270639", Side::buy, 1'200, "40"));
    (void)venue->submit(limit_order("p-3", aapl, Side::sell, 5, "200.10"));
    clock.advance_ms(7'200'000);
    (void)venue->cancel(cancel_of(events::BrokerOrderId("1003"), "p-3"));
}

TEST_CASE("The same seed and script make the same file, byte for byte") {
    const Folder one;
    const Folder two;
    const Folder other;
    run_script(one.book(), 5);
    run_script(two.book(), 5);
    run_script(other.book(), 6);
    CHECK_FALSE(bytes_of(one.book()).empty());
    CHECK(bytes_of(one.book()) == bytes_of(two.book()));
    CHECK(bytes_of(one.book()) != bytes_of(other.book()));
}

TEST_CASE("A reopened book goes on: orders, ids, clock and seed are its own") {
    const Folder folder;
    engine::VirtualClock clock(start);
    std::string before;
    {
        const auto venue = open_venue(clock, folder.book(), 5);
        CHECK(venue->submit(limit_order("p-1", aapl, Side::buy, 5, "205")).broker_order_id.text() == "1001");
        clock.advance_ms(3'600'000);
        before = book_text(*venue);
    }
    engine::VirtualClock earlier(start);
    const auto venue = open_venue(earlier, folder.book(), 99);
    CHECK(book_text(*venue) == before);
    CHECK(venue->submit(limit_order("p-2", aapl, Side::buy, 5, "100")).broker_order_id.text() == "1002");
}

TEST_CASE("Fills due while no process ran are made when the book is opened again") {
    const Folder folder;
    engine::VirtualClock clock(start);
    CHECK(open_venue(clock, folder.book())->submit(limit_order("p-1", "900011", Side::buy, 5, "30")).status ==
          BrokerOrderStatus::working);
    clock.advance_ms(3'600'000);
    const auto venue = open_venue(clock, folder.book());
    CHECK(order_of(*venue, "p-1").status == BrokerOrderStatus::filled);
    CHECK(venue->executions(paper).value().front().executed_at == start.plus_seconds(5));
}

TEST_CASE("An order whose answer is lost is found by its client order id in a later process") {
    const Folder folder;
    engine::VirtualClock clock(start);
    ScriptedFaults faults;
    faults.after_commit = true;
    {
        const auto venue = open_venue(clock, folder.book(), 1, &faults);
        const auto answer = venue->submit(limit_order("p-1", aapl, Side::buy, 5, "205"));
        CHECK(answer.outcome == Outcome::unknown);
        CHECK(answer.broker_order_id.empty());
        CHECK_FALSE(answer.status.has_value());
    }
    const auto venue = open_venue(clock, folder.book());
    CHECK(order_of(*venue, "p-1").status == BrokerOrderStatus::filled);
    CHECK(venue->submit(limit_order("p-1", aapl, Side::buy, 5, "205")).message ==
          "duplicate client order id");
}

TEST_CASE("A lost request leaves nothing behind, one that never began says so") {
    const Folder folder;
    engine::VirtualClock clock(start);
    ScriptedFaults faults;
    const auto venue = open_venue(clock, folder.book(), 1, &faults);
    const auto request = limit_order("p-1", aapl, Side::buy, 5, "205");
    const std::string before = book_text(*venue);
    faults.before_commit = true;
    CHECK(venue->submit(request).outcome == Outcome::unknown);
    faults.before_commit = false;
    faults.at_begin = true;
    CHECK(venue->submit(request).outcome == Outcome::not_sent);
    faults.at_begin = false;
    CHECK(book_text(*venue) == before);
    CHECK_FALSE(venue->find_by_client_order_id(paper, request.client_order_id).value().has_value());
    CHECK(venue->submit(request).broker_order_id.text() == "1001");

    faults.after_commit = true;
    CHECK(venue->submit(limit_order("p-2", aapl, Side::buy, 5, "100")).outcome == Outcome::unknown);
    CHECK(venue->cancel(cancel_of(events::BrokerOrderId("1002"), "p-2")).outcome == Outcome::unknown);
    CHECK(order_of(*venue, "p-2").status == BrokerOrderStatus::cancelled);
}

TEST_CASE("An order of a process that died right after its submit is in the book") {
    const Folder folder;
    const int ended = in_child([&folder] {
        engine::VirtualClock clock(start);
        auto venue = SimulatedVenue::open(folder.book(), VenueSettings{1, clock});
        if (!venue) return 2;
        const auto answer = (*venue)->submit(limit_order("p-1", aapl, Side::buy, 5, "205"));
        return answer.outcome == Outcome::confirmed ? 7 : 3;
    });
    REQUIRE(ended == 7);
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock, folder.book());
    const auto order = order_of(*venue, "p-1");
    CHECK(order.broker_order_id.text() == "1001");
    CHECK(order.status == BrokerOrderStatus::filled);
    CHECK(venue->executions(paper).value().size() == 1);
    CHECK(venue->submit(limit_order("p-2", aapl, Side::buy, 5, "100")).broker_order_id.text() == "1002");
}

TEST_CASE("Two connections use one book in turn") {
    const Folder folder;
    engine::VirtualClock clock(start);
    const auto one = open_venue(clock, folder.book());
    const auto two = open_venue(clock, folder.book());
    CHECK(one->submit(limit_order("p-1", aapl, Side::buy, 5, "205")).broker_order_id.text() == "1001");
    CHECK(two->submit(limit_order("p-2", aapl, Side::buy, 5, "205")).broker_order_id.text() == "1002");
    CHECK(one->submit(limit_order("p-2", aapl, Side::buy, 5, "205")).message == "duplicate client order id");
    CHECK(book_text(*one) == book_text(*two));
}

TEST_CASE("A book that another process keeps locked is a request that was not sent") {
    const Folder folder;
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock, folder.book());
    auto other = projections::Database::open(folder.book());
    REQUIRE(other.has_value());
    REQUIRE(other->begin().has_value());
    const auto answer = venue->submit(limit_order("p-1", aapl, Side::buy, 5, "205"));
    CHECK(answer.outcome == Outcome::not_sent);
    other->rollback();
    CHECK(venue->submit(limit_order("p-1", aapl, Side::buy, 5, "205")).outcome == Outcome::confirmed);
}

TEST_CASE("A write that cannot be booked is not sent, and nothing of it stays") {
    const Folder folder;
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock, folder.book());
    auto other = projections::Database::open(folder.book());
    REQUIRE(other.has_value());
    REQUIRE(other->exec("DROP TABLE executions").has_value());
    const auto answer = venue->submit(limit_order("p-1", aapl, Side::buy, 5, "205"));
    CHECK(answer.outcome == Outcome::not_sent);
    CHECK(answer.message.find("nothing was booked") == 0);
    CHECK_FALSE(venue->find_by_client_order_id(paper, events::ClientOrderId("p-1")).value().has_value());
}

TEST_CASE("A file that is no book is refused with a clear error and kept") {
    const Folder folder;
    std::string message;
    SECTION("not SQLite") {
        std::ofstream(folder.book()) << std::string(8'192, 'x');
        CHECK(open_error(folder.book(), message) == events::ErrorCode::broker_backend_unavailable);
        CHECK(bytes_of(folder.book()) == std::string(8'192, 'x'));
    }
    SECTION("another program's database") {
        {
            auto other = projections::Database::open(folder.book());
            REQUIRE(other.has_value());
            REQUIRE(other->exec("CREATE TABLE theirs (x)").has_value());
        }
        CHECK(open_error(folder.book(), message) == events::ErrorCode::broker_backend_unavailable);
        CHECK(message == "the file is not a book of the simulated venue");
    }
    SECTION("a newer format") {
        engine::VirtualClock clock(start);
        (void)open_venue(clock, folder.book());
        {
            auto other = projections::Database::open(folder.book());
            REQUIRE(other.has_value());
            REQUIRE(other->exec("PRAGMA user_version = 2").has_value());
        }
        CHECK(open_error(folder.book(), message) == events::ErrorCode::broker_backend_unavailable);
        CHECK(message.find("format 2") != std::string::npos);
    }
    SECTION("a directory") {
        std::filesystem::create_directory(folder.book());
        CHECK(open_error(folder.book(), message) == events::ErrorCode::broker_backend_unavailable);
    }
    SECTION("no such folder") {
        CHECK(open_error((folder.path() / "none" / "venue.sqlite3").string(), message) ==
              events::ErrorCode::broker_backend_unavailable);
    }
    CHECK_FALSE(message.empty());
}

TEST_CASE("A damaged page is an error of the call, never an empty answer") {
    const Folder folder;
    engine::VirtualClock clock(start);
    {
        const auto venue = open_venue(clock, folder.book());
        CHECK(venue->submit(limit_order("p-1", aapl, Side::buy, 5, "100")).outcome == Outcome::confirmed);
    }
    std::string bytes = bytes_of(folder.book());
    REQUIRE(bytes.size() > 12'288);
    for (std::size_t i = 4'096; i < bytes.size(); ++i)
        bytes[i] = '\x5a';
    std::ofstream(folder.book(), std::ios::binary) << bytes;
    const auto venue = SimulatedVenue::open(folder.book(), VenueSettings{1, clock});
    REQUIRE_FALSE(venue.has_value());
    CHECK(venue.error().code == events::ErrorCode::broker_backend_unavailable);
}

TEST_CASE("A book that may not be written is refused when it is opened") {
    const Folder folder;
    engine::VirtualClock clock(start);
    (void)open_venue(clock, folder.book());
    REQUIRE(::chmod(folder.book().c_str(), 0444) == 0);
    REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
    const int ended = in_child([&folder, &clock] {
        constexpr uid_t nobody = 65'534;
        if (::geteuid() == 0 && ::setresuid(nobody, nobody, nobody) != 0) return 2;
        const auto venue = SimulatedVenue::open(folder.book(), VenueSettings{1, clock});
        if (venue) return 3;
        return venue.error().code == events::ErrorCode::broker_backend_unavailable ? 7 : 4;
    });
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    CHECK(ended == 7);
}

}  // namespace
}  // namespace ibkr::io
