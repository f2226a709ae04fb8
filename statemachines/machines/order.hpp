#pragma once
// The words of the order machine: states, events and the data that events fold into. The table stands in
// order_table.hpp; paper and live orders share it.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "events/describe.hpp"
#include "events/values/money.hpp"
#include "events/values/order.hpp"

namespace ibkr::statemachines {

/// The numbers are written down: they never change their meaning.
enum class OrderState : std::uint8_t {
    Submitting = 0,
    AwaitingReply = 1,
    Working = 2,
    PartiallyFilled = 3,
    ModifyPending = 4,
    CancelPending = 5,
    Unknown = 6,
    Filled = 7,
    Cancelled = 8,
    Rejected = 9,
    Expired = 10,
    NotSent = 11,
    NotPlaced = 12,
};
inline constexpr auto order_state_names =
    std::to_array<events::EnumName<OrderState>>({{OrderState::Submitting, "submitting"},
                                                 {OrderState::AwaitingReply, "awaiting_reply"},
                                                 {OrderState::Working, "working"},
                                                 {OrderState::PartiallyFilled, "partially_filled"},
                                                 {OrderState::ModifyPending, "modify_pending"},
                                                 {OrderState::CancelPending, "cancel_pending"},
                                                 {OrderState::Unknown, "unknown"},
                                                 {OrderState::Filled, "filled"},
                                                 {OrderState::Cancelled, "cancelled"},
                                                 {OrderState::Rejected, "rejected"},
                                                 {OrderState::Expired, "expired"},
                                                 {OrderState::NotSent, "not_sent"},
                                                 {OrderState::NotPlaced, "not_placed"}});
[[nodiscard]] constexpr std::span<const events::EnumName<OrderState>> enum_names(
    OrderState /*tag*/) noexcept {
    return order_state_names;
}
[[nodiscard]] constexpr std::string_view to_string(OrderState state) noexcept {
    return events::name_of(state);
}
[[nodiscard]] constexpr std::optional<OrderState> order_state_from_string(std::string_view text) noexcept {
    OrderState state{};
    return events::enum_from_name(text, state) ? std::optional(state) : std::nullopt;
}

/// What an operator may say of an order whose outcome is unknown.
enum class Attestation : std::uint8_t { placed = 0, not_placed = 1 };

/// The workflow's first event: the durable intent. Quantity > 0.
struct SubmitIntended {
    static constexpr std::uint16_t number = 301;
    static constexpr std::string_view name = "submit_intended";
    events::Quantity quantity;
};
/// Right before a request to a network broker begins: the order, an answer to its question, a cancel, a
/// modify.
struct SendStarted {
    static constexpr std::uint16_t number = 302;
    static constexpr std::string_view name = "send_started";
    events::Operation operation = events::Operation::submit;
};
/// The broker's answer: it took the order.
struct SubmitConfirmed {
    static constexpr std::uint16_t number = 303;
    static constexpr std::string_view name = "submit_confirmed";
};
/// The broker's definite answer: it will not take the order.
struct SubmitRefused {
    static constexpr std::uint16_t number = 304;
    static constexpr std::string_view name = "submit_refused";
};
/// Proved by us: the request never began.
struct SubmitNotSent {
    static constexpr std::uint16_t number = 305;
    static constexpr std::string_view name = "submit_not_sent";
};
/// The request began and its answer is lost.
struct OutcomeUnknown {
    static constexpr std::uint16_t number = 306;
    static constexpr std::string_view name = "outcome_unknown";
};
/// The broker answered with a question; the order waits for our reply.
struct ReplyRequested {
    static constexpr std::uint16_t number = 307;
    static constexpr std::string_view name = "reply_requested";
};
/// One execution, already deduplicated by execution id. Quantity > 0, of this execution alone.
struct FillReported {
    static constexpr std::uint16_t number = 308;
    static constexpr std::string_view name = "fill_reported";
    events::Quantity quantity;
};
struct CancelIntended {
    static constexpr std::uint16_t number = 309;
    static constexpr std::string_view name = "cancel_intended";
};
/// The broker took the cancel; the order lives until the book says otherwise.
struct CancelConfirmed {
    static constexpr std::uint16_t number = 310;
    static constexpr std::string_view name = "cancel_confirmed";
};
struct CancelRefused {
    static constexpr std::uint16_t number = 311;
    static constexpr std::string_view name = "cancel_refused";
};
struct CancelNotSent {
    static constexpr std::uint16_t number = 312;
    static constexpr std::string_view name = "cancel_not_sent";
};
struct CancelUnknown {
    static constexpr std::uint16_t number = 313;
    static constexpr std::string_view name = "cancel_unknown";
};
/// The new total quantity, when the modification changes it.
struct ModifyIntended {
    static constexpr std::uint16_t number = 314;
    static constexpr std::string_view name = "modify_intended";
    std::optional<events::Quantity> quantity;
};
struct ModifyConfirmed {
    static constexpr std::uint16_t number = 315;
    static constexpr std::string_view name = "modify_confirmed";
};
struct ModifyRefused {
    static constexpr std::uint16_t number = 316;
    static constexpr std::string_view name = "modify_refused";
};
struct ModifyNotSent {
    static constexpr std::uint16_t number = 317;
    static constexpr std::string_view name = "modify_not_sent";
};
struct ModifyUnknown {
    static constexpr std::uint16_t number = 318;
    static constexpr std::string_view name = "modify_unknown";
};
/// The broker's book: the order is live.
struct BrokerWorking {
    static constexpr std::uint16_t number = 319;
    static constexpr std::string_view name = "broker_working";
};
/// The broker's book: the order is filled. Executions stay the truth for the quantity.
struct BrokerFilled {
    static constexpr std::uint16_t number = 320;
    static constexpr std::string_view name = "broker_filled";
};
/// The broker's book: cancelled, by us or by anyone.
struct BrokerCancelled {
    static constexpr std::uint16_t number = 321;
    static constexpr std::string_view name = "broker_cancelled";
};
/// The broker's book: rejected.
struct BrokerRejected {
    static constexpr std::uint16_t number = 322;
    static constexpr std::string_view name = "broker_rejected";
};
/// The broker's book: expired.
struct BrokerExpired {
    static constexpr std::uint16_t number = 323;
    static constexpr std::string_view name = "broker_expired";
};
/// A broker record that carries our client order id.
struct EvidenceFound {
    static constexpr std::uint16_t number = 324;
    static constexpr std::string_view name = "evidence_found";
};
/// Proof of absence as design section 3 defines it.
struct AbsenceProved {
    static constexpr std::uint16_t number = 325;
    static constexpr std::string_view name = "absence_proved";
};
/// An operator's word on an order whose outcome is unknown.
struct OperatorAttested {
    static constexpr std::uint16_t number = 326;
    static constexpr std::string_view name = "operator_attested";
    Attestation attestation = Attestation::placed;
};
struct OrderEvent
    : std::variant<SubmitIntended, SendStarted, SubmitConfirmed, SubmitRefused, SubmitNotSent, OutcomeUnknown,
                   ReplyRequested, FillReported, CancelIntended, CancelConfirmed, CancelRefused,
                   CancelNotSent, CancelUnknown, ModifyIntended, ModifyConfirmed, ModifyRefused,
                   ModifyNotSent, ModifyUnknown, BrokerWorking, BrokerFilled, BrokerCancelled, BrokerRejected,
                   BrokerExpired, EvidenceFound, AbsenceProved, OperatorAttested> {
    using variant::variant;
};

/// Where one of our own broker writes stands. At recovery `intended` means not_sent and `started` means
/// unknown.
enum class WriteState : std::uint8_t {
    none,      ///< no such intent, or it is settled without effect
    intended,  ///< durable, its request has not begun
    started,   ///< its request began, the answer is due
    unknown,   ///< its answer is lost
    accepted,  ///< the broker took it, by its answer or by evidence
};

/// Invariants: 1. `filled` is the sum of all fills reported, in every state. 2. A terminal state has no open
/// cancel or modify. 3. `contradicted` is set only in terminal states and never cleared.
struct OrderData {
    events::Quantity quantity;   ///< total ordered, as last agreed with the broker
    events::Quantity requested;  ///< total that the open modify asks for; equals `quantity` when none is open
    events::Quantity filled;     ///< sum of the executions
    WriteState submit = WriteState::none;
    WriteState modify = WriteState::none;
    WriteState cancel = WriteState::none;
    bool overfilled = false;         ///< more was executed than was ordered
    bool contradicted = false;       ///< the order ended and the world says otherwise
    bool quantity_overflow = false;  ///< a sum did not fit; `filled` kept its last value
    friend constexpr bool operator==(const OrderData&, const OrderData&) noexcept = default;
};

/// The largest total that the broker may be working on: both sizes count while a modify is open.
[[nodiscard]] constexpr events::Quantity ceiling(const OrderData& data) noexcept {
    return data.requested > data.quantity ? data.requested : data.quantity;
}

/// What may still be executed; for exposure. Zero when overfilled.
[[nodiscard]] constexpr events::Quantity remaining(const OrderData& data) noexcept {
    const auto rest = ceiling(data).minus(data.filled);
    return rest && *rest > events::Quantity{} ? *rest : events::Quantity{};
}

}  // namespace ibkr::statemachines
