#include <filesystem>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/integration/cli_support.hpp"

// `engine resume` with the real binary: an older copy is put back while the venue's book, or the anchors and
// read models, still show what the log lost.

using namespace ibkr::integration;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// The data directory's parts, set aside and put back.
class Parts {
public:
    Parts(const AgentHome& home, const std::string& name) : home_(home), kept_(home.path(name)) {
        fs::create_directories(kept_);
        for (const auto& entry : fs::directory_iterator(data()))
            if (is_copied(entry.path().filename().string()))
                fs::copy(entry.path(), kept_ / entry.path().filename(), fs::copy_options::recursive);
    }
    /// `names` are file names below the data directory; a database's files go together.
    void put_back(const std::vector<std::string>& names) const {
        for (const std::string& name : names) {
            for (const char* suffix : {"", "-wal", "-shm"}) {
                fs::remove_all(data() / (name + suffix));
                if (fs::exists(kept_ / (name + suffix)))
                    fs::copy(kept_ / (name + suffix), data() / (name + suffix), fs::copy_options::recursive);
            }
        }
    }

private:
    [[nodiscard]] fs::path data() const { return home_.path("home/data"); }
    static bool is_copied(const std::string& name) {
        return name != "owner.lock" && name != "reserve" && name != "engine.sock";
    }
    const AgentHome& home_;
    fs::path kept_;
};

const std::vector<std::string> everything = {"log", "anchors", "keys", "projections.sqlite3"};

std::vector<std::string> submit_words(const std::string& approval, const std::string& key) {
    return {"orders",        "submit", "--account",         "DU1234567",
            "--approval-id", approval, "--idempotency-key", key,
            "--enable-paper"};
}

/// A payload with notes on stderr: of a held log nothing is recorded.
Json held_get(const AgentHome& home, std::vector<std::string> words) {
    words.emplace_back("--json");
    const Ran ran = home.run(words);
    INFO(words[0] << '\n' << ran.err);
    REQUIRE(ran.exit_code == 0);
    return ran.out_json();
}

std::string gateway_state(const AgentHome& home) {
    return held_get(home, {"health"}).at("gateway");
}

void check_in_order(const AgentHome& home) {
    CHECK(gateway_state(home) == "ok");
    CHECK(home.get({"audit", "verify"}).at("chain_valid") == true);
    CHECK(home.get({"replay"}).at("difference_count") == 0);
    const Json status = home.get({"projections", "status"});
    CHECK(status.at("lag") == 0);
    const Json rebuilt = home.get({"projections", "rebuild"});
    CHECK(rebuilt.at("was_wrong") == false);
}

}  // namespace

TEST_CASE("a whole older copy beside the venue's book is held, resumed, and the order is found",
          "[cli][resume]") {
    const AgentHome home;
    const std::string used = approve(home, preview(home, "5", "205"));
    const std::string unused = approve(home, preview(home, "4", "205"));
    REQUIRE(home.get({"kill-switch", "open", "--reason", "day begins"}).is_object());
    const Parts older(home, "older");
    const Json placed = submit(home, used, "lost");
    REQUIRE(placed.at("status") == "filled");
    older.put_back(everything);

    CHECK(gateway_state(home) == "held");
    CHECK(home.refused(submit_words(unused, "new"), 3) == "ENGINE_HELD");
    CHECK(home.refused({"orders", "preview", "--account", "DU1234567", "--symbol", "AAPL", "--side", "buy",
                        "--quantity", "1", "--limit-price", "205", "--enable-preview"},
                       3) == "ENGINE_HELD");
    const Json plan = held_get(home, {"engine", "resume", "--plan"});
    CHECK(plan.at("can_resume") == true);
    CHECK(plan.at("gaps").empty());
    CHECK_FALSE(plan.at("reason").get<std::string>().empty());
    CHECK(gateway_state(home) == "held");
    CHECK_FALSE(home.refused({"engine", "resume"}, 1).empty());
    CHECK(gateway_state(home) == "held");

    const Json resumed = home.get(
        {"engine", "resume", "--reason", "older copy of DU1234567 put back, Bearer abcdef0123456789"});
    CHECK(resumed.at("branch") == 2);
    CHECK(resumed.at("from") == resumed.at("to"));
    CHECK(resumed.at("gaps").empty());
    CHECK(resumed.at("audit_event_id").is_string());
    REQUIRE(resumed.at("found_orders").at("count") == 1);
    CHECK(resumed.at("found_orders").at("ids").size() == 1);
    CHECK(resumed.at("revoked_approvals").at("count") == 2);
    check_in_order(home);
    const Json tail = home.get({"audit", "tail", "--limit", "500"});
    for (const Json& record : tail.at("events")) {
        if (record.at("event").at("event_type") != "log_resumed") continue;
        CHECK(record.at("event").at("event_id") == resumed.at("audit_event_id"));
        const Json& body = record.at("event").at("body");
        CHECK(body.at("actor").get<std::string>().starts_with("local-user:"));
        const std::string reason = body.at("reason");
        CHECK(reason.starts_with("older copy of "));
        CHECK(reason.find("DU1234567") == std::string::npos);
        CHECK(reason.find("abcdef") == std::string::npos);
    }

    const Json order = home.get({"orders", "status", "--account", "DU1234567", "--broker-order-id",
                                 placed.at("broker_order_id").get<std::string>()});
    CHECK(order.at("status") == "filled");
    CHECK(home.get({"kill-switch", "status"}).at("state") == "closed");
    for (const std::string& approval : {used, unused})
        CHECK(home.get({"approvals", "show", "--approval-id", approval}).at("status") == "revoked");

    // The key again: never a second order.
    const Ran again = home.run([&] {
        auto words = submit_words(used, "lost");
        words.emplace_back("--json");
        return words;
    }());
    CHECK(again.code() == "PAPER_IDEMPOTENCY_CONFLICT");
    CHECK(again.err_json().at("retryable") == false);
    CHECK(again.err_json().at("message").get<std::string>().find(
              resumed.at("found_orders").at("ids").at(0).get<std::string>()) != std::string::npos);
    CHECK(home.get({"executions", "list", "--account", "DU1234567"}).size() == 1);

    CHECK(home.refused({"engine", "resume", "--reason", "again"}, 7) == "CONFIG_INVALID");
    CHECK(home.refused({"engine", "resume", "--plan"}, 7) == "CONFIG_INVALID");
    CHECK(submit(home, approve(home, preview(home, "1", "205")), "later").at("status") == "filled");
    check_in_order(home);
}

TEST_CASE("a log behind its anchors and read models is resumed with its gap, and keys keep their answers",
          "[cli][resume]") {
    const AgentHome home;
    const std::string first = approve(home, preview(home, "5", "150"));
    const Json working = submit(home, first, "first");
    const std::string used = approve(home, preview(home, "4", "205"));
    const Parts older(home, "older");
    const Json placed = submit(home, used, "lost");
    REQUIRE(home.get({"orders", "cancel", "--account", "DU1234567", "--broker-order-id",
                      working.at("broker_order_id").get<std::string>(), "--idempotency-key", "lost-cancel",
                      "--enable-paper"})
                .at("status") == "cancelled");
    older.put_back({"log"});

    CHECK(gateway_state(home) == "held");
    const Json plan = held_get(home, {"engine", "resume", "--plan"});
    REQUIRE(plan.at("gaps").size() == 1);
    const Json resumed = home.get({"engine", "resume", "--reason", "log put back"});
    CHECK(resumed.at("branch") == 2);
    CHECK(resumed.at("gaps") == plan.at("gaps"));
    CHECK(resumed.at("from") == plan.at("readable_head"));
    CHECK(resumed.at("to") == plan.at("highest_anchor"));
    CHECK(resumed.at("found_orders").at("count") == 1);
    CHECK(resumed.at("found_keys") == 1);
    check_in_order(home);
    CHECK(home.get({"audit", "verify"}).at("attested_gaps").size() == 1);

    const Json again = submit(home, used, "lost");
    CHECK(again.at("broker_order_id") == placed.at("broker_order_id"));
    // The first answer is lost: what stands in its place is that it is unknown, and what the order is now.
    CHECK(again.at("status") == "unknown");
    CHECK(again.at("current").at("status") == "filled");
    CHECK(again.at("replayed") == true);
    const Json cancelled = home.get({"orders", "cancel", "--account", "DU1234567", "--broker-order-id",
                                     working.at("broker_order_id").get<std::string>(), "--idempotency-key",
                                     "lost-cancel", "--enable-paper"});
    CHECK(cancelled.at("current").at("status") == "cancelled");
    CHECK(home.get({"executions", "list", "--account", "DU1234567"}).size() == 1);
    check_in_order(home);
}

TEST_CASE("a resumption killed anywhere is held again or finished by the next start", "[cli][resume][kill]") {
    const AgentHome home;
    const std::string used = approve(home, preview(home, "5", "205"));
    const std::string unused = approve(home, preview(home, "4", "205"));
    const Parts older(home, "older");
    const Json placed = submit(home, used, "lost");
    older.put_back({"log"});
    REQUIRE(gateway_state(home) == "held");
    const Parts held(home, "held");
    std::vector<std::string> all = everything;
    all.insert(all.end(), {"venue.sqlite3", "quarantine"});

    std::size_t cut = 0;
    for (std::uint32_t round = 0; round < 25; ++round) {
        held.put_back(all);
        const Ran ran = home.run_killed({"engine", "resume", "--reason", "put back"}, 1'000 + round * 4'000);
        if (ran.exit_code != 0) ++cut;
        INFO("round " << round << ", exit code " << ran.exit_code);
        if (gateway_state(home) == "held")
            REQUIRE(home.get({"engine", "resume", "--reason", "once more"}).at("branch").get<int>() >= 2);
        REQUIRE(gateway_state(home) == "ok");
        const Json again = submit(home, used, "lost");
        REQUIRE(again.at("broker_order_id") == placed.at("broker_order_id"));
        REQUIRE(home.get({"approvals", "show", "--approval-id", unused}).at("status") == "revoked");
        REQUIRE(home.get({"executions", "list", "--account", "DU1234567"}).size() == 1);
        REQUIRE(home.get({"audit", "verify"}).at("chain_valid") == true);
        REQUIRE(home.get({"replay"}).at("difference_count") == 0);
    }
    CHECK(cut > 0);
}

TEST_CASE("a rotated log is resumed, and a resumed log is rotated", "[cli][resume][rotate]") {
    const AgentHome home;
    const std::string first = approve(home, preview(home, "5", "205"));
    const std::string second = approve(home, preview(home, "4", "205"));
    REQUIRE(home.get({"audit", "rotate-key"}).at("new_key_id").is_string());
    const Parts older(home, "older");
    const Json placed = submit(home, first, "lost");
    older.put_back({"log"});
    CHECK(home.refused({"audit", "rotate-key"}, 3) == "ENGINE_HELD");
    CHECK_FALSE(fs::exists(home.path("home/key.next")));
    CHECK(home.get({"engine", "resume", "--reason", "put back"}).at("branch") == 2);
    REQUIRE(home.get({"audit", "rotate-key"}).at("new_key_id").is_string());
    check_in_order(home);
    CHECK(submit(home, first, "lost").at("broker_order_id") == placed.at("broker_order_id"));
    CHECK(home.refused(submit_words(second, "other"), 1) == "PAPER_APPROVAL_REQUIRED");
}

TEST_CASE("who may resume", "[cli][resume]") {
    AgentHome home;
    REQUIRE(gateway_state(home) == "ok");
    CHECK(home.refused({"engine", "resume", "--reason", "x"}, 7) == "CONFIG_INVALID");
    CHECK(home.refused(
              {"engine", "resume", "--reason", "x", "--read-only", "--data-dir", home.path("home/data")},
              7) == "CONFIG_INVALID");
    home.environment["IBKR_AUDIT_HMAC_SECRET"] = std::string(40, 's');
    fs::copy_file(std::string(IBKR_SOURCE_DIR) + "/config/operator-approvals.yaml", home.path("config.yaml"));
    CHECK(home.refused({"engine", "resume", "--reason", "x", "--config", home.path("config.yaml")}, 4) ==
          "OPERATOR_REQUIRED");
    CHECK(home.refused({"audit", "rotate-key", "--config", home.path("config.yaml")}, 4) ==
          "OPERATOR_REQUIRED");
}
