#include "events/catalogue.hpp"

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "events/event_codec.hpp"
#include "tests/unit/events/event_samples.hpp"

using namespace ibkr::events;
using ibkr::test::event_of_type;
using ibkr::test::Fixed;
using Json = nlohmann::json;

namespace {

const std::string golden_path = std::string(IBKR_SOURCE_DIR) + "/tests/unit/events/golden_events.jsonl";

std::vector<std::string> golden_lines() {
    std::ifstream file(golden_path, std::ios::binary);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
        lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("numbers and names of event types stand for ever", "[events][catalogue]") {
    const std::map<int, std::string> settled{
        {1, "log_created"},
        {2, "log_tail_discarded"},
        {3, "log_resumed"},
        {4, "audit_key_retired"},
        {5, "audit_key_activated"},
        {6, "policy_loaded"},
        {7, "anchor_rewritten"},
        {11, "tool_completed"},
        {12, "tool_failed"},
        {13, "tool_refused"},
        {14, "tool_denied_scope"},
        {15, "backend_session_checked"},
        {16, "backend_session_changed"},
        {20, "order_intent_received"},
        {21, "order_risk_checked"},
        {22, "order_preview_created"},
        {23, "order_preview_refused"},
        {24, "order_preview_expired"},
        {30, "paper_approval_recorded"},
        {31, "live_approval_recorded"},
        {32, "approval_granted"},
        {33, "approval_denied"},
        {34, "approval_revoked"},
        {35, "approval_expired"},
        {36, "approval_reserved"},
        {37, "approval_released"},
        {38, "approval_consumed"},
        {40, "order_submit_intended"},
        {41, "order_send_started"},
        {42, "paper_order_submitted"},
        {43, "order_cancel_intended"},
        {44, "paper_order_cancelled"},
        {45, "order_modify_intended"},
        {46, "paper_order_modified"},
        {47, "paper_order_lifecycle_changed"},
        {48, "order_execution_recorded"},
        {50, "position_recorded"},
        {60, "kill_switch_opened"},
        {61, "kill_switch_closed"},
    };
    std::map<int, std::string> found;
    for (const EventDescriptor& row : event_catalogue())
        found.emplace(row.number, row.name);
    CHECK(found == settled);
}

TEST_CASE("each body finds its own row", "[events][catalogue]") {
    for (std::size_t i = 0; i < event_catalogue().size(); ++i) {
        const EventDescriptor& row = event_catalogue()[i];
        CHECK(&descriptor(ibkr::test::empty_body(i)) == &row);
        CHECK(find_descriptor(row.number) == &row);
        CHECK(find_descriptor(row.name) == &row);
    }
    CHECK(descriptor(Body(PaperOrderSubmitted{})).name == "paper_order_submitted");
    CHECK(descriptor(Body(PaperOrderCancelled{})).name == "paper_order_cancelled");
    CHECK(descriptor(Body(PaperOrderModified{})).name == "paper_order_modified");
    CHECK(descriptor(Body(OrderSendStarted{})).name == "order_send_started");
    CHECK(descriptor(Body(OrderCancelIntended{})).name == "order_cancel_intended");
    CHECK(descriptor(Body(ApprovalReserved{})).name == "approval_reserved");
    CHECK(descriptor(Body(KillSwitchOpened{})).name == "kill_switch_opened");
    CHECK(descriptor(Body(LiveApprovalRecorded{})).name == "live_approval_recorded");
    CHECK(find_descriptor(std::uint16_t{0}) == nullptr);
    CHECK(find_descriptor("no_such_event") == nullptr);
}

TEST_CASE("trading facts are kept longer than calls", "[events][catalogue]") {
    CHECK(find_descriptor("order_submit_intended")->retention == Retention::trading);
    CHECK(find_descriptor("tool_completed")->retention == Retention::audit);
}

TEST_CASE("a claimed state is the body's own member", "[events][catalogue]") {
    for (std::size_t i = 0; i < event_catalogue().size(); ++i) {
        INFO(event_catalogue()[i].name);
        Event event = event_of_type<Fixed>(i);
        claim_state(event.body, "claimed-here");
        const Json body = Json::parse(encode_event(event).value()).at("body");
        CHECK(body.value("state", "") == claimed_state(event.body));
        CHECK(claimed_state(event.body) == (body.contains("state") ? "claimed-here" : ""));
    }
    Body body = ToolCompleted{};
    claim_state(body, "x");
    CHECK(claimed_state(body).empty());
}

/// The corpus only grows: a line that was written once is read and, while its version is the newest, written
/// again with the same bytes for ever.
TEST_CASE("golden events keep their bytes", "[events][golden]") {
    std::set<std::string_view> newest;
    for (const std::string& line : golden_lines()) {
        const Json json = Json::parse(line);
        const EventDescriptor* type = find_descriptor(json.at("event_type").get<std::string>());
        INFO(line);
        REQUIRE(type != nullptr);
        const auto event = decode_event(type->number, line);
        REQUIRE(event.has_value());
        if (json.at("version") != type->version) continue;
        newest.insert(type->name);
        CHECK(encode_event(*event).value() == line);
        const auto row = static_cast<std::size_t>(type - event_catalogue().data());
        CHECK(encode_event(event_of_type<Fixed>(row)).value() == line);
    }
    std::ofstream grow;
    if (std::getenv("IBKR_ADD_GOLDEN_EVENTS") != nullptr) grow.open(golden_path, std::ios::app);
    for (std::size_t row = 0; row < event_catalogue().size(); ++row) {
        if (newest.contains(event_catalogue()[row].name)) continue;
        INFO("run with IBKR_ADD_GOLDEN_EVENTS=1 once to add the first golden event of a new type or version");
        CHECK(event_catalogue()[row].name == "in the golden corpus");
        if (grow.is_open()) grow << encode_event(event_of_type<Fixed>(row)).value() << '\n';
    }
}

TEST_CASE("the page of events names every type and every envelope member", "[events][catalogue]") {
    const std::string page = event_catalogue_markdown();
    for (const EventDescriptor& row : event_catalogue())
        CHECK_THAT(page, Catch::Contains("### " + std::string(row.name) + "\n"));
    const Json event = Json::parse(encode_event(event_of_type<Fixed>(0)).value());
    for (const auto& item : event.items())
        CHECK_THAT(page, Catch::Contains("| `" + item.key() + "` |"));
}
