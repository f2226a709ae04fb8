#pragma once
// The life of an approval (design section 3). `reserved` belongs to one intent: two submits never share an
// approval. While it is reserved, expiry and revocation are recorded and take effect when it is released;
// revocation wins.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "events/describe.hpp"
#include "statemachines/table/step.hpp"

namespace ibkr::statemachines {

/// The numbers are written down: they never change their meaning.
enum class ApprovalState : std::uint8_t {
    Pending = 0,
    Approved = 1,
    Reserved = 2,
    Consumed = 3,
    Denied = 4,
    Expired = 5,
    Revoked = 6,
};
inline constexpr auto approval_state_names =
    std::to_array<events::EnumName<ApprovalState>>({{ApprovalState::Pending, "pending"},
                                                    {ApprovalState::Approved, "approved"},
                                                    {ApprovalState::Reserved, "reserved"},
                                                    {ApprovalState::Consumed, "consumed"},
                                                    {ApprovalState::Denied, "denied"},
                                                    {ApprovalState::Expired, "expired"},
                                                    {ApprovalState::Revoked, "revoked"}});
[[nodiscard]] constexpr std::span<const events::EnumName<ApprovalState>> enum_names(
    ApprovalState /*tag*/) noexcept {
    return approval_state_names;
}
[[nodiscard]] constexpr std::string_view to_string(ApprovalState state) noexcept {
    return events::name_of(state);
}
[[nodiscard]] constexpr std::optional<ApprovalState> approval_state_from_string(
    std::string_view text) noexcept {
    ApprovalState state{};
    return events::enum_from_name(text, state) ? std::optional(state) : std::nullopt;
}

/// The workflow's first event where an operator decides.
struct ApprovalRequested {
    static constexpr std::uint16_t number = 201;
    static constexpr std::string_view name = "approval_requested";
};
/// The workflow's first event where asking is approving: the policy says self, or an operator asked.
struct ApprovalRecorded {
    static constexpr std::uint16_t number = 202;
    static constexpr std::string_view name = "approval_recorded";
};
struct ApprovalGranted {
    static constexpr std::uint16_t number = 203;
    static constexpr std::string_view name = "approval_granted";
};
struct ApprovalDenied {
    static constexpr std::uint16_t number = 204;
    static constexpr std::string_view name = "approval_denied";
};
/// The timer's fact.
struct ApprovalExpired {
    static constexpr std::uint16_t number = 205;
    static constexpr std::string_view name = "approval_expired";
};
struct ApprovalRevoked {
    static constexpr std::uint16_t number = 206;
    static constexpr std::string_view name = "approval_revoked";
};
/// Taken for one intent, before its send.
struct ApprovalReserved {
    static constexpr std::uint16_t number = 207;
    static constexpr std::string_view name = "approval_reserved";
};
/// The intent ended without an order at the broker: rejected, not_sent or not_placed.
struct ApprovalReleased {
    static constexpr std::uint16_t number = 208;
    static constexpr std::string_view name = "approval_released";
};
/// The order reached the broker's book, or ended there.
struct ApprovalConsumed {
    static constexpr std::uint16_t number = 209;
    static constexpr std::string_view name = "approval_consumed";
};
struct ApprovalEvent
    : std::variant<ApprovalRequested, ApprovalRecorded, ApprovalGranted, ApprovalDenied, ApprovalExpired,
                   ApprovalRevoked, ApprovalReserved, ApprovalReleased, ApprovalConsumed> {
    using variant::variant;
};

struct ApprovalData {
    bool expired_meanwhile = false;  ///< since it was reserved
    bool revoked_meanwhile = false;  ///< since it was reserved
    friend constexpr bool operator==(const ApprovalData&, const ApprovalData&) noexcept = default;
};

namespace approval_table {

constexpr bool was_revoked(const ApprovalData& data) noexcept {
    return data.revoked_meanwhile;
}
constexpr bool has_expired(const ApprovalData& data) noexcept {
    return data.expired_meanwhile;
}

constexpr void record_expiry(ApprovalData& data) noexcept {
    data.expired_meanwhile = true;
}
constexpr void record_revocation(ApprovalData& data) noexcept {
    data.revoked_meanwhile = true;
}

consteval auto rows() {
    using enum ApprovalState;
    using notation::action, notation::event, notation::fault, notation::guard, notation::ignore, notation::on,
        notation::others, notation::refuse, notation::start, notation::stay;
    // clang-format off
    return make_table<ApprovalState, ApprovalData, ApprovalEvent>({
        start    + event<ApprovalRequested>                                     = Pending,
        start    + event<ApprovalRecorded>                                      = Approved,

        Pending  + event<ApprovalGranted>                                       = Approved,
        Pending  + event<ApprovalDenied>                                        = Denied,
        Pending  + event<ApprovalExpired>                                       = Expired,
        Pending  + event<ApprovalRevoked>                                       = Revoked,
        Pending  + event<ApprovalReserved>                                      = refuse("approval_pending"),

        Approved + event<ApprovalReserved>                                      = Reserved,
        Approved + event<ApprovalExpired>                                       = Expired,
        Approved + event<ApprovalRevoked>                                       = Revoked,
        Approved + event<ApprovalGranted>                                       = ignore,
        Approved + event<ApprovalDenied> = refuse("approval_already_granted"),
        Approved + event<ApprovalReleased>                                      = ignore,

        Reserved + event<ApprovalConsumed>                                      = Consumed,
        Reserved + event<ApprovalReleased>[guard<was_revoked>]                  = Revoked,
        Reserved + event<ApprovalReleased>[guard<has_expired>]                  = Expired,
        Reserved + event<ApprovalReleased>                                      = Approved,
        Reserved + event<ApprovalExpired> / action<record_expiry>               = stay,
        Reserved + event<ApprovalRevoked> / action<record_revocation>           = stay,
        Reserved + event<ApprovalReserved>                                      = refuse("approval_reserved"),
        Reserved + event<ApprovalGranted>                                       = ignore,
        Reserved + event<ApprovalDenied> = refuse("approval_already_granted"),

        Consumed + event<ApprovalConsumed, ApprovalExpired>                     = ignore,
        Consumed + event<ApprovalReserved, ApprovalGranted, ApprovalDenied, ApprovalRevoked>
                                                                                = refuse("approval_consumed"),
        Denied   + event<ApprovalDenied, ApprovalExpired, ApprovalRevoked>      = ignore,
        Denied   + event<ApprovalReserved, ApprovalGranted>                     = refuse("approval_denied"),
        Expired  + event<ApprovalExpired, ApprovalRevoked, ApprovalReleased>    = ignore,
        Expired  + event<ApprovalReserved, ApprovalGranted, ApprovalDenied>     = refuse("approval_expired"),
        Revoked  + event<ApprovalRevoked, ApprovalExpired, ApprovalReleased>    = ignore,
        Revoked  + event<ApprovalReserved, ApprovalGranted, ApprovalDenied>     = refuse("approval_revoked"),

        others(Pending, Approved, Reserved, Consumed, Denied, Expired, Revoked) = fault
    });
    // clang-format on
}

}  // namespace approval_table

struct ApprovalMachine {
    using State = ApprovalState;
    using Data = ApprovalData;
    using Event = ApprovalEvent;
    static constexpr std::string_view name = "approval";
    static constexpr std::string_view purpose =
        "Permission for one exact previewed order. While it is reserved it belongs to one intent, so that "
        "two submits never share it.";
    static constexpr auto states = approval_state_names;
    static constexpr notation::StateSet<State> terminal =
        notation::on(State::Consumed, State::Denied, State::Expired, State::Revoked);
    static constexpr auto recorded = std::to_array<TableVersion>({{1, 0xe69e7b7aee50745f}});
    static constexpr auto table = approval_table::rows();
};

}  // namespace ibkr::statemachines
