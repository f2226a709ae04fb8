// The resident owner and those who reach it, with the real binary.

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "events/log/directory/owner_lock.hpp"
#include "io/ipc/owner_server.hpp"
#include "projections/read_store.hpp"
#include "tests/integration/cli_support.hpp"

namespace ibkr::integration {
namespace {

using Words = std::vector<std::string>;

constexpr int many = sanitized ? 6 : 24;  ///< processes at once

Words submit_words(const std::string& approval, const std::string& key) {
    return {"orders",         "submit", "--account",         "DU1234567",
            "--approval-id",  approval, "--idempotency-key", key,
            "--enable-paper", "--json"};
}

/// Types of the newest events, newest first.
Words event_types(const AgentHome& home) {
    Words types;
    const auto tail = home.get({"audit", "tail", "--limit", "500"});
    for (const auto& entry : tail["events"])
        types.push_back(entry["event"]["event_type"]);
    return types;
}

std::size_t count(const Words& types, const std::string& type) {
    return static_cast<std::size_t>(std::count(types.begin(), types.end(), type));
}

std::size_t orders_at_venue(const AgentHome& home) {
    return home.get({"orders", "list", "--account", "DU1234567"}).size();
}

/// All at once. Without a resident engine they own the directory one after another, and on a slow machine the
/// last ones may give up waiting (ENGINE_BUSY, nothing was decided): those ask again, as they are told to.
std::vector<Ran> run_all(const AgentHome& home, const std::vector<Words>& commands, bool resident) {
    std::vector<Ran> runs = home.run_together(commands);
    for (std::size_t i = 0; i < runs.size(); ++i)
        if (!resident && runs[i].exit_code == 3 && runs[i].code() == "ENGINE_BUSY")
            runs[i] = home.run(commands[i]);
    return runs;
}

}  // namespace

TEST_CASE("a call is forwarded to the resident engine and recorded there", "[engine]") {
    const AgentHome home;
    RunningEngine engine(home);
    const auto health = home.get({"health"});
    CHECK(health["engine"]["role"] == "forwarded");
    CHECK(health["gateway"] == "ok");
    const auto status = home.get({"engine", "status"});
    CHECK(status["running"] == true);
    CHECK(status["pid"] == engine.pid());

    const std::string approval = approve(home, preview(home, "5", "205"));
    const auto order = submit(home, approval, "forwarded-1");
    CHECK(order["status"] == "filled");
    CHECK(home.get({"positions", "list", "--account", "DU1234567"})[0]["quantity"] == "15");

    const auto tail = home.get({"audit", "tail", "--limit", "3"});
    const auto& event = tail["events"][0]["event"];
    CHECK(event["user_id"] == "local-user:" + std::to_string(::getuid()));
    CHECK(event["session_id"].get<std::string>().starts_with("process-"));

    engine.signal(SIGTERM);
    const Ran ended = engine.wait();
    CHECK(ended.exit_code == 0);
    CHECK_FALSE(std::filesystem::exists(home.path("home/data/engine.sock")));
    CHECK(home.get({"health"})["engine"]["role"] == "owner");
    CHECK(home.get({"audit", "verify"})["chain_valid"] == true);
    CHECK(home.get({"replay"})["difference_count"] == 0);
}

TEST_CASE("audit reads beside the owner record themselves through it", "[engine]") {
    const AgentHome home;
    const RunningEngine engine(home);
    (void)approve(home, preview(home, "5", "205"));
    const auto verified = home.get({"audit", "verify"});
    CHECK(verified["chain_valid"] == true);
    CHECK(verified["anchors"][0]["state"] != "ahead");
    const auto exported = home.get({"audit", "export", "--limit", "5"});
    CHECK(exported["range"]["exported_count"] == 5);
    const auto tail = home.get({"audit", "tail", "--limit", "2"});
    for (const auto& entry : tail["events"]) {
        CHECK(entry["event"]["event_type"] == "tool_completed");
        CHECK(entry["event"]["tool_name"] == "ibkr_audit");
        CHECK(entry["event"].contains("output_hash"));
    }
}

TEST_CASE("audit tail --follow sees what the owner records", "[engine]") {
    const AgentHome home;
    const RunningEngine engine(home);
    RunningAgent follower(home, {"audit", "tail", "--follow", "--limit", "1"});
    REQUIRE(follower.says("ibkr_audit"));
    (void)home.get({"positions", "list", "--account", "DU1234567"});
    CHECK(follower.says("ibkr_positions_list"));
    follower.signal(SIGTERM);
    CHECK(follower.wait().exit_code == 0);
}

TEST_CASE("a second engine says that one runs", "[engine]") {
    const AgentHome home;
    const RunningEngine engine(home);
    const Ran second = home.run({"engine", "run", "--json"});
    CHECK(second.exit_code == 3);
    CHECK(second.code() == "ENGINE_BUSY");
    CHECK(second.err.find(std::to_string(engine.pid())) != std::string::npos);
}

TEST_CASE("a paused engine reads and reconciles and sends nothing", "[engine]") {
    const AgentHome home;
    const std::string approval = approve(home, preview(home, "5", "205"));
    RunningEngine engine(home, {"--paused"});
    CHECK(home.get({"health"})["gateway"] == "paused");
    CHECK(home.refused({"orders", "submit", "--account", "DU1234567", "--approval-id", approval,
                        "--idempotency-key", "paused-1", "--enable-paper"},
                       3) == "ENGINE_PAUSED");
    CHECK(count(event_types(home), "order_submit_intended") == 0);
    engine.signal(SIGTERM);
    (void)engine.wait();
    CHECK(submit(home, approval, "paused-1")["status"] == "filled");
}

TEST_CASE("24 processes with one approval give one order", "[engine]") {
    const bool resident = GENERATE(false, true);
    CAPTURE(resident);
    const AgentHome home;
    std::optional<RunningEngine> engine;
    if (resident) engine.emplace(home);
    const std::string approval = approve(home, preview(home, "5", "205"));
    std::vector<Words> commands;
    for (int i = 0; i < many; ++i)
        commands.push_back(submit_words(approval, "key-" + std::to_string(i)));
    std::size_t filled = 0;
    const auto runs = run_all(home, commands, resident);
    for (const Ran& ran : runs) {
        INFO(ran.out << ran.err);
        if (ran.exit_code == 0) {
            ++filled;
            CHECK(ran.out_json()["status"] == "filled");
        } else {
            CHECK((ran.code() == "APPROVAL_CONSUMED" || ran.code() == "PAPER_APPROVAL_REQUIRED"));
        }
    }
    CHECK(filled == 1);
    CHECK(orders_at_venue(home) == 1);
    CHECK(count(event_types(home), "order_submit_intended") == 1);
    CHECK(home.get({"audit", "verify"})["chain_valid"] == true);
    CHECK(home.get({"replay"})["difference_count"] == 0);
}

TEST_CASE("one key 24 times gives one order, and readers all succeed", "[engine]") {
    const bool resident = GENERATE(false, true);
    CAPTURE(resident);
    const AgentHome home;
    std::optional<RunningEngine> engine;
    if (resident) engine.emplace(home);
    const std::string approval = approve(home, preview(home, "5", "205"));
    std::vector<Words> commands;
    for (int i = 0; i < (sanitized ? 4 : 16); ++i)
        commands.push_back(submit_words(approval, "one-key"));
    const std::size_t submits = commands.size();
    for (int i = 0; i < (sanitized ? 1 : 4); ++i) {
        commands.push_back({"orders", "list", "--account", "DU1234567", "--json"});
        commands.push_back({"audit", "verify", "--json"});
    }
    const auto runs = run_all(home, commands, resident);
    std::string order_id;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        INFO(i << ' ' << runs[i].out << runs[i].err);
        if (i >= submits || runs[i].exit_code == 0) {
            REQUIRE(runs[i].exit_code == 0);
            if (i >= submits) continue;
            const auto order = runs[i].out_json();
            if (order_id.empty()) order_id = order["order_id"];
            CHECK(order["order_id"] == order_id);
        } else {
            const auto error = runs[i].err_json();
            CHECK(error["code"] == "PAPER_IDEMPOTENCY_CONFLICT");
            CHECK(error["retryable"] == true);
        }
    }
    CHECK(submit(home, approval, "one-key")["order_id"] == order_id);
    CHECK(orders_at_venue(home) == 1);
    CHECK(count(event_types(home), "order_submit_intended") == 1);
}

TEST_CASE("a reader that holds its transaction holds up nobody", "[engine]") {
    const AgentHome home;
    const RunningEngine engine(home);
    (void)home.get({"accounts", "list"});
    auto reader = projections::ReadStore::open(home.path("home/data/projections.sqlite3"));
    REQUIRE(reader);
    const auto looked = reader->read(
        [&](const projections::Queries&, const projections::Checkpoint& at) -> events::Result<std::uint64_t> {
            for (int i = 0; i < 5; ++i)
                (void)submit(home, approve(home, preview(home, "1", "205")), "held-" + std::to_string(i));
            return at.sequence.value();
        });
    REQUIRE(looked);
    CHECK(reader->checkpoint()->sequence.value() > *looked);
    CHECK(home.get({"health"})["engine"]["projections_lag"] == 0);
}

TEST_CASE("SIGTERM in the middle of many calls answers every one that was taken", "[engine]") {
    const AgentHome home;
    RunningEngine engine(home);
    std::vector<std::string> approvals;
    for (int i = 0; i < 8; ++i)
        approvals.push_back(approve(home, preview(home, "1", "205")));
    const int before = home.get({"engine", "status"})["calls"];
    std::vector<std::unique_ptr<RunningAgent>> askers;
    for (std::size_t i = 0; i < approvals.size(); ++i)
        askers.push_back(
            std::make_unique<RunningAgent>(home, submit_words(approvals[i], "drain-" + std::to_string(i))));
    // Until some of them are taken up; each look counts as a call itself.
    for (int looks = 1; home.get({"engine", "status"})["calls"] < before + looks + 2; ++looks)
        std::this_thread::yield();
    engine.signal(SIGTERM);
    CHECK(engine.wait().exit_code == 0);
    for (const auto& asker : askers) {
        const Ran asked = asker->wait();
        INFO(asked.out << asked.err);
        // Who was too late for this engine owns the directory for its moment.
        if (asked.exit_code == 0)
            CHECK(asked.out_json()["status"] == "filled");
        else
            CHECK(asked.code() == "ENGINE_BUSY");
    }
    for (std::size_t i = 0; i < approvals.size(); ++i)
        CHECK(submit(home, approvals[i], "drain-" + std::to_string(i))["status"] == "filled");
    CHECK(orders_at_venue(home) == approvals.size());
}

TEST_CASE("a held log is served by a resident engine: reads without events, writes refused", "[engine]") {
    const AgentHome home;
    (void)approve(home, preview(home, "5", "205"));
    for (const auto& entry : std::filesystem::directory_iterator(home.path("home/data/log")))
        if (entry.path().extension() == ".log") std::filesystem::remove(entry.path());
    const RunningEngine engine(home);
    CHECK(home.get({"engine", "status"})["state"] == "held");
    const Ran health = home.run({"health", "--json"});
    CHECK(health.out_json()["gateway"] == "held");
    CHECK(health.err.find("not recorded") != std::string::npos);
    CHECK(home.refused({"kill-switch", "close", "--reason", "test"}, 3) == "ENGINE_HELD");
}

TEST_CASE("a program of another version than the running engine is refused", "[engine]") {
    const AgentHome home;
    static_cast<void>(home.get({"health"}));
    const std::string data = home.path("home/data");
    const auto lock = events::OwnerLock::acquire(data);
    REQUIRE(lock);
    io::OwnerServerSettings settings;
    settings.data_directory = data;
    settings.greeting = [] {
        io::OwnerGreeting greeting;
        greeting.common = {io::protocol_version, "0.0.1", "", 1, "", io::Role::owner};
        return greeting;
    };
    std::atomic<int> calls = 0;
    const auto server =
        io::OwnerServer::start(std::move(settings), [&](const io::Peer&, const io::ForwardedCall&) {
            ++calls;
            return std::optional<engine::CallResult>();
        });
    REQUIRE(server);
    CHECK(home.refused({"health"}, 3) == "ENGINE_VERSION_MISMATCH");
    CHECK(home.refused({"kill-switch", "close", "--reason", "test"}, 3) == "ENGINE_VERSION_MISMATCH");
    CHECK(calls == 0);
}

TEST_CASE("an engine under another configuration is refused on both sides", "[engine]") {
    const AgentHome home;
    const RunningEngine engine(home);
    home.write("other.yaml",
               "broker: {backend: fake}\nauth: {enabled_scopes: [\"ibkr:health:read\"]}\n"
               "audit: {hmac_secret_env: SECRET}\nlog: {directory: " +
                   home.path("home/data") + "}\n");
    AgentHome other;
    other.environment["SECRET"] = home.read("home/key");
    const Ran refused = other.run({"--config", home.path("other.yaml"), "health", "--json"});
    INFO(refused.out << refused.err);
    CHECK(refused.exit_code == 3);
    CHECK(refused.code() == "ENGINE_CONFIG_MISMATCH");
}

}  // namespace ibkr::integration
