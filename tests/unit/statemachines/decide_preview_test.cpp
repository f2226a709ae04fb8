#include <catch2/catch.hpp>

#include "statemachines/hashing.hpp"
#include "tests/unit/statemachines/decide_world.hpp"

using namespace ibkr::tests;
using Names = std::vector<std::string>;

TEST_CASE("a preview within policy is created with hash, cost and expiry", "[decide][preview]") {
    World world;
    const auto decided = world.run(world.preview_command());
    REQUIRE_FALSE(decided.refusal);
    CHECK(event_names(decided) ==
          Names{"order_intent_received", "order_risk_checked", "order_preview_created"});
    CHECK(decided.effects.empty());
    const auto* created = body<ev::OrderPreviewCreated>(decided);
    REQUIRE(created != nullptr);
    CHECK(created->estimated_cost == money("1900"));
    CHECK(created->expires_at == at(300'000));
    CHECK(created->order_hash == sm::order_hash(paper_account, ev::Environment::paper, limit_terms()));
    const auto& record = world.previews.at(decided.subject);
    CHECK(record.state == "created");
    CHECK(record.position == 3);
    CHECK(record.terms == limit_terms());
    CHECK(record.requested_by == "agent");
}

TEST_CASE("a preview against policy is refused with every reason", "[decide][preview]") {
    World world;
    world.policy.risk_policy->max_quantity = quantity("1");
    world.policy.risk_policy->max_notional = money("1");
    const auto decided = world.run(world.preview_command());
    CHECK(refusal_code(decided) == "ORDER_POLICY_REFUSED");
    CHECK_FALSE(decided.refusal->retryable);
    const Names codes{"ORDER_QUANTITY_LIMIT_REFUSED", "ORDER_NOTIONAL_LIMIT_REFUSED"};
    CHECK(reason_codes(decided.refusal->reasons) == codes);
    CHECK(event_names(decided) ==
          Names{"order_intent_received", "order_risk_checked", "order_preview_refused"});
    CHECK(decided.events.back().error_code == "ORDER_POLICY_REFUSED");
    CHECK(reason_codes(body<ev::OrderPreviewRefused>(decided)->reasons) == codes);
    CHECK(world.previews.at(decided.subject).state == "refused");
}

TEST_CASE("previews are switched on by the config or by the call", "[decide][preview]") {
    World world;
    world.policy.settings.preview_enabled = false;
    CHECK_FALSE(world.run(world.preview_command()).refusal);
    world.enable_preview = false;
    require_refused(world.run(world.preview_command()), "ORDER_PREVIEW_DISABLED");
    world.policy.settings.preview_enabled = true;
    CHECK_FALSE(world.run(world.preview_command()).refusal);
}

TEST_CASE("a preview without its policy, with a long rationale or another currency is refused",
          "[decide][preview]") {
    World world;
    auto command = world.preview_command();
    SECTION("no policy") {
        world.policy.risk_policy.reset();
        require_refused(world.run(command), "CONFIG_INVALID");
    }
    SECTION("rationale") {
        command.rationale = std::string(500, 'x');
        CHECK_FALSE(world.run(command).refusal);
        command.rationale += 'x';
        require_refused(world.run(command), "ORDER_VALIDATION_FAILED");
    }
    SECTION("currency") {
        command.currency = currency("EUR");
        require_refused(world.run(command), "ORDER_VALIDATION_FAILED");
    }
    CHECK(world.previews.size() <= 1);
}

TEST_CASE("environment and account mode must agree, whatever the policy allows", "[decide][preview]") {
    World world;
    world.policy.risk_policy->allowed_account_modes = {ev::AccountMode::paper, ev::AccountMode::live,
                                                       ev::AccountMode::unknown};
    auto command = world.preview_command();
    const Names mode{"ORDER_ACCOUNT_MODE_REFUSED"};
    world.market.account_mode = ev::AccountMode::live;
    CHECK(reason_codes(world.run(command).refusal->reasons) == mode);
    world.market.account_mode = ev::AccountMode::unknown;
    CHECK(reason_codes(world.run(command).refusal->reasons) == mode);
    world.market.account_mode = ev::AccountMode::paper;
    command.environment = ev::Environment::live;
    CHECK(reason_codes(world.run(command).refusal->reasons) == mode);
    world.market.account_mode = ev::AccountMode::live;
    CHECK_FALSE(world.run(command).refusal);
}

TEST_CASE("a newer position becomes the base, an older one does not", "[decide][preview]") {
    World world;
    world.market.position = ev::PositionFact{apple().contract_id, quantity("3"), at(-60'000)};
    CHECK(body<ev::PositionRecorded>(world.run(world.preview_command())) == nullptr);
    world.market.position->as_of = at(-59'999);
    const auto decided = world.run(world.preview_command());
    REQUIRE(body<ev::PositionRecorded>(decided) != nullptr);
    CHECK(body<ev::PositionRecorded>(decided)->position.quantity == quantity("3"));
}

TEST_CASE("a replacement preview does not count the order it replaces twice", "[decide][preview]") {
    World world;
    world.working("B1");
    world.exposure.open_buys = quantity("10");
    world.policy.risk_policy->max_position_notional = money("2280");
    auto command = world.preview_command();
    command.quantity = quantity("12");
    CHECK(refusal_code(world.run(command)) == "ORDER_POLICY_REFUSED");
    command.replaces = ev::BrokerOrderId("B1");
    const auto decided = world.run(command);
    REQUIRE_FALSE(decided.refusal);
    CHECK(world.previews.at(decided.subject).replaces == ev::BrokerOrderId("B1"));
    command.side = ev::Side::sell;
    require_refused(world.run(command), "ORDER_VALIDATION_FAILED");
}
