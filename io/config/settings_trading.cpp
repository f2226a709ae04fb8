#include <array>

#include "io/config/setting_table.hpp"

namespace ibkr::io {
namespace {

using enum SettingType;

constexpr std::string_view asset_classes = "stock|etf|option|future|forex|bond|fund|other";
constexpr std::int64_t count_max = 1'000'000;

constexpr auto table = std::to_array<SettingInfo>({
    {"order_preview.enabled", boolean, "false", 0, 0, "",
     "Allow previews without --enable-preview on each call."},
    {"order_preview.expiration_seconds", integer, "300", 1, 3600, "", "How long a preview stays valid."},

    {"paper_trading.enabled", boolean, "false", 0, 0, "",
     "Allow paper orders; each call on the command line still needs --enable-paper."},
    {"paper_trading.allowed_accounts", text_list, "", 0, 0, "", "Not empty when enabled."},
    {"paper_trading.risk_policy_id", text, "default", 0, 0, "",
     "Name of the risk policy for paper orders; `default` exists even when the file has none."},

    {"risk_policies.*.enabled", boolean, "true", 0, 0, "", "A disabled policy refuses everything."},
    {"risk_policies.*.allowed_account_modes", text_list, "paper", 0, 0, "paper|live|unknown",
     "Account modes the policy accepts."},
    {"risk_policies.*.allowed_asset_classes", text_list, "stock, etf", 0, 0, asset_classes,
     "Asset classes the policy accepts."},
    {"risk_policies.*.allowed_symbols", text_list, "", 0, 0, "",
     "Symbols the policy accepts, compared without case; empty accepts every symbol."},
    {"risk_policies.*.max_quantity", decimal, "", 0, 0, "", "Largest quantity of one order."},
    {"risk_policies.*.max_notional.amount", decimal, "", 0, 0, "", "Largest value of one order."},
    {"risk_policies.*.max_notional.currency", text, "USD", 0, 0, "", "Three capital letters."},
    {"risk_policies.*.max_position_notional.amount", decimal, "", 0, 0, "",
     "Largest value of the position an order would lead to."},
    {"risk_policies.*.max_position_notional.currency", text, "USD", 0, 0, "", "Three capital letters."},
    {"risk_policies.*.max_orders_per_day", integer, "", 1, count_max, "",
     "Orders of one account on one day of the exchange."},
    {"risk_policies.*.max_quote_age_seconds", integer, "900", 1, 86400, "",
     "Oldest quote an order may be judged by."},
    {"risk_policies.*.requires_market_data_freshness", boolean, "true", 0, 0, "",
     "False: the age of the quote is not checked."},
    {"risk_policies.*.allow_fractional", boolean, "false", 0, 0, "", "Accept quantities that are not whole."},
    {"risk_policies.*.allow_market_orders", boolean, "false", 0, 0, "", "Accept orders without a price."},
    {"risk_policies.*.allow_short_selling", boolean, "false", 0, 0, "",
     "Accept orders that lead to a negative position."},

    {"approvals.paper", choice, "self", 0, 0, "self|operator", "Who approves paper orders."},
    {"approvals.live", choice, "operator", 0, 0, "self|operator", "Who approves live orders."},
    {"approvals.ttl_seconds", integer, "300", 10, 3600, "", "Life of an approval that names no other."},

    {"reconcile.interval_seconds", integer, "5", 1, 3600, "", "Time between polls of open orders."},
    {"reconcile.absence_polls", integer, "3", 3, 100, "",
     "Complete lists without an order that prove absence."},
    {"reconcile.absence_minimum_age_seconds", integer, "60", 60, 86400, "",
     "Time over which those lists must spread."},
    {"reconcile.unknown_alert_seconds", integer, "60", 1, 86400, "",
     "Age at which an order in the state unknown alerts."},

    {"live_trading.enabled", boolean, "false", 0, 0, "", "Allow live orders. Not in this version."},
    {"live_trading.allowed_accounts", text_list, "", 0, 0, "", "Not empty when enabled."},
    {"live_trading.risk_policy_id", text, "", 0, 0, "",
     "Name of one of live_policies; required when enabled."},
    {"live_trading.paper_to_live_checklist_acknowledged", boolean, "false", 0, 0, "",
     "Must be true when enabled."},
    {"live_trading.reconciler_interval_seconds", integer, "", 0, 3600, "",
     "Older name of reconcile.interval_seconds; below 1 counts as 1. Both given must agree."},
    {"live_trading.kill_switch_allows_cancel", boolean, "false", 0, 0, "",
     "Let cancels through a closed kill switch."},
    {"live_trading.kill_switch_allows_protection", boolean, "", 0, 0, "",
     "Let protective orders through a closed kill switch; no default, required when enabled."},

    {"live_policies.*.enabled", boolean, "true", 0, 0, "", "A disabled policy refuses everything."},
    {"live_policies.*.allowed_symbols", text_list, "", 0, 0, "", "Empty refuses every symbol."},
    {"live_policies.*.allowed_asset_classes", text_list, "", 0, 0, asset_classes,
     "Empty refuses every asset class."},
    {"live_policies.*.max_quantity", decimal, "", 0, 0, "", "Largest quantity of one order."},
    {"live_policies.*.max_notional.amount", decimal, "", 0, 0, "", "Largest value of one order."},
    {"live_policies.*.max_notional.currency", text, "USD", 0, 0, "", "Three capital letters."},
    {"live_policies.*.frequency_limit.max_orders", integer, "", 1, count_max, "", "Orders per window."},
    {"live_policies.*.frequency_limit.window_seconds", integer, "", 1, 86400, "",
     "Length of the window; goes with max_orders."},
    {"live_policies.*.session_limit.max_orders_per_session", integer, "", 1, count_max, "",
     "Orders per session."},
    {"live_policies.*.session_limit.max_session_notional.amount", decimal, "", 0, 0, "",
     "Sum of order values per session."},
    {"live_policies.*.session_limit.max_session_notional.currency", text, "USD", 0, 0, "",
     "Three capital letters."},
    {"live_policies.*.max_price_deviation_bps", integer, "500", 1, 10000, "",
     "Largest distance of a limit price from the market, in basis points."},
    {"live_policies.*.max_quote_age_seconds", integer, "30", 1, 86400, "",
     "Oldest quote an order may be judged by."},
});

}  // namespace

std::span<const SettingInfo> trading_settings() noexcept {
    return table;
}

}  // namespace ibkr::io
