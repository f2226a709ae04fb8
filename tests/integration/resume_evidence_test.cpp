#include <algorithm>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "projections/sqlite.hpp"
#include "tests/integration/cli_support.hpp"

// What `engine resume` goes by: read models that are damaged, copies that an earlier try left, others that
// resume at the same time; and the commands that must not touch a log that the engine holds. All with the
// real binary, on real rocksdb_ stores.

using namespace ibkr;
using namespace ibkr::integration;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> own_parts = {
    "log", "anchors", "keys", "projections.sqlite3", "projections.sqlite3-wal", "projections.sqlite3-shm"};

/// Takes the place of `to`, which may be missing then as well.
void put(const fs::path& from, const fs::path& to) {
    fs::remove_all(to);
    if (fs::exists(from)) fs::copy(from, to, fs::copy_options::recursive);
}

void keep(const AgentHome& home, const std::string& name) {
    fs::create_directories(home.path(name));
    for (const std::string& part : own_parts)
        put(home.path("home/data/" + part), home.path(name + "/" + part));
}

void put_back(const AgentHome& home, const std::string& name, const std::vector<std::string>& parts) {
    for (const std::string& part : parts)
        put(home.path(name + "/" + part), home.path("home/data/" + part));
}

Json of_held(const AgentHome& home, std::vector<std::string> words) {
    words.emplace_back("--json");
    const Ran ran = home.run(words);
    INFO(words[0] << '\n' << ran.err);
    REQUIRE(ran.exit_code == 0);
    return ran.out_json();
}

void change_models(const AgentHome& home, const std::string& sql) {
    projections::DatabaseOptions options;
    options.mode = projections::DatabaseOptions::Mode::read_write;
    auto database = projections::Database::try_open(home.path("home/data/projections.sqlite3"), options);
    REQUIRE(database);
    REQUIRE(database->exec(sql));
}

/// One order that the log has, and one with a cancelled key that only anchors and read models know.
struct LogBehind {
    AgentHome home;
    std::string used;
    LogBehind() {
        const Json first = submit(home, approve(home, preview(home, "5", "150")), "first");
        used = approve(home, preview(home, "4", "205"));
        keep(home, "older");
        REQUIRE(submit(home, used, "lost").at("status") == "filled");
        REQUIRE(home.get({"orders", "cancel", "--account", "DU1234567", "--broker-order-id",
                          first.at("broker_order_id").get<std::string>(), "--idempotency-key", "lost-cancel",
                          "--enable-paper"})
                    .is_object());
        put_back(home, "older", {"log"});
        REQUIRE(of_held(home, {"health"}).at("gateway") == "held");
    }
};

std::string recorded_reason(const AgentHome& home) {
    const Json tail = home.get({"audit", "tail", "--limit", "500"});
    for (const Json& record : tail.at("events"))
        if (record.at("event").at("event_type") == "log_resumed")
            return record.at("event").at("body").at("reason");
    return {};
}

std::size_t copies_in_quarantine(const AgentHome& home) {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(home.path("home/data/quarantine")))
        if (entry.path().filename() == "projections.sqlite3") ++count;
    return count;
}

}  // namespace

TEST_CASE("a log that the engine holds is neither rotated nor folded anew", "[cli][resume][rotate]") {
    const AgentHome home;
    const std::string used = approve(home, preview(home, "5", "205"));
    keep(home, "older");
    REQUIRE(submit(home, used, "lost").at("status") == "filled");
    put_back(home, "older", own_parts);
    const std::string key = home.read("home/key");
    CHECK(home.refused({"audit", "rotate-key"}, 3) == "ENGINE_HELD");
    CHECK(home.refused({"projections", "rebuild"}, 3) == "ENGINE_HELD");
    CHECK(home.read("home/key") == key);
    CHECK_FALSE(fs::exists(home.path("home/key.next")));
    REQUIRE(home.get({"engine", "resume", "--reason", "put back"}).at("branch") == 2);
    CHECK(home.get({"projections", "rebuild"}).at("was_wrong") == false);
    CHECK(home.get({"audit", "rotate-key"}).at("new_key_id").is_string());
}

TEST_CASE("read models that no engine starts on are made anew by a rebuild", "[cli][projections]") {
    const AgentHome home;
    REQUIRE(submit(home, approve(home, preview(home, "5", "205")), "first").is_object());
    change_models(home, "DROP TABLE policies");
    CHECK(home.get({"projections", "rebuild"}).at("checkpoint").get<int>() > 1);
    CHECK(home.get({"replay"}).at("difference_count") == 0);
}

TEST_CASE("read models that are damaged are read as far as they can be, and the resumption says so",
          "[cli][resume]") {
    struct Damage {
        std::string sql;
        std::size_t orders, keys;
    };
    const LogBehind source;
    const AgentHome& home = source.home;
    keep(home, "held");
    fs::copy(home.path("home/data/venue.sqlite3"), home.path("held/venue.sqlite3"));
    const Json whole = of_held(home, {"engine", "resume", "--plan"});
    CHECK(whole.at("read_models") == "complete");
    for (const Damage& damage :
         {Damage{"UPDATE store_checkpoint SET sequence = 100000", 1, 1},
          Damage{"DELETE FROM store_checkpoint", 1, 1},
          Damage{"UPDATE idempotency SET outcome = 'zzz' WHERE operation = 'cancel'", 1, 0},
          Damage{"UPDATE orders SET record = '{' WHERE rowid = 1", 1, 0},
          Damage{"DROP TABLE idempotency", 1, 0}}) {
        INFO(damage.sql);
        fs::remove_all(home.path("home/data/quarantine"));
        put_back(home, "held", own_parts);
        change_models(home, damage.sql);
        CHECK(of_held(home, {"engine", "resume", "--plan"}).at("read_models") == "partly unreadable");
        const Json resumed = home.get({"engine", "resume", "--reason", "put back"});
        CHECK(resumed.at("read_models") == "partly unreadable");
        CHECK(resumed.at("found_orders").at("count") == damage.orders);
        CHECK(resumed.at("found_keys") == damage.keys);
        CHECK(recorded_reason(home) == "put back (read models: partly unreadable)");
        CHECK(copies_in_quarantine(home) == 1);
        CHECK(of_held(home, {"health"}).at("gateway") == "ok");
        CHECK(home.get({"replay"}).at("difference_count") == 0);
    }
    fs::remove_all(home.path("home/data/quarantine"));
    put_back(home, "held", own_parts);
    fs::remove(home.path("home/data/projections.sqlite3-wal"));
    home.write("home/data/projections.sqlite3", std::string(5'000, 'x'));
    CHECK(home.get({"engine", "resume", "--reason", "put back"}).at("read_models") == "unreadable");
    CHECK(copies_in_quarantine(home) == 1);
    CHECK(of_held(home, {"health"}).at("gateway") == "ok");
}

TEST_CASE("the copy of read models that an earlier try left never stands for those of now", "[cli][resume]") {
    const LogBehind source;
    const AgentHome& home = source.home;
    // A try that was cut off before the log was touched, with the models of then.
    const fs::path left = home.path("home/data/quarantine/resumption-1-1");
    fs::create_directories(left);
    fs::copy_file(home.path("older/projections.sqlite3"), left / "projections.sqlite3");
    std::ofstream(left / "unfinished").close();
    const Json resumed = home.get({"engine", "resume", "--reason", "put back"});
    CHECK(resumed.at("found_orders").at("count") == 1);
    CHECK(resumed.at("found_keys") == 1);
    CHECK_FALSE(fs::exists(left / "unfinished"));
    CHECK(submit(home, source.used, "lost").at("replayed") == true);
}

TEST_CASE("of resumptions at once one resumes", "[cli][resume]") {
    const AgentHome home;
    const std::string used = approve(home, preview(home, "5", "205"));
    keep(home, "older");
    REQUIRE(submit(home, used, "lost").at("status") == "filled");
    for (int round = 0; round < 4; ++round) {
        put_back(home, "older", own_parts);
        const std::vector<std::string> words = {"engine", "resume", "--reason", "put back", "--json"};
        const auto ran = home.run_together({words, words, words});
        CHECK(std::ranges::count(ran, 0, &Ran::exit_code) == 1);
        CHECK(home.get({"audit", "verify"}).at("chain_valid") == true);
    }
}

TEST_CASE("commands that wait while keys are rotated go on under the new key", "[cli][rotate]") {
    const AgentHome home;
    REQUIRE(home.get({"health"}).at("gateway") == "ok");
    for (int round = 0; round < 6; ++round) {
        const auto ran = home.run_together({{"audit", "rotate-key", "--json"},
                                            {"health", "--json"},
                                            {"audit", "verify", "--json"},
                                            {"health", "--json"},
                                            {"audit", "verify", "--json"}});
        for (const Ran& one : ran) {
            INFO(one.err);
            CHECK(one.exit_code == 0);
        }
    }
}

TEST_CASE("the former key stays beside the key until the next rotation, and advice names it",
          "[cli][rotate]") {
    AgentHome home;
    REQUIRE(submit(home, approve(home, preview(home, "5", "205")), "first").is_object());
    keep(home, "before");
    const std::string first = home.read("home/key");
    REQUIRE(home.get({"audit", "rotate-key"}).is_object());
    CHECK(home.read("home/key.former") == first);
    CHECK((fs::status(home.path("home/key.former")).permissions() & fs::perms::mask) ==
          (fs::perms::owner_read | fs::perms::owner_write));
    const std::string second = home.read("home/key");
    put_back(home, "before", {"log", "anchors", "keys"});
    const Ran refused = home.run({"health", "--json"});
    CHECK(refused.code() == "LOG_KEY_MISMATCH");
    CHECK(refused.err_json().at("user_action").get<std::string>().find("key.former") != std::string::npos);
    home.environment["IBKR_AUDIT_HMAC_SECRET"] = first.substr(0, first.size() - 1);
    CHECK(home.run({"audit", "verify", "--json"}).exit_code == 0);
    home.environment.erase("IBKR_AUDIT_HMAC_SECRET");
    home.write("home/key", first);
    REQUIRE(home.run({"audit", "rotate-key"}).exit_code == 0);
    CHECK(home.read("home/key.former") == first);
    CHECK(home.read("home/key") != second);
}
