#include <filesystem>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/integration/cli_support.hpp"

using namespace ibkr::integration;

TEST_CASE("what needs no data directory opens none", "[cli]") {
    const AgentHome home;
    CHECK(home.run({"--help"}).exit_code == 0);
    CHECK(home.run({"--version"}).out.find("ibkr-agent ") == 0);
    CHECK(home.run({"machines"}).out.find("stateDiagram") != std::string::npos);
    CHECK(home.run({"machines", "order", "--format", "dot"}).out.find("digraph") != std::string::npos);
    CHECK(home.get({"machines", "--format", "json"}).size() >= 5);
    CHECK(home.run({"completions", "bash"}).out.find("complete -F") != std::string::npos);
    CHECK(home.run({"config", "check"}).out.find("simulated venue") != std::string::npos);
    CHECK(home.run({"orders", "preview", "--help"}).out.find("Examples:") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(home.path("home")));
}

TEST_CASE("fixtures replay as expected without a data directory", "[cli][replay]") {
    const AgentHome home;
    std::size_t fixtures = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(IBKR_SOURCE_DIR) + "/replay-fixtures")) {
        if (!entry.is_directory()) continue;
        INFO(entry.path());
        CHECK(home.get({"replay", "--fixture", entry.path().string()}).at("difference_count") == 0);
        ++fixtures;
    }
    CHECK(fixtures >= 2);
    CHECK(home.refused({"replay", "--fixture", home.path("none")}, 7) == "CONFIG_INVALID");
    CHECK_FALSE(std::filesystem::exists(home.path("home")));
}

TEST_CASE("people get tables, without colour when it is no terminal", "[cli]") {
    const AgentHome home;
    const Ran accounts = home.run({"accounts", "list"});
    CHECK(accounts.out.find("account    label  mode   currency\n") == 0);
    CHECK(accounts.out.find('\x1b') == std::string::npos);
    const Ran none = home.run({"orders", "list", "--account", "DU1234567"});
    CHECK(none.out == "no orders\n");
    const Ran tail = home.run({"audit", "tail", "--limit", "2"});
    CHECK(tail.out.find("sequence") == 0);
    const Ran error = home.run({"orders", "submit"});
    CHECK(error.out.empty());
    CHECK(error.err.find("PAPER_TRADING_DISABLED: ") == 0);
    CHECK(error.err.find("\nAction: ") != std::string::npos);
}

TEST_CASE("the request id of the call is in its event", "[cli]") {
    const AgentHome home;
    (void)home.get({"--request-id", "desk-17", "accounts", "list"});
    const auto event = home.get({"audit", "tail", "--limit", "1"}).at("events").at(0).at("event");
    CHECK(event.at("request_id") == "desk-17");
    CHECK(event.at("tool_name") == "ibkr_accounts_list");
    CHECK(event.at("user_id").get<std::string>().find("local-user") == 0);
}

TEST_CASE("nothing secret and no raw account id is in the log's text", "[cli]") {
    const AgentHome home;
    (void)submit(home, approve(home, preview(home, "5", "205")), "k");
    const std::string text = home.run({"audit", "export"}).out;
    CHECK(text.find("AAPL") != std::string::npos);
    CHECK(text.find("DU1234567") == std::string::npos);
    CHECK(text.find(home.read("home/key").substr(0, 64)) == std::string::npos);
    CHECK(text.find(home.folder()) == std::string::npos);
}

TEST_CASE("a followed tail shows further events and holds nobody up", "[cli]") {
    const AgentHome home;
    (void)home.get({"health"});
    // Two events of the tail, and the event of the tail itself.
    const Ran ran = home.run_until({"audit", "tail", "--limit", "2", "--follow"}, 3,
                                   [&] { (void)home.get({"--request-id", "while-following", "health"}); });
    CHECK(ran.exit_code == 0);
    std::vector<int> sequences;
    std::string last;
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) {
        const auto entry = nlohmann::json::parse(line, nullptr, false);
        REQUIRE_FALSE(entry.is_discarded());
        sequences.push_back(entry.at("sequence_id"));
        last = entry.at("event").at("request_id");
    }
    REQUIRE(sequences.size() >= 4);
    for (std::size_t i = 1; i < sequences.size(); ++i)
        CHECK(sequences[i] == sequences[i - 1] + 1);
    CHECK(last == "while-following");
}
