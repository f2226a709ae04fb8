// A start that may have lost what was acknowledged, with the real binary: reads work and are not recorded,
// every write is refused, nothing changes; and what can be made anew from the log is. Needs rocksdb_store().

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "events/crypto/sha256.hpp"
#include "projections/layout_internal.hpp"
#include "tests/integration/configured_home.hpp"

using namespace ibkr::integration;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr const char* some_id = "018f0000-0000-7000-8000-000000000001";

std::string data(const AgentHome& home, const std::string& name = {}) {
    return home.path("home/data" + (name.empty() ? name : "/" + name));
}

/// Every file that an owner may write, by its content: not the lock, which says who looked last, nor the
/// venue, which stands for a broker, nor the empty files SQLite keeps while one reads.
std::map<std::string, std::string> snapshot(const AgentHome& home) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(data(home))) {
        const std::string name = fs::relative(entry.path(), data(home)).string();
        const bool is_ours = name != "owner.lock" && !name.starts_with("venue.sqlite3") &&
                             !name.ends_with("-shm") && !name.ends_with("-wal");
        if (!is_ours || !entry.is_regular_file()) continue;
        files[name] = ibkr::events::hex(ibkr::events::sha256(home.read("home/data/" + name)));
    }
    return files;
}

void copy(const std::string& from, const std::string& to) {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive);
}

void flip_byte(const std::string& path, std::streamoff at) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(at);
    const auto byte = static_cast<char>(file.get() ^ 0x40);
    file.seekp(at);
    file.put(byte);
    REQUIRE(file.good());
}

void delete_wals(const AgentHome& home) {
    std::size_t deleted = 0;
    for (const auto& entry : fs::directory_iterator(data(home, "log")))
        if (entry.path().extension() == ".log") deleted += fs::remove(entry.path()) ? 1 : 0;
    REQUIRE(deleted > 0);
}

/// A read that must succeed without being recorded.
Json unrecorded(const AgentHome& home, Words words) {
    words.emplace_back("--json");
    const Ran ran = home.run(words);
    INFO(words[0] << ' ' << words[1] << '\n' << ran.out << ran.err);
    REQUIRE(ran.exit_code == 0);
    CHECK(ran.err.find("not recorded: ") != std::string::npos);
    return ran.out_json();
}

const std::vector<Words>& writes() {
    static const std::vector<Words> all = {
        {"orders", "preview", "--account", "DU1234567", "--symbol", "AAPL", "--side", "buy", "--quantity",
         "1", "--limit-price", "150", "--enable-preview"},
        {"approvals", "create", "--account", "DU1234567", "--preview-id", some_id},
        {"approvals", "grant", "--approval-id", some_id},
        {"approvals", "revoke", "--approval-id", some_id},
        {"orders", "submit", "--account", "DU1234567", "--approval-id", some_id, "--idempotency-key", "k1",
         "--enable-paper"},
        {"orders", "cancel", "--account", "DU1234567", "--broker-order-id", "1001", "--idempotency-key", "k2",
         "--enable-paper"},
        {"orders", "modify", "--account", "DU1234567", "--broker-order-id", "1001", "--limit-price", "151",
         "--idempotency-key", "k3", "--enable-paper"},
        {"kill-switch", "open", "--reason", "x"},
        {"kill-switch", "close", "--reason", "x"},
        {"projections", "rebuild"},
    };
    return all;
}

/// The store is opened, and closed again, by an owner who then finds that he may not write: its files are
/// others, its records the same.
void forget_store_files(std::map<std::string, std::string>& files) {
    std::erase_if(files, [](const auto& file) { return file.first.starts_with("log/"); });
}

enum class HeldBy : std::uint8_t { log, engine };

/// What holds for every held log. Returns the payload of `health`.
Json check_held(const AgentHome& home, HeldBy by = HeldBy::log) {
    auto before = snapshot(home);
    const Json health = unrecorded(home, {"health"});
    CHECK(health.at("gateway") == "held");
    for (const Words& words : std::vector<Words>{{"accounts", "list"},
                                                 {"backend", "status"},
                                                 {"orders", "list", "--account", "DU1234567"},
                                                 {"executions", "list", "--account", "DU1234567"},
                                                 {"approvals", "list"},
                                                 {"market", "snapshot", "--contract-id", "265598"}})
        static_cast<void>(unrecorded(home, words));
    const Json kill_switch = unrecorded(home, {"kill-switch", "status"});
    CHECK(kill_switch.at("audit_event_id").is_null());
    CHECK(kill_switch.at("audit_note").get<std::string>().find("held") != std::string::npos);
    for (const Words& words : writes()) {
        INFO(words[0] << ' ' << words[1]);
        CHECK(home.refused(words, 3) == "ENGINE_HELD");
    }
    auto after = snapshot(home);
    if (by == HeldBy::engine) {
        forget_store_files(before);
        forget_store_files(after);
        CHECK(unrecorded(home, {"health"}) == health);
    }
    CHECK(after == before);
    return health;
}

std::size_t orders_shown(const AgentHome& home) {
    return unrecorded(home, {"orders", "list", "--account", "DU1234567"}).size();
}

ibkr::projections::Database open_database(const std::string& path) {
    ibkr::projections::DatabaseOptions options;
    options.mode = ibkr::projections::DatabaseOptions::Mode::read_write;
    auto database = ibkr::projections::Database::open(path, options);
    REQUIRE(database);
    return std::move(*database);
}

/// Twelve events or more, two orders.
void trade(const AgentHome& home) {
    static_cast<void>(submit(home, approve(home, preview(home, "5", "205")), "first"));
    static_cast<void>(submit(home, approve(home, preview(home, "5", "150")), "second"));
}

}  // namespace

TEST_CASE("without its write-ahead log the log is held: reads work, writes do not", "[cli][held]") {
    const AgentHome home;
    trade(home);
    const std::uint64_t head = home.get({"health"}).at("engine").at("log_head");
    delete_wals(home);
    const Json health = check_held(home);
    // The event of that look is gone; what earlier runs wrote stands in tables since the next start.
    CHECK(health.at("engine").at("log_head") == head);
    const Json tail = unrecorded(home, {"audit", "tail", "--limit", "5"});
    CHECK(tail.at("events").size() == 5);
    CHECK(tail.at("head").at("sequence_id") == health.at("engine").at("log_head"));
    CHECK_FALSE(unrecorded(home, {"audit", "export"}).at("payload_jsonl").get<std::string>().empty());
    const Ran verified = home.run({"audit", "verify", "--json"});
    CHECK(verified.exit_code == 2);
    CHECK(verified.out_json().at("chain_valid") == false);
}

TEST_CASE("a data directory without its log is held and offers nothing to go on from", "[cli][held]") {
    const AgentHome home;
    trade(home);
    fs::remove_all(data(home, "log"));
    const Json health = check_held(home);
    CHECK(health.at("engine").at("log_head") == 0);
    const Ran ran = home.run({"kill-switch", "close", "--reason", "x"});
    CHECK(ran.exit_code == 3);
    CHECK(ran.err.find("from a copy") != std::string::npos);
    CHECK_FALSE(fs::exists(data(home, "log")));
}

TEST_CASE("an older log beside projections that are ahead of it is held", "[cli][held]") {
    const AgentHome home;
    static_cast<void>(submit(home, approve(home, preview(home, "5", "205")), "first"));
    for (const char* name : {"log", "anchors", "keys"})
        copy(data(home, name), home.path(std::string("older-") + name));
    const std::uint64_t older = home.get({"health"}).at("engine").at("log_head");
    static_cast<void>(submit(home, approve(home, preview(home, "5", "150")), "second"));
    for (const char* name : {"log", "anchors", "keys"})
        copy(home.path(std::string("older-") + name), data(home, name));
    const Json health = check_held(home);
    CHECK(health.at("engine").at("log_head") == older);
    // The venue shows both; what the gateway itself says stands on the log that can be read.
    CHECK(orders_shown(home) == 2);
    CHECK(unrecorded(home, {"approvals", "list"}).size() == 1);
}

TEST_CASE("an older copy of everything but the broker's book is held: the broker knows more", "[cli][held]") {
    const AgentHome home;
    static_cast<void>(submit(home, approve(home, preview(home, "5", "205")), "first"));
    copy(data(home), home.path("older"));
    static_cast<void>(submit(home, approve(home, preview(home, "5", "150")), "second"));
    copy(data(home, "venue.sqlite3"), home.path("older/venue.sqlite3"));
    copy(home.path("older"), data(home));
    const Json health = check_held(home, HeldBy::engine);
    CHECK(health.at("engine").at("projections_lag") == 0);
    CHECK(home.run({"kill-switch", "close", "--reason", "x"}).err.find("broker's book") != std::string::npos);
    // With the newer book gone, too, there is nothing that says so: an external anchor would.
    fs::remove(data(home, "venue.sqlite3"));
    CHECK(home.get({"health"}).at("gateway") == "ok");
}

TEST_CASE("an older copy of everything is held by the external anchor", "[cli][held]") {
    const AgentHome outside;
    const ConfiguredHome at({.external_anchor = outside.path("anchor")});
    CHECK(at.get({"accounts", "list"}).size() == 2);
    copy(at.data_directory(), outside.path("older"));
    CHECK(at.get({"accounts", "list"}).size() == 2);
    const Json anchors = at.get({"audit", "verify"}).at("anchors");
    REQUIRE(anchors.size() == 3);
    for (const Json& anchor : anchors)
        CHECK(anchor.at("state") == "equal");
    copy(outside.path("older"), at.data_directory());
    CHECK(at.get({"health"}).at("gateway") == "held");
    const Ran ran = at.run({"kill-switch", "close", "--reason", "x"});
    CHECK(ran.exit_code == 3);
    CHECK(ran.code() == "ENGINE_HELD");
    // A new log beside what the external anchor remembers is refused as well.
    fs::remove_all(at.data_directory());
    CHECK(at.run({"health"}).code() == "ENGINE_HELD");
}

TEST_CASE("projections that are missing or damaged are made anew with the same answers", "[cli][held]") {
    const AgentHome home;
    trade(home);
    const std::string database = data(home, "projections.sqlite3");
    const auto answers = [&] {
        return std::vector<Json>{home.get({"orders", "list", "--account", "DU1234567"}),
                                 home.get({"approvals", "list"}),
                                 home.get({"executions", "list", "--account", "DU1234567"})};
    };
    const auto expected = answers();
    std::function<void()> damage;
    SECTION("deleted") {
        damage = [&] { fs::remove(database); };
    }
    SECTION("a flipped header") {
        damage = [&] { flip_byte(database, 4); };
    }
    SECTION("a flipped format number") {
        damage = [&] { flip_byte(database, 18); };
    }
    SECTION("cut to nothing") {
        damage = [&] { fs::resize_file(database, 0); };
    }
    SECTION("a flipped checkpoint") {
        damage = [&] {
            auto store = open_database(database);
            REQUIRE(store.exec("UPDATE store_checkpoint SET sequence = sequence + 1"));
        };
    }
    SECTION("a whole checkpoint of another history") {
        damage = [&] {
            auto store = open_database(database);
            ibkr::projections::Checkpoint checkpoint = read_checkpoint(store).value();
            checkpoint.mac[0] ^= 1U;
            REQUIRE(write_checkpoint(store, checkpoint));
        };
    }
    SECTION("built by other projections") {
        damage = [&] {
            auto store = open_database(database);
            REQUIRE(store.exec("UPDATE store_projections SET version = version + 1 WHERE position = 1"));
        };
    }
    damage();
    CHECK(answers() == expected);
    CHECK(home.get({"replay"}).at("difference_count") == 0);
    CHECK(home.get({"health"}).at("gateway") == "ok");
    CHECK(home.get({"audit", "verify"}).at("anchors").at(1).at("state") == "equal");
}
