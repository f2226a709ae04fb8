#include <algorithm>
#include <filesystem>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/integration/cli_support.hpp"

// What an incident reviewer asks: what was decided, why, and what it changed. Over the live log, an export
// and a fixture alike.

using namespace ibkr::integration;
using Json = nlohmann::json;

namespace {

const std::string fixtures = std::string(IBKR_SOURCE_DIR) + "/replay-fixtures/";
const std::string secret(40, 's');

/// A home with one filled order, and an export of all of it.
struct FilledHome {
    AgentHome home;
    std::string preview_id;
    std::string approval_id;
    std::string file = home.path("export.jsonl");
    int last = 0;

    FilledHome() {
        home.environment["IBKR_AUDIT_HMAC_SECRET"] = secret;
        preview_id = preview(home, "5", "205");
        approval_id = approve(home, preview_id);
        (void)submit(home, approval_id, "k");
        last = home.get({"audit", "export", "--output", file}).at("exported_count");
    }
    /// The answer, which must be the same from the live log and from the export.
    [[nodiscard]] Json both(std::vector<std::string> words) const {
        const Json live = home.get(words);
        words.insert(words.end(), {"--file", file});
        CHECK(home.get(words) == live);
        return live;
    }
};

std::vector<std::string> types_of(const Json& events) {
    std::vector<std::string> types;
    for (const Json& event : events)
        types.push_back(event.at("event_type"));
    return types;
}

}  // namespace

TEST_CASE("one workflow is shown as it was", "[cli][replay]") {
    const FilledHome filled;
    const Json now =
        filled.both({"replay", "--at", std::to_string(filled.last), "--workflow", filled.approval_id});
    CHECK(now.at("kind") == "approval");
    CHECK(now.at("workflow_id") == filled.approval_id);
    CHECK(now.at("record").at("state") == "consumed");
    CHECK(now.at("sequence_id") == filled.last);
    CHECK(filled.home.get({"replay", "--workflow", filled.approval_id}).at("record") == now.at("record"));
    CHECK(filled.home.refused({"replay", "--at", "2", "--workflow", filled.approval_id}, 1) ==
          "ORDER_VALIDATION_FAILED");
    CHECK(filled.home.refused({"replay", "--at", "2", "--workflow", "a b"}, 1) == "ORDER_VALIDATION_FAILED");
    const Json fixture = filled.home.get({"replay", "--fixture", fixtures + "clean-fill", "--at", "8",
                                          "--workflow", "019b8eac-175c-7445-bc21-a35dc6aff228"});
    CHECK(fixture.at("record").at("state") == "approved");
}

TEST_CASE("why walks an event back to its root", "[cli][replay]") {
    const FilledHome filled;
    const Json why = filled.both({"replay", "why", std::to_string(filled.last)});
    const auto types = types_of(why.at("chain"));
    CHECK(types.front() == "policy_loaded");
    for (const char* type : {"order_intent_received", "order_risk_checked", "paper_approval_recorded",
                             "order_submit_intended", "paper_order_submitted"})
        CHECK(std::ranges::count(types, type) >= 1);
    CHECK(why.at("chain").back().at("sequence_id") == filled.last);
    for (const Json& step : why.at("chain"))
        for (const char* member : {"timestamp", "event_type", "user_id", "decision", "words", "role"})
            CHECK(step.contains(member));
    CHECK(filled.home.get({"replay", "why", why.at("event_id")}) == why);
    CHECK(filled.home.refused({"replay", "why", "99999"}, 1) == "ORDER_VALIDATION_FAILED");
    CHECK(filled.home.refused({"replay", "why", "a b"}, 1) == "ORDER_VALIDATION_FAILED");
    CHECK(filled.home.refused({"replay", "why", "no-such-event"}, 1) == "ORDER_VALIDATION_FAILED");

    const Ran table = filled.home.run({"replay", "why", "15", "--fixture", fixtures + "clean-fill"});
    CHECK(table.exit_code == 0);
    CHECK(table.out.find("sequence") == 0);
    CHECK(table.out.find("in words") != std::string::npos);
    CHECK(table.out.find("event 9 was decided from") != std::string::npos);
}

TEST_CASE("a timeline merges an order with its preview and approval", "[cli][replay]") {
    const FilledHome filled;
    const Json timeline = filled.both({"replay", "timeline", filled.preview_id});
    CHECK(timeline.at("workflows").size() == 3);
    const Json& events = timeline.at("events");
    CHECK(events.front().at("since_ms") == 0);
    CHECK(std::ranges::any_of(events, [](const Json& event) { return event.at("from") == "broker"; }));
    CHECK(std::ranges::any_of(events, [](const Json& event) { return event.at("from") == "ours"; }));
    CHECK(filled.home.get({"replay", "timeline", filled.approval_id}).at("events") == events);
    CHECK(filled.home.refused({"replay", "timeline", "nobody"}, 1) == "ORDER_VALIDATION_FAILED");

    const Ran table = filled.home.run({"replay", "timeline", filled.preview_id});
    CHECK(table.exit_code == 0);
    CHECK(table.out.find("sequence") == 0);
    CHECK(table.out.find("broker") != std::string::npos);
}

TEST_CASE("a diff shows what changed between two events", "[cli][replay]") {
    const FilledHome filled;
    const Json diff = filled.both({"replay", "diff", "1", std::to_string(filled.last)});
    CHECK(diff.at("from") == 1);
    CHECK(diff.at("workflows").size() >= 3);
    for (const Json& workflow : diff.at("workflows"))
        CHECK(workflow.at("change") == "added");
    CHECK(filled.home.refused({"replay", "diff", "5", "5"}, 2) == "INPUT_INVALID_TIME_RANGE");
    CHECK(filled.home.refused({"replay", "diff", "5", "noon"}, 2) == "INPUT_INVALID_TIME_RANGE");
    CHECK(filled.home.refused({"replay", "diff", "5", "99999"}, 2) == "INPUT_INVALID_TIME_RANGE");

    const Ran table = filled.home.run({"replay", "diff", "8", "15", "--fixture", fixtures + "clean-fill"});
    CHECK(table.exit_code == 0);
    CHECK(table.out.find("order ") != std::string::npos);
    CHECK(table.out.find("approved") != std::string::npos);
}

TEST_CASE("a history that cannot be read is an error of its own", "[cli][replay]") {
    const AgentHome home;
    CHECK(home.refused({"replay", "why", "1", "--fixture", home.path("none")}, 7) == "CONFIG_INVALID");
    CHECK(home.refused({"replay", "why", "1", "--file", "a", "--fixture", "b"}, 7) == "CONFIG_INVALID");
    CHECK(home.run({"replay", "why", "1", "--at", "5"}).exit_code == 2);
}

TEST_CASE("a fixture recorded from the live log or an export replays without difference", "[cli][replay]") {
    const FilledHome filled;
    const std::string second = preview(filled.home, "5", "150");
    (void)submit(filled.home, approve(filled.home, second), "second");
    CHECK(filled.home.refused({"orders", "submit", "--account", "DU1234567", "--approval-id",
                               filled.approval_id, "--idempotency-key", "k2", "--enable-paper"},
                              1) == "APPROVAL_CONSUMED");
    const std::string folder = filled.home.path("incident");
    const Json recorded =
        filled.home.get({"replay", "record", "--workflow", filled.approval_id, "--out", folder});
    CHECK(recorded.at("workflows").size() == 3);
    const Json replayed = filled.home.get({"replay", "--fixture", folder});
    CHECK(replayed.at("difference_count") == 0);
    CHECK(replayed.at("events_replayed") == recorded.at("events"));
    CHECK(replayed.at("decisions_replayed") > 8);
    CHECK(filled.home.read("incident/events.jsonl").find("local-user") == std::string::npos);
    CHECK(filled.home.read("incident/README.md").find(filled.approval_id) != std::string::npos);

    (void)filled.home.get({"replay", "record", "--workflow", filled.preview_id, "--out",
                           filled.home.path("of-export"), "--file", filled.file});
    CHECK(filled.home.get({"replay", "--fixture", filled.home.path("of-export")}).at("difference_count") ==
          0);

    CHECK(filled.home.refused({"replay", "record", "--workflow", filled.approval_id, "--out", folder}, 7) ==
          "CONFIG_INVALID");
    CHECK(filled.home.refused({"replay", "record", "--workflow", "nobody", "--out", filled.home.path("no")},
                              1) == "ORDER_VALIDATION_FAILED");
    CHECK(filled.home.run({"replay", "record", "--workflow", filled.approval_id}).exit_code == 2);
}

TEST_CASE("a fixture is recorded over a rotation of the key, without what other accounts asked",
          "[cli][replay]") {
    const AgentHome home;
    const std::string previewed = preview(home, "5", "205");
    CHECK(home.refused({"orders", "preview", "--account", "U1234567", "--symbol", "AAPL", "--side", "buy",
                        "--quantity", "5", "--limit-price", "205", "--enable-preview"},
                       1) == "ORDER_POLICY_REFUSED");
    (void)home.get({"audit", "rotate-key"});
    const std::string approval = approve(home, previewed);
    (void)home.get({"audit", "rotate-key"});
    (void)submit(home, approval, "k");
    const std::string folder = home.path("incident");
    (void)home.get({"replay", "record", "--workflow", approval, "--out", folder});
    const Json replayed = home.get({"replay", "--fixture", folder});
    CHECK(replayed.at("difference_count") == 0);
    CHECK(replayed.at("decisions_replayed") > 4);
    const std::string events = home.read("incident/events.jsonl");
    CHECK(events.find("order_execution_recorded") != std::string::npos);
    CHECK(events.find("ORDER_ACCOUNT_MODE_REFUSED") == std::string::npos);
    CHECK(events.find("audit_key_") == std::string::npos);
}

TEST_CASE("a changed expectation is a divergence with what was expected and what came", "[cli][replay]") {
    const FilledHome filled;
    const std::string folder = filled.home.path("incident");
    (void)filled.home.get({"replay", "record", "--workflow", filled.approval_id, "--out", folder});
    std::string expected = filled.home.read("incident/expected.json");
    const auto at = expected.find("approval_reserved");
    REQUIRE(at != std::string::npos);
    filled.home.write("incident/expected.json", expected.replace(at, 17, "approval_released"));
    const Ran json = filled.home.run({"replay", "--fixture", folder, "--json"});
    CHECK(json.exit_code == 2);
    CHECK(json.code() == "REPLAY_DIVERGED");
    const Json difference = json.out_json().at("differences").at(0);
    CHECK(difference.at("sequence") > 0);
    CHECK(difference.at("expected").get<std::string>().find("approval_released") != std::string::npos);
    CHECK(difference.at("got").get<std::string>().find("approval_reserved") != std::string::npos);
    const Ran text = filled.home.run({"replay", "--fixture", folder});
    CHECK(text.out.find("1 difference") != std::string::npos);
    CHECK(text.out.find("expected  ") != std::string::npos);
}

TEST_CASE("an incident report is filled from a fixture, an export and the log", "[cli][replay]") {
    const FilledHome filled;
    const Json of_log =
        filled.both({"incident", "report", "--workflow", filled.approval_id, "--id", "INC-1"});
    CHECK(of_log.at("incident_id") == "INC-1");
    CHECK(of_log.at("approval_ids").at(0) == filled.approval_id);
    CHECK(of_log.at("idempotency_keys").at(0) == "k");
    CHECK(of_log.at("difference_count") == 0);
    CHECK(of_log.at("decisions").size() >= 4);
    const std::string folder = fixtures + "lost-answer-filled";
    const Json of_fixture = filled.home.get({"incident", "report", "--fixture", folder});
    CHECK(of_fixture.at("incident_id") == "lost-answer-filled");
    CHECK(of_fixture.at("fixture") == folder);
    CHECK(filled.home.refused({"incident", "report"}, 7) == "CONFIG_INVALID");
    CHECK(filled.home.refused({"incident", "report", "--workflow", "nobody"}, 1) ==
          "ORDER_VALIDATION_FAILED");
}

TEST_CASE("a report of a recorded fixture tells its own incident unless asked for another", "[cli][replay]") {
    const FilledHome filled;
    const std::string second_approval = approve(filled.home, preview(filled.home, "5", "150"));
    (void)submit(filled.home, second_approval, "second");
    CHECK(filled.home.refused({"orders", "submit", "--account", "DU1234567", "--approval-id",
                               filled.approval_id, "--idempotency-key", "k2", "--enable-paper"},
                              1) == "APPROVAL_CONSUMED");
    const std::string folder = filled.home.path("incident");
    (void)filled.home.get({"replay", "record", "--workflow", filled.approval_id, "--out", folder});
    const Json own = filled.home.get({"incident", "report", "--fixture", folder});
    CHECK(own.at("incident_id") == "incident");
    CHECK(own.at("approval_ids") == Json::array({filled.approval_id}));
    CHECK(own.at("idempotency_keys").size() == 2);
    const Json other =
        filled.home.get({"incident", "report", "--fixture", folder, "--workflow", second_approval});
    CHECK(other.at("approval_ids") == Json::array({second_approval}));
    std::filesystem::remove(folder + "/incident.json");
    const Json whole = filled.home.get({"incident", "report", "--fixture", folder});
    CHECK(whole.at("approval_ids").size() == 2);
    CHECK(whole.at("idempotency_keys").size() == 3);
    CHECK(whole.at("decisions").size() > own.at("decisions").size());
}

TEST_CASE("a fixture that cannot be written leaves nothing behind", "[cli][replay]") {
    const FilledHome filled;
    filled.home.write("note", "a file");
    const auto record_to = [&](const std::string& folder) {
        return filled.home.run(
            {"replay", "record", "--workflow", filled.approval_id, "--out", folder, "--json"});
    };
    const Ran below_file = record_to(filled.home.path("note/incident"));
    CHECK(below_file.exit_code != 0);
    CHECK(below_file.err_json().at("message").get<std::string>().find("no fixture was made") == 0);
    CHECK(below_file.err_json().at("user_action").get<std::string>().find("--out") != std::string::npos);

    const Ran too_long = record_to(filled.home.path("new/folder/" + std::string(300, 'x')));
    CHECK(too_long.exit_code != 0);
    CHECK_FALSE(std::filesystem::exists(filled.home.path("new")));

    const Ran empty = record_to("");
    CHECK(empty.exit_code == 2);
    CHECK(empty.err.find("--out") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists("/events.jsonl"));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(filled.home.folder()))
        CHECK(entry.path().filename().string().find("unfinished") == std::string::npos);
}

TEST_CASE("a review's texts must be UTF-8", "[cli][replay]") {
    const AgentHome home;
    for (const char* option : {"--id", "--root-cause", "--follow-ups"}) {
        const Ran ran = home.run(
            {"incident", "report", "--fixture", fixtures + "clean-fill", option, "caf\xe9", "--json"});
        INFO(option << ran.err);
        CHECK(ran.exit_code == 7);
        CHECK(ran.code() == "CONFIG_INVALID");
        CHECK(ran.err_json().at("message").get<std::string>().find(option) == 0);
    }
    const Json report =
        home.get({"incident", "report", "--fixture", fixtures + "clean-fill", "--root-cause", "caf\xc3\xa9"});
    CHECK(report.at("root_cause") == "caf\xc3\xa9");
}

TEST_CASE("a moment beyond the end of a history is refused, and says where it ends", "[cli][replay]") {
    const FilledHome filled;
    const Ran beyond =
        filled.home.run({"replay", "--at", std::to_string(filled.last + 1), "--file", filled.file, "--json"});
    CHECK(beyond.exit_code == 2);
    CHECK(beyond.code() == "INPUT_INVALID_TIME_RANGE");
    CHECK(beyond.err_json().at("message").get<std::string>().find(std::to_string(filled.last)) !=
          std::string::npos);
    const Ran later = filled.home.run({"replay", "--at", "2199-01-01T00:00:00Z", "--file", filled.file});
    CHECK(later.exit_code == 0);
    CHECK(later.err.find("the history ends at event " + std::to_string(filled.last)) == 0);
    CHECK(filled.home.get({"replay", "--at", std::to_string(filled.last), "--file", filled.file})
              .at("sequence_id") == filled.last);
}

TEST_CASE("keys without the export they are for are refused", "[cli][replay]") {
    const FilledHome filled;
    (void)filled.home.get({"audit", "keys", "export", "--output", filled.home.path("keyring")});
    const std::vector<std::string> keys = {"--keyring", filled.home.path("keyring")};
    const auto with_keys = [&](std::vector<std::string> words) {
        words.insert(words.end(), keys.begin(), keys.end());
        return words;
    };
    CHECK(filled.home.refused(with_keys({"replay"}), 7) == "CONFIG_INVALID");
    CHECK(filled.home.refused(with_keys({"replay", "--fixture", fixtures + "clean-fill"}), 7) ==
          "CONFIG_INVALID");
    CHECK(filled.home.refused(with_keys({"incident", "report", "--fixture", fixtures + "clean-fill"}), 7) ==
          "CONFIG_INVALID");
    CHECK(filled.home.get(with_keys({"replay", "--file", filled.file})).at("difference_count") == 0);
}

TEST_CASE("nothing is recorded of an edited fixture, or without the configured account ids",
          "[cli][replay]") {
    const FilledHome filled;
    const std::string folder = filled.home.path("incident");
    (void)filled.home.get({"replay", "record", "--workflow", filled.approval_id, "--out", folder});
    const std::vector<std::string> again = {"replay", "record",     "--workflow", filled.approval_id,
                                            "--out",  folder + "2", "--fixture",  folder};
    std::vector<std::string> unreadable = again;
    filled.home.write("config.yaml", "log: [");
    unreadable.insert(unreadable.end(), {"--config", filled.home.path("config.yaml")});
    CHECK(filled.home.refused(unreadable, 7) == "CONFIG_INVALID");

    const std::string expected = filled.home.read("incident/expected.json");
    std::string edited = expected;
    edited.replace(edited.find("approval_reserved"), 17, "approval_released");
    filled.home.write("incident/expected.json", edited);
    CHECK(filled.home.refused(again, 2) == "REPLAY_DIVERGED");
    CHECK_FALSE(std::filesystem::exists(folder + "2"));
    filled.home.write("incident/expected.json", expected);
    CHECK(filled.home.get(again).at("events") > 0);
}

TEST_CASE("a log that is held, or was resumed after a loss, says so in every replay", "[cli][replay]") {
    AgentHome home;
    const std::string approval = approve(home, preview(home, "5", "205"));
    const std::string log = home.path("home/data/log");
    std::filesystem::copy(log, home.path("older"), std::filesystem::copy_options::recursive);
    (void)submit(home, approval, "lost");
    std::filesystem::remove_all(log);
    std::filesystem::copy(home.path("older"), log, std::filesystem::copy_options::recursive);

    const std::vector<std::vector<std::string>> all = {{"replay"},
                                                       {"replay", "--at", "5"},
                                                       {"incident", "report", "--workflow", approval},
                                                       {"replay", "diff", "1", "5"},
                                                       {"replay", "why", "5"},
                                                       {"replay", "timeline", approval}};
    for (const auto& words : all) {
        INFO(words.back());
        CHECK(home.run(words).out.find("the log is held: the anchor") != std::string::npos);
        CHECK(home.get(words).at("held").get<std::string>().find("had reached event") != std::string::npos);
    }
    const auto record = [&](const char* folder) {
        return std::vector<std::string>{"replay", "record", "--workflow",
                                        approval, "--out",  home.path(folder)};
    };
    CHECK(home.run(record("said")).out.find("the log is held: the anchor") != std::string::npos);
    CHECK(home.get(record("told")).contains("held"));
    (void)home.get({"engine", "resume", "--reason", "an older copy was put back"});
    for (const auto& words : {all[0], all[2]}) {
        INFO(words.back());
        const std::string out = home.run(words).out;
        CHECK(out.find("the log is held") == std::string::npos);
        CHECK(out.find("the log was resumed after a loss at event ") != std::string::npos);
        const Json payload = home.get(words);
        CHECK_FALSE(payload.contains("held"));
        CHECK(payload.at("resumptions").at(0).at("events_lost") > 0);
    }
    CHECK(home.run({"replay", "--at", "5"}).out.find("resumed") == std::string::npos);
}
