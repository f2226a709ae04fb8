#include <catch2/catch.hpp>

#include "statemachines/command_codec.hpp"
#include "tests/unit/statemachines/decide_world.hpp"

using namespace ibkr::tests;
using Names = std::vector<std::string>;

TEST_CASE("the kill switch needs an operator and a reason, and may be repeated", "[decide][gateway]") {
    World world;
    CHECK(world.kill_switch.state == "closed");
    require_refused(world.run(sm::SetKillSwitch{true, "start"}), "OPERATOR_REQUIRED");
    require_refused(world.run(sm::SetKillSwitch{false, "stop"}), "OPERATOR_REQUIRED");
    world.is_operator = true;
    require_refused(world.run(sm::SetKillSwitch{true, " \t"}), "ORDER_VALIDATION_FAILED");
    require_refused(world.run(sm::SetKillSwitch{true, std::string(501, 'x')}), "ORDER_VALIDATION_FAILED");
    CHECK(event_names(world.run(sm::SetKillSwitch{true, "start"})) == Names{"kill_switch_opened"});
    CHECK(world.kill_switch.state == "open");
    CHECK(world.kill_switch.reason == "start");
    CHECK(event_names(world.run(sm::SetKillSwitch{true, "again"})) == Names{"tool_completed"});
    CHECK(event_names(world.run(sm::SetKillSwitch{false, "stop"})) == Names{"kill_switch_closed"});
    CHECK(world.kill_switch.state == "closed");
}

TEST_CASE("every look at the session is recorded, a change besides", "[decide][gateway]") {
    World world;
    const auto first = world.run(sm::ObserveSession{"simulated_venue", "usable"});
    CHECK(event_names(first) == Names{"backend_session_checked", "backend_session_changed"});
    CHECK(body<ev::BackendSessionChanged>(first)->previous_state == "unavailable");
    CHECK(world.session.state == "usable");
    CHECK(event_names(world.run(sm::ObserveSession{"simulated_venue", "usable"})) ==
          Names{"backend_session_checked"});
    const auto odd = world.run(sm::ObserveSession{"simulated_venue", "a word nobody knows"});
    CHECK(body<ev::BackendSessionChecked>(odd)->observed == "unavailable");
    CHECK(world.session.state == "unavailable");
}

TEST_CASE("a policy enters the log when its content changes", "[decide][gateway]") {
    World world;
    sm::RiskPolicy policy;
    const auto load = [&] { return sm::LoadPolicy{"risk_policy", policy.name, sm::policy_json(policy)}; };
    const auto first = world.run(load());
    CHECK(event_names(first) == Names{"policy_loaded"});
    CHECK(body<ev::PolicyLoaded>(first)->content_hash == sm::content_hash(sm::policy_json(policy)));
    CHECK(world.run(load()).events.empty());
    policy.max_quantity = quantity("5");
    CHECK(event_names(world.run(load())) == Names{"policy_loaded"});
}

TEST_CASE("a policy that cannot be read is refused", "[decide][gateway]") {
    World world;
    require_refused(world.run(sm::LoadPolicy{"risk_policy", "x", {"{}"}}), "CONFIG_INVALID");
    require_refused(world.run(sm::LoadPolicy{"weather", "x", {"{}"}}), "CONFIG_INVALID");
    sm::GatewaySettings settings;
    settings.preview_expiration_seconds = 3601;
    require_refused(world.run(sm::LoadPolicy{"gateway_settings", "x", sm::policy_json(settings)}),
                    "CONFIG_INVALID");
}

TEST_CASE("a call is recorded as what it was", "[decide][gateway]") {
    World world;
    sm::RecordCall call;
    call.arguments = {R"({"account":"h"})"};
    const auto recorded = [&](ev::ResultStatus status) {
        call.status = status;
        const auto decided = world.run(call);
        REQUIRE(decided.events.size() == 1);
        CHECK(decided.events[0].result_status == status);
        return std::pair(event_names(decided)[0], decided.events[0].decision);
    };
    CHECK(recorded(ev::ResultStatus::completed) ==
          std::pair(std::string("tool_completed"), ev::Decision::allow));
    CHECK(recorded(ev::ResultStatus::failed) == std::pair(std::string("tool_failed"), ev::Decision::allow));
    CHECK(recorded(ev::ResultStatus::refused) ==
          std::pair(std::string("tool_refused"), ev::Decision::refuse));
    CHECK(recorded(ev::ResultStatus::denied_scope) ==
          std::pair(std::string("tool_denied_scope"), ev::Decision::deny));
}
