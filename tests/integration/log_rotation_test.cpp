#include <filesystem>

#include "tests/integration/crashing_store.hpp"
#include "tests/integration/log_damage_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;
namespace fs = std::filesystem;

// Rotation of the audit key on the files of `rocksdb_store()`, cut at every step, then opened with either
// secret.

namespace {

constexpr std::uint64_t acknowledged = 20;

const Secret& second_secret() {
    static const Secret secret{std::string_view("the second published test secret of 32 bytes")};
    return secret;
}
const Secret& third_secret() {
    static const Secret secret{std::string_view("a third published test secret, 32 bytes long")};
    return secret;
}

OwnedLog open_with(LogUnderTest& log, const Secret& secret) {
    auto owned = log.try_open(secret);
    INFO((owned ? "" : owned.error().message));
    REQUIRE(owned);
    INFO((owned->held ? owned->held->reason : ""));
    REQUIRE_FALSE(owned->held);
    return std::move(*owned);
}

void check_whole(const OwnedLog& owned, std::uint64_t head) {
    CHECK(head_of(owned) == head);
    CHECK_FALSE(owned.keys.rotating());
    CHECK(owned.log->identity().key_id == owned.keys.identity().key_id);
    check_holds(owned, head);
    REQUIRE(owned.log->append(batch(head + 1, 1), SequenceId(head + 1)));
}

void check_refused(LogUnderTest& log, const Secret& secret) {
    const auto before = directory_snapshot(log.data());
    const auto refused = log.try_open(secret);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::log_key_mismatch);
    CHECK(directory_snapshot(log.data()) == before);
}

/// What a rotation, or a start that finishes one, leaves when it is cut off at some step.
void check_either_secret(LogUnderTest& log) {
    log.remember_directory("cut");
    // The old secret: forgotten, unless the two records are on disk.
    const auto old = log.try_open(audit_secret());
    if (old) {
        CHECK_FALSE(old->held);
        check_whole(*old, acknowledged);
    } else {
        CHECK(old.error().code == ErrorCode::log_key_mismatch);
        log.restore_directory("cut");
        check_refused(log, audit_secret());
    }
    const bool forgotten = old.has_value();
    if (forgotten) return;
    // The new secret: finished.
    check_whole(open_with(log, second_secret()), acknowledged + 2);
}

/// The new secret, of the same moment: it finishes what was begun, or nothing was.
void check_new_secret(LogUnderTest& log) {
    log.restore_directory("cut");
    const auto owned = log.try_open(second_secret());
    if (!owned) {
        CHECK(owned.error().code == ErrorCode::log_key_mismatch);
        check_whole(open_with(log, audit_secret()), acknowledged);
        return;
    }
    CHECK_FALSE(owned->held);
    check_whole(*owned, acknowledged + 2);
}

}  // namespace

TEST_CASE("the log goes on under a new key", "[log_rotation]") {
    LogUnderTest log(acknowledged);
    REQUIRE(log.try_rotate(audit_secret(), second_secret()));
    check_refused(log, audit_secret());
    {
        const auto owned = open_with(log, second_secret());
        CHECK(owned.notes.empty());
        check_whole(owned, acknowledged + 2);
        const auto records = read_from(*owned.log, acknowledged);
        CHECK(records[1].header.type_number == audit_key_retired_type);
        CHECK(records[2].header.type_number == audit_key_activated_type);
        CHECK(records[0].header.key_id == records[1].header.key_id);
        CHECK(records[2].header.key_id == owned.keys.identity().key_id);
        CHECK(records[3].header.key_id == owned.keys.identity().key_id);
        CHECK(owned.keys.identity().epoch == 2);
    }
    REQUIRE(log.try_rotate(second_secret(), third_secret()));
    check_refused(log, second_secret());
    const auto owned = open_with(log, third_secret());
    CHECK(owned.keys.ring().names().size() == 3);
    check_whole(owned, acknowledged + 5);
}

TEST_CASE("a key that cannot be the next one is refused before anything is written", "[log_rotation]") {
    LogUnderTest log(acknowledged);
    CHECK(log.try_rotate(audit_secret(), audit_secret()).error().code == ErrorCode::config_invalid);
    CHECK(log.try_rotate(audit_secret(), Secret(std::string(31, 's'))).error().code ==
          ErrorCode::config_invalid);
    CHECK_FALSE(log.open().keys.rotating());
    fs::remove(log.path("anchors"));
    const auto held = log.try_rotate(audit_secret(), second_secret());
    REQUIRE_FALSE(held);
    CHECK(held.error().code == ErrorCode::engine_held);
    CHECK(file_content(log.path("keys")).find("former") == std::string::npos);
}

TEST_CASE("a rotation cut at any step is forgotten under the old secret or finished under the new",
          "[log_rotation]") {
    LogUnderTest log(acknowledged);
    log.remember_directory("before");
    int code = crashed;
    std::uint64_t step = 1;
    for (; code == crashed; ++step) {
        log.restore_directory("before");
        code = in_child(
            [&] { return log.try_rotate(audit_secret(), second_secret(), crashing_store(step)) ? 0 : 1; });
        INFO("cut at step " << step);
        check_either_secret(log);
        check_new_secret(log);
    }
    CHECK(code == 0);
    CHECK(step >= 5);  // before and after: the opening, the two records
}

TEST_CASE("a start that finishes a rotation is cut at any step", "[log_rotation]") {
    LogUnderTest log(acknowledged);
    // The opening is two steps; the third is right before the records, when the keys file is written.
    CHECK(in_child([&] {
              return log.try_rotate(audit_secret(), second_secret(), crashing_store(3)) ? 0 : 1;
          }) == crashed);
    log.remember_directory("before");
    int code = crashed;
    std::uint64_t step = 1;
    for (; code == crashed; ++step) {
        log.restore_directory("before");
        code = in_child([&] { return log.try_open(second_secret(), crashing_store(step)) ? 0 : 1; });
        INFO("cut at step " << step);
        check_either_secret(log);
        check_new_secret(log);
    }
    CHECK(code == 0);
    CHECK(step >= 5);
}

TEST_CASE("a rotation whose keys file was not settled is settled by the next start", "[log_rotation]") {
    LogUnderTest log(acknowledged);
    CHECK(in_child([&] {
              return log.try_rotate(audit_secret(), second_secret(), crashing_store(4)) ? 0 : 1;
          }) == crashed);
    check_refused(log, audit_secret());
    {
        const auto owned = open_with(log, second_secret());
        CHECK(owned.notes.size() == 1);
        CHECK(head_of(owned) == acknowledged + 2);
    }
    CHECK(open_with(log, second_secret()).notes.empty());
}

TEST_CASE("a rotation is finished only after the starting rules", "[log_rotation]") {
    LogUnderTest log(acknowledged);
    CHECK(in_child([&] {
              return log.try_rotate(audit_secret(), second_secret(), crashing_store(3)) ? 0 : 1;
          }) == crashed);
    SECTION("a held log is left as it is") {
        fs::remove(log.path("anchors"));
        const auto before = directory_snapshot(log.data());
        for (const Secret* secret : {&audit_secret(), &second_secret()}) {
            const auto owned = log.try_open(*secret);
            REQUIRE(owned);
            CHECK(owned->held);
        }
        CHECK(directory_snapshot(log.data()) == before);
        SECTION("and is resumed before, under the old secret") {
            REQUIRE(log.try_resume(false, audit_secret()));
            const auto owned = open_with(log, audit_secret());
            check_whole(owned, acknowledged + 1);
        }
        SECTION("and is resumed before, under the new secret") {
            REQUIRE(log.try_resume(false, second_secret()));
            const auto owned = open_with(log, second_secret());
            CHECK(owned.keys.identity().epoch == 2);
            CHECK(owned.keys.identity().branch == 2);
            check_whole(owned, acknowledged + 3);
        }
    }
    SECTION("a torn tail is discarded before") {
        append_bytes(log.wal_path(), "abc");
        const auto owned = open_with(log, second_secret());
        CHECK(owned.notes.size() == 2);
        check_whole(owned, acknowledged + 3);
    }
}
