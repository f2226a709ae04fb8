#include "events/log/directory/log_directory.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "events/log/rocksdb/rocksdb_log.hpp"
#include "tests/integration/child_process.hpp"
#include "tests/integration/log_damage_support.hpp"
#include "tests/unit/events/log_conformance.hpp"
#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds no_wait{0};

Result<OwnedLog> open_in(const std::string& directory, const Secret& secret = audit_secret()) {
    if (auto prepared = prepare_data_directory(directory); !prepared) return failure(prepared.error());
    auto lock = OwnerLock::acquire(directory, no_wait);
    if (!lock) return failure(lock.error());
    return open_or_create_log(*lock, secret, rocksdb_store(), make_log_record);
}

mode_t mode_of(const std::string& path) {
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 0777;
}

/// The refusal of opening `directory`, which must leave it as it is.
Error refusal(const std::string& directory, const Secret& secret = audit_secret()) {
    // owner.lock comes with the first attempt.
    REQUIRE(OwnerLock::acquire(directory, no_wait));
    const auto before = directory_snapshot(directory);
    auto opened = open_in(directory, secret);
    REQUIRE_FALSE(opened);
    CHECK(directory_snapshot(directory) == before);
    CHECK(opened.error().message.find(directory) == std::string::npos);
    CHECK_FALSE(opened.error().user_action.empty());
    return opened.error();
}

/// A limit on file size plays the full disk: writes beyond it fail.
void set_file_limit(rlim_t bytes_max) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes_max, bytes_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

}  // namespace

TEST_CASE("a data directory is made whole and opens again", "[log_directory]") {
    const TemporaryDirectory temporary;
    const std::string data = temporary / "home/data";
    LogIdentity identity;
    {
        const auto log = open_in(data);
        REQUIRE(log);
        CHECK(log->created);
        CHECK(log->log->head().sequence == SequenceId(1));
        identity = log->keys.identity();
        const Event first = newest_event(*log->log);
        REQUIRE(std::holds_alternative<LogCreated>(first.body));
        CHECK(std::get<LogCreated>(first.body).log_id == identity.log_id_hex());
        fill(*log->log, 5);
    }
    CHECK(mode_of(data) == 0700);
    CHECK(mode_of(temporary / "home") == 0700);
    CHECK(mode_of(data + "/keys") == 0600);
    CHECK(file_content(data + "/VERSION") == "1\n");
    CHECK_FALSE(path_exists(data + "/creating"));
    CHECK(has_log(data));

    const auto again = open_in(data);
    REQUIRE(again);
    CHECK_FALSE(again->created);
    CHECK(again->keys.identity() == identity);
    CHECK(verify_chain(*again->log, again->keys.ring())->events_scanned == 5);
}

TEST_CASE("a wrong key is refused before anything is written", "[log_directory]") {
    const TemporaryDirectory temporary;
    REQUIRE(open_in(temporary / "data"));
    const Secret wrong{std::string(32, 'w')};
    CHECK(refusal(temporary / "data", wrong).code == ErrorCode::log_key_mismatch);
    CHECK(inspect_log(temporary / "data", wrong, rocksdb_store()).error().code ==
          ErrorCode::log_key_mismatch);
    CHECK(open_in(temporary / "short", Secret{std::string(31, 's')}).error().code ==
          ErrorCode::config_invalid);
    CHECK_FALSE(has_log(temporary / "short"));
}

TEST_CASE("a newer or damaged VERSION is refused", "[log_directory]") {
    const TemporaryDirectory temporary;
    const std::string data = temporary / "data";
    REQUIRE(open_in(data));
    write_file(data + "/VERSION", "2\n");
    CHECK(refusal(data).code == ErrorCode::log_version_unsupported);
    for (const char* const text : {"", "1", "x\n", "1 \n", "0\n", "-1\n", "99999999999\n"}) {
        write_file(data + "/VERSION", text);
        CHECK(refusal(data).code == ErrorCode::engine_held);
    }
    write_file(data + "/VERSION", std::string(100, '1'));
    CHECK(refusal(data).code == ErrorCode::config_invalid);
    write_file(data + "/VERSION", "1\n");
    CHECK(open_in(data));
}

TEST_CASE("no log is ever begun beside the traces of another", "[log_directory]") {
    const TemporaryDirectory temporary;
    const std::string data = temporary / "data";
    REQUIRE(open_in(data));
    const std::string part = GENERATE(as<std::string>{}, "log", "keys", "VERSION");
    fs::rename(data + "/" + part, temporary / "aside");
    if (part == "log") {
        const auto owned = open_in(data);
        REQUIRE(owned);
        REQUIRE(owned->held);
        CHECK_FALSE(owned->held->can_resume);
        CHECK(owned->log->head() == Head{});
        CHECK_FALSE(fs::exists(data + "/log"));
    } else {
        CHECK(refusal(data).code == ErrorCode::engine_held);
    }
    CHECK(inspect_log(data, audit_secret(), rocksdb_store()).error().code == ErrorCode::engine_held);
    fs::rename(temporary / "aside", data + "/" + part);
    CHECK(open_in(data));
}

TEST_CASE("a lone projection or anchor is a trace, too", "[log_directory]") {
    const TemporaryDirectory temporary;
    const std::string data = temporary / "data";
    fs::create_directory(data);
    fs::permissions(data, fs::perms::owner_all);
    const std::string trace = GENERATE(as<std::string>{}, "projections.sqlite3", "anchors", "quarantine");
    write_file(data + "/" + trace, "x");
    CHECK(refusal(data).code == ErrorCode::engine_held);
}

TEST_CASE("a log that lost its records beside its keys is held", "[log_directory]") {
    const TemporaryDirectory temporary;
    const std::string data = temporary / "data";
    {
        const auto log = open_in(data);
        REQUIRE(log);
        fs::remove_all(temporary / "empty");
        REQUIRE(rocksdb_store().create(temporary / "empty", log->keys));
    }
    fs::remove_all(data + "/log");
    fs::rename(temporary / "empty", data + "/log");
    const auto owned = open_in(data);
    REQUIRE(owned);
    REQUIRE(owned->held);
    CHECK(owned->held->reason.find("empty") != std::string::npos);
    CHECK_FALSE(owned->held->can_resume);
}

TEST_CASE("creation cut at any step leaves no log or a whole one", "[log_directory]") {
    const TemporaryDirectory temporary;
    const std::string data = temporary / "data";
    REQUIRE(open_in(data));
    const std::string log_id =
        LogKeys::parse(file_content(data + "/keys"), audit_secret())->identity().log_id_hex();
    const auto reopened_id = [&] {
        const auto log = open_in(data);
        REQUIRE(log);
        CHECK(log->log->head().sequence == SequenceId(1));
        CHECK_FALSE(path_exists(data + "/creating"));
        return log->keys.identity().log_id_hex();
    };
    const auto move = [&](const std::string& from, const std::string& to) {
        fs::rename(data + "/" + from, data + "/" + to);
    };
    fs::create_directory(data + "/creating");
    SECTION("after VERSION, before the clean-up") {
        CHECK(reopened_id() == log_id);
    }
    fs::remove(data + "/VERSION");
    SECTION("before VERSION") {
        write_file(data + "/VERSION.new", "1");
        CHECK(reopened_id() == log_id);
    }
    SECTION("before the keys moved") {
        move("keys", "creating/keys");
        CHECK(reopened_id() == log_id);
    }
    SECTION("before the keys moved, then a wrong key") {
        move("keys", "creating/keys");
        CHECK(refusal(data, Secret{std::string(32, 'w')}).code == ErrorCode::log_key_mismatch);
    }
    SECTION("before the anchors moved") {
        move("keys", "creating/keys");
        move("anchors", "creating/anchors");
        CHECK(reopened_id() == log_id);
    }
    SECTION("before the log moved") {
        move("keys", "creating/keys");
        move("anchors", "creating/anchors");
        move("log", "creating/log");
        CHECK(reopened_id() != log_id);
    }
    SECTION("before the keys were written") {
        fs::remove(data + "/keys");
        move("anchors", "creating/anchors");
        move("log", "creating/log");
        CHECK(reopened_id() != log_id);
    }
    SECTION("before the anchors were written") {
        fs::remove(data + "/keys");
        fs::remove(data + "/anchors");
        move("log", "creating/log");
        CHECK(reopened_id() != log_id);
    }
    SECTION("before the log was made") {
        fs::remove(data + "/keys");
        fs::remove(data + "/anchors");
        fs::remove_all(data + "/log");
        CHECK(reopened_id() != log_id);
    }
    SECTION("an older log stands where a new one was begun") {
        fs::copy(data + "/log", data + "/creating/log", fs::copy_options::recursive);
        CHECK(refusal(data).code == ErrorCode::engine_held);
    }
}

TEST_CASE("the wrong kind of thing in a place is a clear error", "[log_directory]") {
    const TemporaryDirectory temporary;
    write_file(temporary / "file", "x");
    CHECK(prepare_data_directory("").error().code == ErrorCode::config_invalid);
    CHECK(prepare_data_directory(temporary / "file").error().code == ErrorCode::config_invalid);
    CHECK(prepare_data_directory(temporary / "file/below").error().code == ErrorCode::config_invalid);
    CHECK(prepare_data_directory("/proc/no/such").error().code != ErrorCode::engine_held);
    CHECK(file_content(temporary / "file") == "x");

    const std::string data = temporary / "data";
    fs::create_directories(data + "/owner.lock");
    CHECK(OwnerLock::acquire(data, no_wait).error().code == ErrorCode::config_invalid);

    const std::string shared = temporary / "shared";
    REQUIRE(open_in(shared));
    fs::permissions(shared, fs::perms::all);
    CHECK(prepare_data_directory(shared).error().code == ErrorCode::config_invalid);
}

TEST_CASE("a directory without permission stays as it is", "[log_directory]") {
    const TemporaryDirectory temporary;
    const std::string data = temporary / "data";
    fs::create_directory(data);
    fs::permissions(data, fs::perms::owner_read | fs::perms::owner_exec);
    fs::permissions(temporary.path(), fs::perms::owner_all | fs::perms::others_exec | fs::perms::others_read);
    const int code = in_child([&] {
        // Permissions do not bind root; nobody's uid does.
        if (::geteuid() == 0 && (::chown(data.c_str(), 65534, 65534) != 0 || ::setuid(65534) != 0)) return 90;
        const auto lock = OwnerLock::acquire(data, no_wait);
        if (lock) return 91;
        return lock.error().code == ErrorCode::config_invalid ? 0 : 92;
    });
    CHECK(code == 0);
    CHECK(fs::is_empty(data));
}

TEST_CASE("a full disk leaves no partial log", "[log_directory]") {
    const TemporaryDirectory temporary;
    const std::string data = temporary / "data";
    const bool existing = GENERATE(false, true);
    if (existing) REQUIRE(open_in(data));
    for (const rlim_t bytes_max : {1'000, 100'000, 1'000'000}) {
        const int code = in_child([&] {
            set_file_limit(bytes_max);
            const auto log = open_in(data);
            return !log && log.error().code == ErrorCode::audit_write_failed ? 0 : 1;
        });
        CHECK(code == 0);
        CHECK(has_log(data) == existing);
    }
    const auto log = open_in(data);
    REQUIRE(log);
    CHECK(log->created != existing);
    CHECK(verify_chain(*log->log, log->keys.ring())->events_scanned == 1);
}

TEST_CASE("a disk that fills up under the writer loses nothing that was acknowledged", "[log_directory]") {
    const TemporaryDirectory temporary;
    const std::string data = temporary / "data";
    const std::string acknowledged = temporary / "acknowledged";
    const int code = in_child([&] {
        set_file_limit(2 * 1024 * 1024);
        const auto log = open_in(data);
        if (!log) return 1;
        const PendingRecord large{7, std::string(50'000, 'x')};
        for (int i = 0; i < 100; ++i) {
            const auto head = log->log->append({&large, 1}, log->log->head().sequence.next());
            if (head) continue;
            if (head.error().code != ErrorCode::audit_write_failed || log->log->alive()) return 2;
            write_file(acknowledged, std::to_string(log->log->head().sequence.value()));
            return 0;
        }
        return 3;
    });
    REQUIRE(code == 0);
    // What was being written when the disk was full may be torn; it was not acknowledged.
    const auto log = open_in(data);
    REQUIRE(log);
    CHECK_FALSE(log->held);
    CHECK(log->log->head().sequence.value() >= std::stoull(file_content(acknowledged)));
    CHECK(verify_chain(*log->log, log->keys.ring())->chain_valid);
}
