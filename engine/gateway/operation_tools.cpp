#include "engine/gateway/operation_tools.hpp"

#include <algorithm>
#include <array>

namespace ibkr::engine {
namespace {

struct Tool {
    std::string_view operation;  ///< empty: it only ever fails
    std::string_view name;
};

constexpr auto tools = std::to_array<Tool>({
    {"account_metadata", "ibkr_account_metadata"},
    {"account_summary", "ibkr_account_summary"},
    {"accounts_list", "ibkr_accounts_list"},
    {"approval_act", "ibkr_approval_deny"},
    {"approval_act", "ibkr_approval_grant"},
    {"approval_act", "ibkr_approval_revoke"},
    {"approval_create", "ibkr_approval_create"},
    {"approval_show", "ibkr_approval_show"},
    {"approvals_list", "ibkr_approvals_list"},
    {"audit_export", "ibkr_audit"},
    {"audit_tail", "ibkr_audit"},
    {"audit_verify", "ibkr_audit"},
    {"backend_status", "ibkr_backend_status"},
    {"backend_status", "ibkr_session_requirements"},
    {"contract_resolve", "ibkr_contracts"},
    {"contracts_search", "ibkr_contracts"},
    {"executions_list", "ibkr_executions_list"},
    {"health", "ibkr_health"},
    {"historical_bars", "ibkr_marketdata"},
    {"kill_switch_set", "ibkr_kill_switch_close"},
    {"kill_switch_set", "ibkr_kill_switch_open"},
    {"kill_switch_status", "ibkr_kill_switch_status"},
    {"market_snapshot", "ibkr_marketdata"},
    {"order_preview", "ibkr_order_preview"},
    {"order_status", "ibkr_order_status"},
    {"orders_list", "ibkr_orders_list"},
    {"paper_cancel", "ibkr_paper_order_cancel"},
    {"paper_modify", "ibkr_paper_order_modify"},
    {"paper_submit", "ibkr_paper_order_submit"},
    {"portfolio_snapshot", "ibkr_portfolio_snapshot"},
    {"positions_list", "ibkr_positions_list"},
    {"record_audit_read", "ibkr_audit"},
    {"", "ibkr_live_order_cancel"},
    {"", "ibkr_live_order_submit"},
    {"", "ibkr_order_write_refusal"},
});

}  // namespace

bool is_tool(std::string_view tool) noexcept {
    return std::ranges::any_of(tools, [&](const Tool& one) { return one.name == tool; });
}

bool is_tool_of(std::string_view operation, std::string_view tool) noexcept {
    if (operation == "record_failure") return is_tool(tool);
    return std::ranges::any_of(
        tools, [&](const Tool& one) { return one.name == tool && one.operation == operation; });
}

}  // namespace ibkr::engine
