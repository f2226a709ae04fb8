#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/integration/cli_support.hpp"

using namespace ibkr::integration;
using Words = std::vector<std::string>;

namespace {

Words preview_with(const std::string& option, const std::string& value) {
    Words words = {"orders", "preview", "--enable-preview"};
    const std::vector<std::pair<std::string, std::string>> good = {{"--account", "DU1234567"},
                                                                   {"--symbol", "AAPL"},
                                                                   {"--side", "buy"},
                                                                   {"--quantity", "5"},
                                                                   {"--limit-price", "205"}};
    for (const auto& [name, text] : good)
        if (name != option) words.insert(words.end(), {name, text});
    words.push_back(option + "=" + value);
    return words;
}

std::size_t files_below(const std::string& folder) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        const std::string name = entry.path().filename();
        if (!name.starts_with("out.") && !name.starts_with("err.")) ++files;
    }
    return files;
}

}  // namespace

TEST_CASE("bad values have a code, an action and an audit event", "[cli][input]") {
    const AgentHome home;
    const std::vector<std::pair<std::string, std::string>> bad = {
        {"--quantity", "1e3"},
        {"--quantity", ""},
        {"--quantity", "1,000"},
        {"--quantity", std::string(60'000, '9')},
        {"--limit-price", "NaN"},
        {"--limit-price", "0x10"},
        {"--side", "hold"},
        {"--order-type", "iceberg"},
        {"--time-in-force", "forever"},
        {"--currency", "usd"},
        {"--environment", "test"},
        {"--symbol", std::string(33, 'A')},
        {"--symbol", "A\x1b[2J"},
        {"--symbol", "\xff\xfe"},
        {"--rationale", std::string(501, 'x')},
        {"--rationale", "\xed\xa0\x80"},
    };
    for (const auto& [option, value] : bad) {
        INFO(option);
        CHECK(home.refused(preview_with(option, value), 1) == "ORDER_VALIDATION_FAILED");
    }
    const Ran ran = home.run(preview_with("--quantity", "-"));
    CHECK(ran.err.find("Action: ") != std::string::npos);
    // Every one of them is in the log, and the log is whole.
    CHECK(home.get({"audit", "verify"}).at("chain_valid") == true);
    const auto events = home.get({"audit", "tail", "--limit", "200"}).at("events");
    std::size_t failures = 0;
    for (const auto& entry : events)
        if (entry.at("event").value("error_code", "") == "ORDER_VALIDATION_FAILED") ++failures;
    CHECK(failures == bad.size() + 1);
}

TEST_CASE("exit codes say what kind of failure it was", "[cli][input]") {
    const AgentHome home;
    CHECK(home.run({"orders", "list"}).exit_code == 2);  // usage
    CHECK(home.run({"nope"}).exit_code == 2);
    CHECK(home.refused({"orders", "list", "--account", ""}, 2) == "INPUT_MISSING_ACCOUNT");
    CHECK(home.refused({"orders", "list", "--account", "NOBODY"}, 2) == "INPUT_UNAUTHORIZED_ACCOUNT");
    CHECK(home.refused({"market", "snapshot", "--contract-id", "999999999"}, 2) == "INPUT_INVALID_CONTRACT");
    CHECK(home.refused({"executions", "list", "--account", "DU1234567", "--from", "noon"}, 2) ==
          "INPUT_INVALID_TIME_RANGE");
    CHECK(home.refused({"replay", "--at", "noon"}, 2) == "INPUT_INVALID_TIME_RANGE");
    CHECK(home.refused({"market", "bars", "--contract-id", "265598", "--duration", "1 Y", "--bar-size", "x"},
                       1) == "HISTORICAL_BARS_UNAVAILABLE");
    CHECK(home.refused({"orders", "status", "--account", "DU1234567", "--broker-order-id", "77"}, 5) ==
          "BROKER_CAPABILITY_UNAVAILABLE");
    CHECK(home.refused({"orders", "approve"}, 1) == "READONLY_WRITE_FORBIDDEN");
    CHECK(home.refused({"orders", "live-submit", "--enable-live"}, 1) == "LIVE_TRADING_DISABLED");
    CHECK(home.refused({"orders", "live-cancel"}, 1) == "LIVE_TRADING_DISABLED");
    CHECK(home.refused({"orders", "submit"}, 1) == "PAPER_TRADING_DISABLED");
    CHECK(home.refused({"orders", "submit", "--enable-paper", "--account", "DU1234567"}, 1) ==
          "PAPER_APPROVAL_REQUIRED");
    CHECK(home.refused({"orders", "preview", "--account", "DU1234567", "--symbol", "AAPL", "--side", "buy",
                        "--quantity", "1", "--limit-price", "200"},
                       1) == "ORDER_PREVIEW_DISABLED");
    CHECK(home.refused({"health", "--database-url", "sqlite:x"}, 7) == "CONFIG_INVALID");
    CHECK(home.refused({"health", "--request-id", "a b"}, 7) == "CONFIG_INVALID");
    CHECK(home.refused({"machines", "nope"}, 7) == "CONFIG_INVALID");
    CHECK(home.run({"orders", "preview", "--help"}).exit_code == 0);
}

TEST_CASE("a scope that the configuration does not grant is denied and recorded", "[cli][config]") {
    AgentHome home;
    home.environment["IBKR_AUDIT_HMAC_SECRET"] = std::string(40, 's');
    home.write(
        "agent.yaml",
        "broker: {backend: fake}\n"
        "auth: {enabled_scopes: [\"ibkr:health:read\", \"ibkr:audit:read\", \"ibkr:approvals:create\"]}\n"
        "audit: {hmac_secret_env: IBKR_AUDIT_HMAC_SECRET}\nlog: {directory: ./data}\n");
    const std::string file = home.path("agent.yaml");
    CHECK(home.get({"--config", file, "health"}).at("gateway") == "ok");
    CHECK(home.refused({"--config", file, "accounts", "list"}, 4) == "AUTH_MISSING_SCOPE");
    const auto newest =
        home.get({"--config", file, "audit", "tail", "--limit", "1"}).at("events").at(0).at("event");
    CHECK(newest.at("event_type") == "tool_denied_scope");
    // Under a configuration the local user is no operator by itself.
    CHECK(home.refused({"--config", file, "projections", "rebuild"}, 4) == "OPERATOR_REQUIRED");
    CHECK(std::filesystem::exists(home.path("data/VERSION")));
    CHECK_FALSE(std::filesystem::exists(home.path("home")));
}

TEST_CASE("a wrong configuration stops every command before anything is opened", "[cli][config]") {
    AgentHome home;
    home.environment["IBKR_AUDIT_HMAC_SECRET"] = std::string(40, 's');
    home.write("agent.yaml", "broker: {backend: fake, bakend: x}\nlog: {directory: ./data}\n");
    const std::string file = home.path("agent.yaml");
    const Ran check = home.run({"--config", file, "config", "check", "--json"});
    CHECK(check.exit_code == 7);
    CHECK(check.err_json().at("message").get<std::string>().find("line 1: unknown key 'broker.bakend'") == 0);
    CHECK(home.refused({"--config", file, "health"}, 7) == "CONFIG_INVALID");
    CHECK(home.refused({"--config", home.path("none.yaml"), "health"}, 7) == "CONFIG_INVALID");
    CHECK_FALSE(std::filesystem::exists(home.path("data")));
    CHECK(home.get({"config", "check"}).at("profile") == "offline");
    CHECK_FALSE(std::filesystem::exists(home.path("home")));
}

TEST_CASE("the operator secret makes an operator", "[cli][config]") {
    AgentHome home;
    home.environment["IBKR_AUDIT_HMAC_SECRET"] = std::string(40, 's');
    home.write(
        "agent.yaml",
        "broker: {backend: fake}\nauth: {enabled_scopes: [\"ibkr:health:read\", \"ibkr:audit:read\"]}\n"
        "audit: {hmac_secret_env: IBKR_AUDIT_HMAC_SECRET}\nlog: {directory: ./data}\n"
        "operators: {secret_file: ./operator.sha256}\n");
    home.write("secret", "correct horse battery staple\n");
    // printf 'correct horse battery staple' | sha256sum
    home.write("operator.sha256", "c4bbcb1fbec99d65bf59d85c8cb62ee2db963f0fe106f483d9afa73bd4e39a8a\n");
    const std::string file = home.path("agent.yaml");
    REQUIRE(home.get({"--config", file, "health"}).at("gateway") == "ok");
    CHECK(
        home.get({"--config", file, "projections", "rebuild", "--operator-secret-file", home.path("secret")})
            .at("was_wrong") == false);
    home.write("wrong", "correct horse battery stapler\n");
    CHECK(home.refused(
              {"--config", file, "projections", "rebuild", "--operator-secret-file", home.path("wrong")},
              4) == "OPERATOR_REQUIRED");
}

TEST_CASE("another key than the log's is refused before anything is written", "[cli][key]") {
    AgentHome home;
    (void)home.get({"health"});
    const auto events = [&] { return home.get({"audit", "verify"}).at("events_scanned").get<int>(); };
    const int before = events();
    home.environment["IBKR_AUDIT_HMAC_SECRET"] = std::string(40, 'x');
    CHECK(home.refused({"health"}, 7) == "LOG_KEY_MISMATCH");
    home.environment["IBKR_AUDIT_HMAC_SECRET"] = "short";
    CHECK(home.refused({"health"}, 7) == "CONFIG_INVALID");
    home.environment.erase("IBKR_AUDIT_HMAC_SECRET");
    CHECK(events() == before + 1);  // the verification before left its event; the refused calls none
    std::filesystem::rename(home.path("home/key"), home.path("kept"));
    CHECK(home.refused({"health"}, 7) == "LOG_KEY_MISMATCH");
    CHECK_FALSE(std::filesystem::exists(home.path("home/key")));
    std::filesystem::rename(home.path("kept"), home.path("home/key"));
    REQUIRE(::chmod(home.path("home/key").c_str(), 0640) == 0);
    CHECK(home.refused({"health"}, 7) == "CONFIG_INVALID");
}

TEST_CASE("a directory that cannot be written leaves nothing behind", "[cli][directory]") {
    AgentHome home;
    if (::geteuid() == 0) {
        home.environment["IBKR_AGENT_HOME"] = "/sys/ibkr-agent";  // not even root writes there
    } else {
        std::filesystem::create_directory(home.path("closed"));
        REQUIRE(::chmod(home.path("closed").c_str(), 0500) == 0);
        home.environment["IBKR_AGENT_HOME"] = home.path("closed/home");
    }
    CHECK(home.refused({"health"}, 7) == "CONFIG_INVALID");
    home.write("file", "x");
    CHECK(home.refused({"--data-dir", home.path("file"), "health"}, 7) == "CONFIG_INVALID");
    home.environment["IBKR_AGENT_HOME"] = home.path("home");
    CHECK(home.refused({"--data-dir", home.path("none"), "--read-only", "audit", "tail"}, 7) ==
          "CONFIG_INVALID");
    CHECK_FALSE(std::filesystem::exists(home.path("none")));
    CHECK(files_below(home.folder()) <=
          2);  // the file above, and the closed folder for other users than root
    home.environment.erase("IBKR_AGENT_HOME");
    CHECK(home.refused({"health"}, 7) == "CONFIG_INVALID");
}

TEST_CASE("a home that others can write is refused", "[cli][directory]") {
    const AgentHome home;
    std::filesystem::create_directory(home.path("home"));
    REQUIRE(::chmod(home.path("home").c_str(), 0777) == 0);
    CHECK(home.refused({"health"}, 7) == "CONFIG_INVALID");
    CHECK_FALSE(std::filesystem::exists(home.path("home/key")));
}

TEST_CASE("output that cannot be written is a failure", "[cli]") {
    const AgentHome home;
    REQUIRE(home.get({"health"}).at("gateway") == "ok");
    const Ran ran = home.run_with_full_output({"health"});
    CHECK(ran.exit_code == 1);
    CHECK(ran.err.find("could not be written") != std::string::npos);
}

TEST_CASE("processes at once take turns, and the chain stays whole", "[cli][owner]") {
    const AgentHome home;
    const std::vector<Words> commands(6, {"accounts", "list", "--json"});
    for (const Ran& ran : home.run_together(commands)) {
        INFO(ran.err);
        CHECK(ran.exit_code == 0);
        CHECK(ran.out_json().size() == 2);
    }
    const auto report = home.get({"audit", "verify"});
    CHECK(report.at("chain_valid") == true);
    CHECK(home.get({"replay"}).at("difference_count") == 0);
}

TEST_CASE("the same key from two processes at once places one order", "[cli][owner]") {
    const AgentHome home;
    const std::string approval = approve(home, preview(home, "5", "205"));
    const Words words = {"orders",         "submit", "--account",         "DU1234567",
                         "--approval-id",  approval, "--idempotency-key", "once",
                         "--enable-paper", "--json"};
    for (const Ran& ran : home.run_together({words, words, words})) {
        INFO(ran.err);
        CHECK(ran.exit_code == 0);
        CHECK(ran.out_json().at("broker_order_id") == "1001");
    }
    CHECK(home.get({"orders", "list", "--account", "DU1234567"}).size() == 1);
}
