#include "projections/sqlite.hpp"

#include <filesystem>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/unit/projections/temporary_directory.hpp"

using namespace ibkr::projections;
using ibkr::events::ErrorCode;
using ibkr::unit::TemporaryDirectory;

namespace {

std::int64_t count_rows(Database& db) {
    auto rows = db.query("SELECT count(*) FROM t");
    REQUIRE(rows.step().value());
    return rows.integer(0);
}

DatabaseOptions reading() {
    DatabaseOptions options;
    options.mode = DatabaseOptions::Mode::read_only;
    return options;
}

}  // namespace

TEST_CASE("values of every kind come back as they were bound") {
    auto db = Database::in_memory().value();
    REQUIRE(db.exec("CREATE TABLE t (a TEXT, b INTEGER, c BLOB, d TEXT)"));
    const std::array<std::uint8_t, 4> bytes{0, 1, 0, 255};
    const std::string text("with \0 inside", 13);
    REQUIRE(db.run("INSERT INTO t VALUES (?1, ?2, ?3, ?4)", text, std::int64_t{-5}, std::span(bytes),
                   std::nullopt));
    auto row = db.query("SELECT a, b, c, d FROM t");
    REQUIRE(row.step().value());
    CHECK(row.text(0) == text);
    CHECK(row.integer(1) == -5);
    CHECK(std::equal(bytes.begin(), bytes.end(), row.blob(2).begin(), row.blob(2).end()));
    CHECK(row.is_null(3));
    CHECK_FALSE(row.is_null(0));
    CHECK_FALSE(row.step().value());
}

TEST_CASE("a statement in use twice at once is prepared a second time") {
    auto db = Database::in_memory().value();
    REQUIRE(db.exec("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2), (3)"));
    int pairs = 0;
    auto outer = db.query("SELECT a FROM t WHERE a > ?1", 0);
    while (outer.step().value()) {
        auto inner = db.query("SELECT a FROM t WHERE a > ?1", 0);
        while (inner.step().value())
            ++pairs;
    }
    CHECK(pairs == 9);
}

TEST_CASE("mistakes in statements and parameters are errors that say what SQLite said") {
    auto db = Database::in_memory("the book").value();
    const auto no_table = db.run("INSERT INTO nowhere VALUES (1)");
    REQUIRE_FALSE(no_table);
    CHECK(no_table.error().code == ErrorCode::audit_write_failed);
    CHECK(no_table.error().message.find("the book: no such table: nowhere") != std::string::npos);
    REQUIRE(db.exec("CREATE TABLE t (a INTEGER PRIMARY KEY)"));
    CHECK_FALSE(db.run("INSERT INTO t VALUES (?1)", 1, 2));
    REQUIRE(db.run("INSERT INTO t VALUES (?1)", 1));
    CHECK_FALSE(db.run("INSERT INTO t VALUES (?1)", 1));
    CHECK(count_rows(db) == 1);
}

TEST_CASE("what was not committed is gone after rollback and after closing") {
    const TemporaryDirectory directory;
    const auto path = directory.file("db");
    {
        auto db = Database::open(path).value();
        REQUIRE(db.exec("CREATE TABLE t (a INTEGER)"));
        REQUIRE(db.begin());
        REQUIRE(db.run("INSERT INTO t VALUES (1)"));
        CHECK(db.in_transaction());
        db.rollback();
        CHECK_FALSE(db.in_transaction());
        CHECK(count_rows(db) == 0);
        REQUIRE(db.begin());
        REQUIRE(db.run("INSERT INTO t VALUES (1)"));
        REQUIRE(db.commit());
        REQUIRE(db.begin());
        REQUIRE(db.run("INSERT INTO t VALUES (2)"));
    }
    auto again = Database::open(path).value();
    CHECK(count_rows(again) == 1);
}

TEST_CASE("a reader sees one moment while the writer goes on") {
    const TemporaryDirectory directory;
    const auto path = directory.file("db");
    auto writer = Database::open(path).value();
    REQUIRE(writer.exec("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)"));
    auto reader = Database::open(path, reading()).value();
    REQUIRE(reader.begin_read());
    CHECK(count_rows(reader) == 1);
    REQUIRE(writer.run("INSERT INTO t VALUES (2)"));
    CHECK(count_rows(reader) == 1);
    REQUIRE(reader.commit());
    CHECK(count_rows(reader) == 2);
    CHECK_FALSE(reader.run("INSERT INTO t VALUES (3)"));
}

TEST_CASE("a lock that is not to be had is ENGINE_BUSY and retryable") {
    const TemporaryDirectory directory;
    const auto path = directory.file("db");
    auto holder = Database::open(path).value();
    REQUIRE(holder.exec("CREATE TABLE t (a INTEGER)"));
    DatabaseOptions impatient;
    impatient.busy_timeout_ms = 1;
    auto other = Database::open(path, impatient).value();
    REQUIRE(holder.begin());
    const auto refused = other.begin();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::engine_busy);
    CHECK(refused.error().retryable);
    CHECK(other.last_fault() == DatabaseFault::busy);
}

TEST_CASE("a full disk is a clear error and leaves the committed rows readable") {
    const TemporaryDirectory directory;
    auto db = Database::open(directory.file("db")).value();
    REQUIRE(db.exec("CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('kept'); PRAGMA max_page_count=4"));
    const std::string page(100'000, 'x');
    const auto refused = db.run("INSERT INTO t VALUES (?1)", page);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::audit_write_failed);
    CHECK(refused.error().message.find("full") != std::string::npos);
    CHECK(db.last_fault() == DatabaseFault::full);
    CHECK(count_rows(db) == 1);
}

TEST_CASE("what cannot be opened is told apart, and no message holds a path") {
    const TemporaryDirectory directory;
    const auto absent = Database::try_open(directory.file("absent"), reading());
    REQUIRE_FALSE(absent);
    CHECK(absent.error().fault == DatabaseFault::cannot_open);
    CHECK(absent.error().error.message.find(directory.path()) == std::string::npos);

    directory.write("text", std::string(8192, 'n'));
    const auto foreign = Database::try_open(directory.file("text"), {});
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error().fault == DatabaseFault::damaged);

    const auto nowhere = Database::try_open(directory.file("no/such/folder/db"), {});
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().fault == DatabaseFault::cannot_open);
}

TEST_CASE("a new database is readable by its owner alone") {
    const TemporaryDirectory directory;
    const auto path = directory.file("db");
    auto db = Database::open(path).value();
    REQUIRE(db.exec("CREATE TABLE t (a INTEGER)"));
    using std::filesystem::perms;
    for (const char* suffix : {"", "-wal", "-shm"}) {
        CAPTURE(suffix);
        const auto mode = std::filesystem::status(path + suffix).permissions();
        CHECK((mode & (perms::group_all | perms::others_all)) == perms::none);
    }
}
