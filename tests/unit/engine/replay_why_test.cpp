#include <algorithm>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/replay/why.hpp"
#include "tests/support/engine_rig.hpp"

using namespace ibkr;
using namespace ibkr::engine;
using ibkr::testing::EngineRig;
using ibkr::testing::member;

namespace {

events::WorkflowId filled_order(EngineRig& rig) {
    rig.broker.fill_buys_at_or_above(events::Price(events::Decimal::whole(195)));
    const auto preview = rig.preview("5", "200");
    REQUIRE(preview);
    const auto approval = rig.approve(events::WorkflowId(member(preview->payload, "preview_id")));
    REQUIRE(approval);
    const events::WorkflowId id(member(approval->payload, "approval_id"));
    rig.clock.advance_ms(2000);  // so that the position is read anew
    REQUIRE(rig.submit(id, "first"));
    return id;
}

std::vector<std::string> shown(const Why& why) {
    std::vector<std::string> all;
    for (const WhyStep& step : why.chain)
        all.push_back(step.role + " " + step.line.event_type);
    return all;
}

Why why_head(const EngineRig& rig) {
    auto found = why(rig.log, {rig.log.head().sequence, {}});
    REQUIRE(found);
    return std::move(*found);
}

}  // namespace

TEST_CASE("a fill rests on its intent, approval, preview and policies, oldest first", "[why]") {
    EngineRig rig;
    static_cast<void>(filled_order(rig));
    const Why found = why_head(rig);
    CHECK(shown(found) ==
          std::vector<std::string>{"policy policy_loaded", "policy policy_loaded",
                                   "decision order_intent_received", "risk check order_risk_checked",
                                   "preview order_preview_created", "approval paper_approval_recorded",
                                   "decision position_recorded", "risk check order_risk_checked",
                                   "intent order_submit_intended", "order paper_order_submitted",
                                   "event order_execution_recorded"});
    CHECK(std::ranges::is_sorted(found.chain, {}, [](const WhyStep& s) { return s.line.sequence_id; }));
    for (const WhyStep& step : found.chain)
        CHECK_FALSE(step.line.words.empty());
    CHECK_FALSE(found.older_left_off);

    const auto by_id = why(rig.log, {std::nullopt, found.event_id});
    REQUIRE(by_id);
    CHECK(why_payload(*by_id) == why_payload(found));
}

TEST_CASE("a refusal rests on what used the approval up", "[why]") {
    EngineRig rig;
    const auto approval = filled_order(rig);
    REQUIRE_FALSE(rig.submit(approval, "second"));
    const auto all = shown(why_head(rig));
    CHECK(all.back() == "event tool_refused");
    CHECK(std::ranges::count(all, "approval approval_consumed") == 1);
    CHECK(std::ranges::count(all, "intent order_submit_intended") == 1);
    CHECK(std::ranges::count(all, "approval paper_approval_recorded") == 1);
    CHECK(all.front() == "policy policy_loaded");
}

TEST_CASE("an answer from a bound key rests on the intent that bound it", "[why]") {
    EngineRig rig;
    const auto approval = filled_order(rig);
    REQUIRE(rig.submit(approval, "first"));
    const auto all = shown(why_head(rig));
    CHECK(all.back() == "event tool_completed");
    CHECK(std::ranges::count(all, "key order_submit_intended") == 1);
}

TEST_CASE("a decision's first event carries what it was decided from", "[why]") {
    EngineRig rig;
    REQUIRE_FALSE(rig.preview("400", "199.5"));
    const Why found = why_head(rig);
    CHECK(found.chain.back().line.decision == "refuse");
    CHECK(found.chain.back().line.error_code == "ORDER_POLICY_REFUSED");
    const auto payload = nlohmann::json::parse(why_payload(found));
    const auto root = std::ranges::find_if(payload.at("chain"), [](const auto& step) {
        return step.at("event_type") == "order_intent_received";
    });
    REQUIRE(root != payload.at("chain").end());
    CHECK(root->at("decided_from").at("command").at("quantity") == "400");
    CHECK(root->at("decided_from").at("facts").contains("market"));
}

TEST_CASE("what is not in the history is an input error, and the log's first event rests on nothing",
          "[why]") {
    EngineRig rig;
    const auto head = rig.log.head().sequence;
    const auto code = [&](const EventName& name) {
        const auto found = why(rig.log, name);
        REQUIRE_FALSE(found);
        return found.error().code;
    };
    CHECK(code({head.next(), {}}) == events::ErrorCode::order_validation_failed);
    CHECK(code({std::nullopt, events::EventId("nobody")}) == events::ErrorCode::order_validation_failed);
    CHECK(code({std::nullopt, {}}) == events::ErrorCode::order_validation_failed);
    const auto first = why(rig.log, {events::SequenceId(1), {}});
    REQUIRE(first);
    CHECK(shown(*first) == std::vector<std::string>{"event log_created"});
}
