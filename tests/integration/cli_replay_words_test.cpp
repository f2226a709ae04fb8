#include <filesystem>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/integration/cli_support.hpp"

// What a reviewer reads who names something that is not there, or who reads a page without its JSON.

using namespace ibkr::integration;
using Json = nlohmann::json;

namespace {

const std::string fixtures = std::string(IBKR_SOURCE_DIR) + "/replay-fixtures/";
const std::string clean_fill = fixtures + "clean-fill";

/// What a refused run says is wrong, and what to do.
std::string words_of(const AgentHome& home, std::vector<std::string> words, int exit_code) {
    words.emplace_back("--json");
    const Ran ran = home.run(words);
    CHECK(ran.exit_code == exit_code);
    return ran.err_json().at("message").get<std::string>() + " / " +
           ran.err_json().at("user_action").get<std::string>();
}

void has(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("a number beyond all events is told where the history ends", "[cli][replay]") {
    const AgentHome home;
    for (const char* number : {"16", "9007199254740991", "99999999999999999999999999"}) {
        has(words_of(home, {"replay", "--at", number, "--fixture", clean_fill}, 2), "ends at event 15");
        has(words_of(home, {"replay", "diff", "1", number, "--fixture", clean_fill}, 2), "ends at event 15");
        has(words_of(home, {"replay", "why", number, "--fixture", clean_fill}, 1), "ends at event 15");
    }
    has(words_of(home, {"replay", "--at", "0", "--fixture", clean_fill}, 2), "RFC 3339");
    has(home.run({"replay", "--at", "2000-01-01T00:00:00Z", "--fixture", clean_fill}).out,
        "before the first event\n");
}

TEST_CASE("a folder or key that is not a fixture's or export's is named for what it is", "[cli][replay]") {
    AgentHome home;
    has(words_of(home, {"replay", "--fixture", home.path("none")}, 7), "folder is not there");
    has(words_of(home, {"replay", "why", "1", "--fixture", home.path("none")}, 7), "folder is not there");
    has(words_of(home, {"replay", "--file", clean_fill + "/events.jsonl"}, 7), "--keyring");
    std::filesystem::copy(clean_fill, home.path("mixed"));
    const std::string file = home.path("mixed/events.jsonl");
    std::filesystem::remove(file);
    (void)home.get({"accounts", "list"});
    (void)home.get({"audit", "export", "--output", file});
    has(words_of(home, {"replay", "--fixture", home.path("mixed")}, 7), "with --file");
}

TEST_CASE("a timeline says when, and a report names its differences and itself", "[cli][replay]") {
    const AgentHome home;
    const Ran timeline =
        home.run({"replay", "timeline", "019b8eac-175c-7445-bc21-a35dc6aff228", "--fixture", clean_fill});
    has(timeline.out, "2026-01-05T15:00:04.000Z  4000");
    std::filesystem::copy(clean_fill, home.path("changed"));
    std::string expected = home.read("changed/expected.json");
    const std::size_t at = expected.find("approval_reserved");
    REQUIRE(at != std::string::npos);
    home.write("changed/expected.json", expected.replace(at, 17, "approval_released"));
    const Ran report = home.run({"incident", "report", "--fixture", home.path("changed"), "--id", ""});
    CHECK(report.exit_code == 0);
    has(report.out, "# Incident changed\n");
    has(report.out, "Replay found 1 difference in the history:\n");
}

TEST_CASE("a recorded fixture tells the turns of its incident, not what was looked at", "[cli][replay]") {
    const AgentHome home;
    const std::string folder = home.path("again");
    const Ran ran = home.run({"replay", "record", "--workflow", "019b8eac-175c-7445-bc21-a35dc6aff228",
                              "--out", folder, "--fixture", fixtures + "lost-answer-filled"});
    has(ran.out, "recorded 15 events for an incident of 3 workflows");
    const std::string readme = home.read("again/README.md");
    for (const char* turn : {"asked to buy 5 AAPL", "previewed at", "approved by", "came out as unknown",
                             "filled 5 at 200", "was used up"})
        has(readme, turn);
    CHECK(readme.find("position_recorded") == std::string::npos);
    CHECK(readme.find("0 of before") == std::string::npos);
}
