// Every pair of every machine has an outcome, and nothing that a step may do breaks what the machines
// promise.
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "statemachines/machines/all.hpp"
#include "statemachines/machines/approval.hpp"
#include "statemachines/machines/broker_session.hpp"
#include "statemachines/machines/kill_switch.hpp"
#include "statemachines/machines/order_table.hpp"
#include "statemachines/machines/preview.hpp"

namespace {

using namespace ibkr::statemachines;

std::string text(std::string_view view) {
    return std::string(view);
}

const MachineDescription& machine(std::string_view name) {
    const auto* found = find_machine(name);
    REQUIRE(found != nullptr);
    return *found;
}

bool is_snake_case(std::string_view name) {
    for (const char c : name)
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
    return !name.empty();
}

}  // namespace

TEST_CASE("all machines are listed once, with names that text formats may use") {
    std::set<std::string> names;
    for (const auto& m : all_machines()) {
        CHECK(names.insert(text(m.name)).second);
        CHECK(is_snake_case(m.name));
        for (const auto& state : m.states)
            CHECK(is_snake_case(state.name));
        for (const auto& event : m.events)
            CHECK(is_snake_case(event.name));
        for (const auto& row : m.rows)
            if (!row.reason.empty()) CHECK(is_snake_case(row.reason));
    }
    CHECK(names == std::set<std::string>{"preview", "approval", "order", "kill_switch", "broker_session"});
    CHECK(find_machine("turnstile") == nullptr);
}

TEST_CASE("event numbers and names are unique over all machines") {
    std::set<std::uint16_t> numbers;
    std::set<std::string> names;
    for (const auto& m : all_machines())
        for (const auto& event : m.events) {
            CHECK(numbers.insert(event.number).second);
            CHECK(names.insert(text(event.name)).second);
        }
}

TEST_CASE("every (state, event) pair has rows, the last without a guard") {
    for (const auto& m : all_machines())
        for (const auto& state : m.states)
            for (const auto& event : m.events) {
                const RowDescription* last = nullptr;
                for (const auto& row : m.rows)
                    if (row.from == state.name && row.event == event.name) last = &row;
                INFO(m.name << ": " << state.name << " + " << event.name);
                REQUIRE(last != nullptr);
                CHECK(last->guard.empty());
            }
}

TEST_CASE("no row and no fault leads out of a terminal state") {
    for (const auto& m : all_machines())
        for (const auto& state : m.states) {
            if (!state.terminal) continue;
            CHECK(state.fault_to == state.name);
            for (const auto& row : m.rows)
                if (row.from == state.name && !row.to.empty()) CHECK(row.to == state.name);
        }
}

TEST_CASE("unknown leads to an end that is not at the broker only by proof, answer or attestation") {
    std::set<std::string> ways;
    for (const auto& row : machine("order").rows)
        if (row.from == "unknown" && (row.to == "rejected" || row.to == "not_placed" || row.to == "not_sent"))
            ways.insert(text(row.event));
    CHECK(ways ==
          std::set<std::string>{"submit_refused", "broker_rejected", "absence_proved", "operator_attested"});
}

TEST_CASE("a fault leads an order to unknown while it may live, and marks it after its end") {
    for (const auto& state : machine("order").states) {
        INFO(state.name);
        CHECK(state.fault_to == (state.terminal ? state.name : std::string_view("unknown")));
        CHECK(state.fault_action == (state.terminal ? "mark_contradicted" : "doubt_submit"));
    }
    for (const auto* name : {"preview", "approval", "kill_switch", "broker_session"})
        for (const auto& state : machine(name).states)
            CHECK(state.fault_to == state.name);
}

TEST_CASE("states have the names the product prints, and come back from them") {
    const auto check = [](std::string_view name, auto names, auto from_string) {
        REQUIRE(names.size() == machine(name).states.size());
        for (std::size_t i = 0; i < names.size(); ++i) {
            CHECK(names[i].name == machine(name).states[i].name);
            CHECK(from_string(to_string(names[i].value)) == names[i].value);
        }
        CHECK(!from_string("nonsense"));
        CHECK(!from_string(""));
    };
    check("preview", preview_state_names, preview_state_from_string);
    check("approval", approval_state_names, approval_state_from_string);
    check("order", order_state_names, order_state_from_string);
    check("kill_switch", kill_switch_state_names, kill_switch_state_from_string);
    check("broker_session", broker_session_state_names, broker_session_state_from_string);
    CHECK(to_string(OrderState::PartiallyFilled) == "partially_filled");
}

TEST_CASE("events have stable numbers and names") {
    CHECK(event_name<OrderMachine>(OrderEvent{FillReported{}}) == "fill_reported");
    CHECK(event_number<OrderMachine>(OrderEvent{FillReported{}}) == FillReported::number);
    CHECK(event_number<OrderMachine>(std::string_view("operator_attested")) == OperatorAttested::number);
    CHECK(!event_number<OrderMachine>(std::string_view("preview_created")));
    CHECK(event_name<OrderMachine>(std::uint16_t{301}) == "submit_intended");
    CHECK(event_name<OrderMachine>(std::uint16_t{1}).empty());
}
