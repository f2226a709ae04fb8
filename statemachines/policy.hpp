#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/describe.hpp"
#include "events/values/order.hpp"

namespace ibkr::statemachines {

enum class ApprovalMode : std::uint8_t {
    self,      ///< the asker's own request is enough
    operator_  ///< pending until an operator grants it
};
[[nodiscard]] std::span<const events::EnumName<ApprovalMode>> enum_names(ApprovalMode) noexcept;

/// A named risk policy (`risk_policies.NAME`), evaluated at preview and again at execution. Checks and their
/// order: gateway contract section 6; the last five: the older Python server's controls. Enters the log as
/// content by `policy_loaded`.
struct RiskPolicy {
    std::string name = "default";
    bool enabled = true;
    std::vector<events::AccountMode> allowed_account_modes = {events::AccountMode::paper};
    std::vector<events::AssetClass> allowed_asset_classes = {events::AssetClass::stock,
                                                             events::AssetClass::etf};
    std::optional<events::Quantity> max_quantity;
    std::optional<events::Money> max_notional;
    bool allow_fractional = false;
    bool allow_market_orders = false;
    std::optional<std::uint32_t> max_quote_age_seconds = 900;  ///< nullopt: freshness not checked
    std::optional<events::Money> max_position_notional;        ///< of the resulting position
    bool allow_short_selling = false;
    std::vector<std::string> allowed_symbols;  ///< empty: every symbol; compared without case
    std::optional<std::uint32_t> max_orders_per_day;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("allow_fractional", self.allow_fractional);
        v("allow_market_orders", self.allow_market_orders);
        v("allow_short_selling", self.allow_short_selling);
        v("allowed_account_modes", self.allowed_account_modes);
        v("allowed_asset_classes", self.allowed_asset_classes);
        v("allowed_symbols", self.allowed_symbols);
        v("enabled", self.enabled);
        v("max_notional", self.max_notional);
        v("max_orders_per_day", self.max_orders_per_day);
        v("max_position_notional", self.max_position_notional);
        v("max_quantity", self.max_quantity);
        v("max_quote_age_seconds", self.max_quote_age_seconds);
        v("name", self.name);
    }
    friend bool operator==(const RiskPolicy&, const RiskPolicy&) = default;
};

/// The settings that decide and are no risk limits; account lists are hashed.
struct GatewaySettings {
    bool preview_enabled = false;
    std::uint32_t preview_expiration_seconds = 300;  ///< 1-3600
    std::string paper_risk_policy = "default";
    bool paper_enabled = false;
    std::vector<events::AccountHash> paper_accounts;
    ApprovalMode paper_approvals = ApprovalMode::self;
    ApprovalMode live_approvals = ApprovalMode::operator_;
    std::uint32_t approval_ttl_seconds = 300;  ///< default of a request that names none; 10-3600
    std::uint32_t send_window_ms = 5000;       ///< an intent not sent by then is not_sent (design 5.9)

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("approval_ttl_seconds", self.approval_ttl_seconds);
        v("live_approvals", self.live_approvals);
        v("paper_accounts", self.paper_accounts);
        v("paper_approvals", self.paper_approvals);
        v("paper_enabled", self.paper_enabled);
        v("paper_risk_policy", self.paper_risk_policy);
        v("preview_enabled", self.preview_enabled);
        v("preview_expiration_seconds", self.preview_expiration_seconds);
        v("send_window_ms", self.send_window_ms);
    }
    friend bool operator==(const GatewaySettings&, const GatewaySettings&) = default;
};

inline constexpr std::uint32_t approval_ttl_seconds_min = 10;
inline constexpr std::uint32_t approval_ttl_seconds_max = 3600;
inline constexpr std::uint32_t preview_expiration_seconds_min = 1;
inline constexpr std::uint32_t preview_expiration_seconds_max = 3600;
inline constexpr std::uint32_t send_window_ms_max = 60'000;

/// The kinds of `policy_loaded`.
inline constexpr std::string_view risk_policy_kind = "risk_policy";
inline constexpr std::string_view gateway_settings_kind = "gateway_settings";

}  // namespace ibkr::statemachines
