// The order machine under any sequence of events.
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "statemachines/machines/order_table.hpp"

namespace {

using namespace ibkr::statemachines;
using ibkr::events::Operation;
using ibkr::events::Quantity;

rc::Gen<Quantity> any_quantity() {
    return rc::gen::map(rc::gen::inRange(1, 120), [](int units) { return Quantity::whole(units); });
}

template <std::size_t... I>
OrderEvent event_at(std::size_t wanted, std::index_sequence<I...> /*places*/) {
    OrderEvent event;
    static_cast<void>(
        ((I == wanted && (event = std::variant_alternative_t<I, OrderEvent::variant>{}, true)) || ...));
    return event;
}

constexpr std::size_t events_count = std::variant_size_v<OrderEvent::variant>;

OrderEvent any_event() {
    auto event =
        event_at(*rc::gen::inRange<std::size_t>(0, events_count), std::make_index_sequence<events_count>{});
    if (auto* fill = std::get_if<FillReported>(&event)) fill->quantity = *any_quantity();
    if (auto* submit = std::get_if<SubmitIntended>(&event)) submit->quantity = *any_quantity();
    if (auto* modify = std::get_if<ModifyIntended>(&event))
        if (*rc::gen::arbitrary<bool>()) modify->quantity = *any_quantity();
    if (auto* send = std::get_if<SendStarted>(&event))
        send->operation = *rc::gen::element(Operation::submit, Operation::cancel, Operation::modify);
    if (auto* word = std::get_if<OperatorAttested>(&event))
        word->attestation = *rc::gen::element(Attestation::placed, Attestation::not_placed);
    return event;
}

Quantity sum(Quantity a, Quantity b) {
    return a.plus(b).value_or(Quantity{});
}

}  // namespace

TEST_CASE("any sequence of events keeps the order machine's invariants") {
    CHECK(rc::check([] {
        Instance<OrderMachine> order;
        const auto quantity = *any_quantity();
        static_cast<void>(order.apply(OrderEvent{SubmitIntended{quantity}}));
        Quantity filled;
        for (int i = 0; i < 60; ++i) {
            const auto before = order;
            const auto event = any_event();
            const auto result = order.apply(event);
            if (const auto* fill = std::get_if<FillReported>(&event)) filled = sum(filled, fill->quantity);

            RC_ASSERT(order.data.filled == filled);
            RC_ASSERT(!before.is_terminal() || order.state == before.state);
            RC_ASSERT(!before.data.contradicted || order.data.contradicted);
            RC_ASSERT(!order.data.contradicted || order.is_terminal());
            if (result.outcome == RowOutcome::ignore || result.outcome == RowOutcome::refuse)
                RC_ASSERT(order == before);
            if (result.outcome == RowOutcome::fault)
                RC_ASSERT((order.is_terminal() ? order.data.contradicted : order.is_in(OrderState::Unknown)));
            if (order.is_in(OrderState::Filled)) RC_ASSERT(order.data.filled >= order.data.quantity);
            if (order.is_in(OrderState::Working)) RC_ASSERT(order.data.filled == Quantity{});
            if (order.is_in(OrderState::PartiallyFilled)) RC_ASSERT(order.data.filled > Quantity{});
            if (order.is_terminal()) {
                RC_ASSERT(order.data.cancel == WriteState::none);
                RC_ASSERT(order.data.modify == WriteState::none);
            }
        }
    }));
}

TEST_CASE("an order is never sent twice") {
    CHECK(rc::check([] {
        Instance<OrderMachine> order;
        static_cast<void>(order.apply(OrderEvent{SubmitIntended{*any_quantity()}}));
        int sends = 0;
        for (int i = 0; i < 60; ++i) {
            const auto event = any_event();
            const auto result = order.apply(event);
            if (std::holds_alternative<ReplyRequested>(event) && result.outcome == RowOutcome::step)
                sends = 0;
            const auto* send = std::get_if<SendStarted>(&event);
            if (send != nullptr && send->operation == Operation::submit && result.outcome == RowOutcome::step)
                ++sends;
            RC_ASSERT(sends <= 1);
        }
    }));
}

TEST_CASE("a sum of fills that does not fit is flagged and changes no quantity") {
    const auto most = ibkr::events::Decimal::parse("999999999999999999999999999999999999");
    REQUIRE(most);
    Instance<OrderMachine> order;
    static_cast<void>(order.apply(OrderEvent{SubmitIntended{Quantity(*most)}}));
    static_cast<void>(order.apply(OrderEvent{SubmitConfirmed{}}));
    static_cast<void>(order.apply(OrderEvent{FillReported{Quantity(*most)}}));
    REQUIRE(order.is_in(OrderState::Filled));
    const auto result = order.apply(OrderEvent{FillReported{Quantity::whole(1)}});
    CHECK(result.outcome == RowOutcome::fault);
    CHECK(order.data.quantity_overflow);
    CHECK(order.data.overfilled);
    CHECK(order.data.filled == Quantity(*most));
}

TEST_CASE("what remains is never negative and counts both sizes while a modify is open") {
    auto order = live<OrderMachine>(
        {SubmitIntended{Quantity::whole(100)}, SubmitConfirmed{}, ModifyIntended{Quantity::whole(150)}});
    CHECK(remaining(order.data) == Quantity::whole(150));
    static_cast<void>(order.apply(OrderEvent{ModifyRefused{}}));
    CHECK(remaining(order.data) == Quantity::whole(100));
    static_cast<void>(order.apply(OrderEvent{FillReported{Quantity::whole(160)}}));
    CHECK(order.is_in(OrderState::Unknown));
    CHECK(remaining(order.data) == Quantity{});
}
