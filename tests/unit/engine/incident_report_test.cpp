#include "engine/replay/incident/incident_report.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "engine/replay/fixture.hpp"
#include "tests/support/engine_rig.hpp"

using namespace ibkr;
using namespace ibkr::engine;
using ibkr::testing::EngineRig;
using ibkr::testing::member;

namespace {

const std::string fixtures = std::string(IBKR_SOURCE_DIR) + "/replay-fixtures/";

IncidentReport of_fixture(const std::string& name) {
    const auto log = open_fixture(fixtures + name);
    REQUIRE(log);
    auto expected = expected_of(fixtures + name);
    REQUIRE(expected);
    auto report = incident_report(**log, std::nullopt, *expected);
    REQUIRE(report);
    return std::move(*report);
}

}  // namespace

TEST_CASE("a report of a fixture has every member of the template", "[replay][incident]") {
    const IncidentReport report = of_fixture("approval-reuse");
    CHECK(events::to_text(report.from) == "2026-01-05T15:00:00.000Z");
    CHECK(report.to > report.from);
    CHECK(report.tools.texts() ==
          std::vector<std::string>{"ibkr_order_preview", "ibkr_approval_create", "ibkr_paper_order_submit"});
    CHECK(report.events.front().event_type == "order_intent_received");
    CHECK(report.request_ids.texts() == std::vector<std::string>{"request-test"});
    CHECK(report.account_id_hashes.texts().size() == 1);
    CHECK(report.approval_ids.texts().size() == 1);
    CHECK(report.idempotency_keys.texts() ==
          std::vector<std::string>{"approval-reuse-1", "approval-reuse-2"});
    CHECK(report.error_codes.texts() == std::vector<std::string>{"APPROVAL_CONSUMED"});
    CHECK(report.kill_switch_before == "closed");
    CHECK(report.kill_switch_after == "closed");
    CHECK(report.difference_count == 0);
    const auto refused = std::ranges::find_if(report.decisions, [](const IncidentDecision& decision) {
        return decision.expected == "refuse: tool_refused APPROVAL_CONSUMED";
    });
    REQUIRE(refused != report.decisions.end());
    CHECK(refused->actual == refused->expected);
}

TEST_CASE("a list of a report holds each text once, and counts those beyond its limit",
          "[replay][incident]") {
    IncidentList list;
    for (int round = 0; round < 2; ++round)
        for (std::size_t i = 0; i < incident_list_max + 50; ++i)
            list.add("request-" + std::to_string(i));
    list.add("");
    CHECK(list.texts().size() == incident_list_max);
    CHECK(list.texts().front() == "request-0");
    CHECK(list.texts().back() == "request-" + std::to_string(incident_list_max - 1));
    CHECK(list.left_off() == 50);
    IncidentReport report;
    report.request_ids = list;
    const std::string payload = incident_payload(report);
    CHECK(payload.find(R"("request_ids_left_off":50)") != std::string::npos);
    CHECK(payload.find(R"("approval_ids_left_off":0)") != std::string::npos);
}

TEST_CASE("a report names the reasons of a refusal", "[replay][incident]") {
    const auto codes = of_fixture("refused-preview").error_codes.texts();
    for (const char* code : {"ORDER_POLICY_REFUSED", "ORDER_QUANTITY_LIMIT_REFUSED"})
        CHECK(std::ranges::count(codes, code) == 1);
}

TEST_CASE("a report of a log tells one workflow's incident, and the kill switch around it",
          "[replay][incident]") {
    EngineRig rig;
    const auto other = rig.preview("1", "200");
    REQUIRE(other);
    REQUIRE(rig.gateway().kill_switch_set(rig.context("ibkr_kill_switch"), true, "drill"));
    const auto preview = rig.preview("5", "200");
    REQUIRE(preview);
    const events::WorkflowId id(member(preview->payload, "preview_id"));
    REQUIRE(rig.gateway().kill_switch_set(rig.context("ibkr_kill_switch"), false, "over"));
    REQUIRE(rig.approve(id));
    const auto report = incident_report(rig.log, id, std::nullopt);
    REQUIRE(report);
    CHECK(report->kill_switch_before == "open");
    CHECK(report->kill_switch_after == "closed");
    CHECK(report->decisions.size() == 2);
    for (const EventLine& event : report->events)
        CHECK(event.workflow_id.text() != member(other->payload, "preview_id"));
}

TEST_CASE("what an expectation and the decision made again part on stands in the report",
          "[replay][incident]") {
    const auto log = open_fixture(fixtures + "approval-reuse");
    REQUIRE(log);
    auto expected = expected_of(fixtures + "approval-reuse");
    REQUIRE(expected);
    expected->back().decision = "deny";
    const auto report = incident_report(**log, std::nullopt, *expected);
    REQUIRE(report);
    CHECK(report->difference_count == 1);
    CHECK(report->differences.front().sequence_id == expected->back().sequence_id);
    CHECK(report->decisions.back().expected != report->decisions.back().actual);
}
