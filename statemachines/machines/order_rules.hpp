#pragma once
// Guards and actions of the order machine: pure folds of facts into OrderData. Their names are part of the
// table's fingerprint; one whose meaning changes gets a new name.
#include <compare>

#include "statemachines/machines/order.hpp"

namespace ibkr::statemachines::order_table {

using events::Quantity;

constexpr bool is_open(WriteState write) noexcept {
    return write == WriteState::intended || write == WriteState::started || write == WriteState::unknown;
}

/// Compares what would then be filled with `limit`; a sum that does not fit is greater than any.
constexpr std::strong_ordering filled_with(const OrderData& data, const FillReported& fill,
                                           Quantity limit) noexcept {
    const auto sum = data.filled.plus(fill.quantity);
    return sum ? *sum <=> limit : std::strong_ordering::greater;
}

// Guards on a fill.
constexpr bool is_no_fill(const OrderData& /*data*/, const FillReported& fill) noexcept {
    return fill.quantity <= Quantity{};
}
constexpr bool overfills(const OrderData& data, const FillReported& fill) noexcept {
    return filled_with(data, fill, ceiling(data)) > 0;
}
constexpr bool completes(const OrderData& data, const FillReported& fill) noexcept {
    return filled_with(data, fill, ceiling(data)) == 0;
}
/// More is filled than the old total allows: the broker works on the modified one.
constexpr bool proves_modify(const OrderData& data, const FillReported& fill) noexcept {
    return is_open(data.modify) && filled_with(data, fill, data.quantity) > 0;
}

// Guards on the data.
constexpr bool has_fills(const OrderData& data) noexcept {
    return data.filled > Quantity{};
}
constexpr bool is_filled(const OrderData& data) noexcept {
    return data.filled >= data.quantity;
}
constexpr bool is_overfilled(const OrderData& data) noexcept {
    return data.overfilled;
}
constexpr bool reached_broker(const OrderData& data) noexcept {
    return data.submit == WriteState::accepted;
}
constexpr bool cancel_is_pending(const OrderData& data) noexcept {
    return data.cancel != WriteState::none;
}
constexpr bool cancel_is_unknown(const OrderData& data) noexcept {
    return data.cancel == WriteState::unknown;
}
constexpr bool modify_is_open(const OrderData& data) noexcept {
    return is_open(data.modify);
}
constexpr bool modify_is_settled(const OrderData& data) noexcept {
    return !is_open(data.modify);
}
constexpr bool modify_was_accepted(const OrderData& data) noexcept {
    return data.modify == WriteState::accepted;
}
constexpr bool modify_completes(const OrderData& data) noexcept {
    return data.filled == data.requested;
}
constexpr bool modify_overfills(const OrderData& data) noexcept {
    return data.filled > data.requested;
}

// Guards on other events.
constexpr bool asks_no_more_than_filled(const OrderData& data, const ModifyIntended& modify) noexcept {
    return modify.quantity && *modify.quantity <= data.filled;
}
constexpr bool expects_send(const OrderData& data, const SendStarted& send) noexcept {
    switch (send.operation) {
        case events::Operation::submit:
            return data.submit == WriteState::intended;
        case events::Operation::cancel:
            return data.cancel == WriteState::intended;
        case events::Operation::modify:
            return data.modify == WriteState::intended;
    }
    return false;
}
constexpr bool sends_the_order(const OrderData& /*data*/, const SendStarted& send) noexcept {
    return send.operation == events::Operation::submit;
}
constexpr bool attests_not_placed(const OrderData& /*data*/, const OperatorAttested& word) noexcept {
    return word.attestation == Attestation::not_placed;
}
constexpr bool attests_against_evidence(const OrderData& data, const OperatorAttested& word) noexcept {
    return word.attestation == Attestation::not_placed && reached_broker(data);
}

// Actions on our own writes.
constexpr void begin(OrderData& data, const SubmitIntended& intent) noexcept {
    data.quantity = intent.quantity;
    data.requested = intent.quantity;
    data.submit = WriteState::intended;
}
constexpr void mark_send_started(OrderData& data, const SendStarted& send) noexcept {
    switch (send.operation) {
        case events::Operation::submit:
            data.submit = WriteState::started;
            break;
        case events::Operation::cancel:
            data.cancel = WriteState::started;
            break;
        case events::Operation::modify:
            data.modify = WriteState::started;
            break;
    }
}
/// The answer to the broker's question is a write of its own, not begun yet.
constexpr void await_reply(OrderData& data) noexcept {
    data.submit = WriteState::intended;
}
constexpr void lose_submit(OrderData& data) noexcept {
    data.submit = WriteState::unknown;
}
constexpr void see_at_broker(OrderData& data) noexcept {
    data.submit = WriteState::accepted;
}

constexpr void intend_cancel(OrderData& data) noexcept {
    data.cancel = WriteState::intended;
}
constexpr void accept_cancel(OrderData& data) noexcept {
    data.cancel = WriteState::accepted;
}
constexpr void lose_cancel(OrderData& data) noexcept {
    data.cancel = WriteState::unknown;
}
constexpr void drop_cancel(OrderData& data) noexcept {
    data.cancel = WriteState::none;
}

constexpr void intend_modify(OrderData& data, const ModifyIntended& modify) noexcept {
    data.requested = modify.quantity.value_or(data.quantity);
    data.modify = WriteState::intended;
}
constexpr void accept_modify(OrderData& data) noexcept {
    data.quantity = data.requested;
    data.modify = WriteState::accepted;
}
constexpr void accept_modify_below_filled(OrderData& data) noexcept {
    accept_modify(data);
    data.overfilled = true;
}
constexpr void lose_modify(OrderData& data) noexcept {
    data.modify = WriteState::unknown;
}
constexpr void drop_modify(OrderData& data) noexcept {
    data.requested = data.quantity;
    data.modify = WriteState::none;
}

// Actions at the end: it settles every open write.
constexpr void end(OrderData& data) noexcept {
    drop_modify(data);
    drop_cancel(data);
}
constexpr void end_unplaced(OrderData& data) noexcept {
    end(data);
    data.submit = WriteState::none;
}
constexpr void end_at_broker(OrderData& data) noexcept {
    end(data);
    data.submit = WriteState::accepted;
}
constexpr void end_modified(OrderData& data) noexcept {
    accept_modify(data);
    end_at_broker(data);
}

// Actions on fills.
/// A fill beyond the agreed quantity shows that the broker works on the modified order.
constexpr void add_fill(OrderData& data, const FillReported& fill) noexcept {
    const auto sum = data.filled.plus(fill.quantity);
    data.filled = sum.value_or(data.filled);
    data.quantity_overflow = data.quantity_overflow || !sum;
    if (data.filled > data.quantity && is_open(data.modify)) accept_modify(data);
    data.submit = WriteState::accepted;
}
constexpr void add_last_fill(OrderData& data, const FillReported& fill) noexcept {
    add_fill(data, fill);
    end(data);
}
constexpr void add_contrary_fill(OrderData& data, const FillReported& fill) noexcept {
    add_fill(data, fill);
    data.overfilled = data.overfilled || data.quantity_overflow || data.filled > data.quantity;
}

// Actions of on_fault.
/// An order in doubt is never sent again.
constexpr void doubt_submit(OrderData& data) noexcept {
    if (data.submit == WriteState::intended || data.submit == WriteState::started)
        data.submit = WriteState::unknown;
}
constexpr void mark_contradicted(OrderData& data) noexcept {
    data.contradicted = true;
}

}  // namespace ibkr::statemachines::order_table
