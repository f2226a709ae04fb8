#include "events/error_codes.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace ibkr::events {
namespace {

using enum ErrorCode;

constexpr std::string_view fix_config =
    "Correct the named configuration key and run 'ibkr-agent config check'.";
constexpr std::string_view fix_request = "Correct the named value and send the request again.";
constexpr std::string_view log_in = "Log in to the broker gateway, then try again.";
constexpr std::string_view new_preview =
    "Preview the order anew, have it approved, and submit with the new approval.";
constexpr std::string_view operator_acts = "Ask an operator of this gateway.";
constexpr std::string_view wait_and_retry = "Wait a moment and try again.";
constexpr std::string_view disabled_tool =
    "Use the preview, approval and submit commands; this name never writes.";
constexpr std::string_view token_help =
    "Get a fresh bearer token from the authorization server and try again.";

constexpr auto table = std::to_array<ErrorCodeInfo>({
    {config_invalid, "CONFIG_INVALID", 7, false, fix_config},
    {config_missing_broker_base_url, "CONFIG_MISSING_BROKER_BASE_URL", 7, false,
     "Set broker.base_url in the configuration."},
    {config_tls_bypass_non_localhost, "CONFIG_TLS_BYPASS_NON_LOCALHOST", 7, false,
     "Keep TLS verification on, or use exactly localhost, 127.0.0.1 or ::1."},
    {config_write_tools_forbidden, "CONFIG_WRITE_TOOLS_FORBIDDEN", 7, false,
     "Remove safety.write_tools_enabled; writes go through the gated workflows."},
    {config_remote_mcp_forbidden, "CONFIG_REMOTE_MCP_FORBIDDEN", 7, false,
     "Make remote_mcp.enabled and safety.remote_mcp_enabled agree."},
    {config_sidecar_forbidden, "CONFIG_SIDECAR_FORBIDDEN", 7, false,
     "Make sidecar.enabled and safety.sidecar_enabled agree, with remote MCP on."},
    {config_live_trading_forbidden, "CONFIG_LIVE_TRADING_FORBIDDEN", 7, false,
     "Complete the live_trading section and make both live flags agree."},
    {auth_missing_scope, "AUTH_MISSING_SCOPE", 4, false,
     "Add the named scope to auth.enabled_scopes or the token."},
    {auth_token_missing, "AUTH_TOKEN_MISSING", 4, false, token_help},
    {auth_token_invalid, "AUTH_TOKEN_INVALID", 4, false, token_help},
    {auth_token_expired, "AUTH_TOKEN_EXPIRED", 4, false, token_help},
    {auth_invalid_issuer, "AUTH_INVALID_ISSUER", 4, false, token_help},
    {auth_invalid_audience, "AUTH_INVALID_AUDIENCE", 4, false, token_help},
    {auth_scope_not_allowed_in_mvp, "AUTH_SCOPE_NOT_ALLOWED_IN_MVP", 4, false,
     "Use only scopes listed in docs/scopes.md."},
    {auth_local_only_mvp, "AUTH_LOCAL_ONLY_MVP", 7, false, "Run this command on the gateway's own machine."},
    {operator_required, "OPERATOR_REQUIRED", 4, false, operator_acts},
    {input_missing_account, "INPUT_MISSING_ACCOUNT", 2, false,
     "Name the account; 'ibkr-agent accounts list' shows them."},
    {input_unauthorized_account, "INPUT_UNAUTHORIZED_ACCOUNT", 2, false,
     "Use the account of the preview and approval; 'ibkr-agent accounts list' shows the known ones."},
    {input_ambiguous_account, "INPUT_AMBIGUOUS_ACCOUNT", 2, false, "Name the account exactly."},
    {input_ambiguous_contract, "INPUT_AMBIGUOUS_CONTRACT", 2, false,
     "Narrow the query with --exchange, --currency or --asset-class, or use a contract id."},
    {input_unsupported_asset_class, "INPUT_UNSUPPORTED_ASSET_CLASS", 2, false,
     "Use asset class stock or etf."},
    {input_invalid_contract, "INPUT_INVALID_CONTRACT", 2, false,
     "Find the contract id with 'ibkr-agent contracts search'."},
    {input_invalid_time_range, "INPUT_INVALID_TIME_RANGE", 2, false,
     "Give RFC 3339 times with from before to."},
    {broker_session_required, "BROKER_SESSION_REQUIRED", 3, true, log_in},
    {broker_session_expired, "BROKER_SESSION_EXPIRED", 3, true, log_in},
    {broker_backend_unavailable, "BROKER_BACKEND_UNAVAILABLE", 3, true,
     "Check that the broker backend runs, then try again."},
    {broker_rate_limited, "BROKER_RATE_LIMITED", 5, true, wait_and_retry},
    {broker_capability_unavailable, "BROKER_CAPABILITY_UNAVAILABLE", 5, false,
     "Check the id; the broker does not offer or does not know what was asked."},
    {broker_response_invalid, "BROKER_RESPONSE_INVALID", 5, false,
     "The broker's answer could not be understood; look at the recorded event before acting."},
    {market_data_unavailable, "MARKET_DATA_UNAVAILABLE", 1, true, wait_and_retry},
    {market_data_delayed, "MARKET_DATA_DELAYED", 1, false,
     "Subscribe to real-time data or allow delayed data."},
    {market_data_stale, "MARKET_DATA_STALE", 2, true, wait_and_retry},
    {market_data_incomplete, "MARKET_DATA_INCOMPLETE", 1, true, wait_and_retry},
    {historical_bars_unavailable, "HISTORICAL_BARS_UNAVAILABLE", 1, false,
     "Use a supported duration and bar size, see 'ibkr-agent market bars --help'."},
    {readonly_write_forbidden, "READONLY_WRITE_FORBIDDEN", 1, false, disabled_tool},
    {readonly_order_preview_forbidden, "READONLY_ORDER_PREVIEW_FORBIDDEN", 1, false, disabled_tool},
    {readonly_order_submit_forbidden, "READONLY_ORDER_SUBMIT_FORBIDDEN", 1, false, disabled_tool},
    {readonly_order_cancel_forbidden, "READONLY_ORDER_CANCEL_FORBIDDEN", 1, false, disabled_tool},
    {output_unsafe, "OUTPUT_UNSAFE", 6, false,
     "The output holds secret-like text and was not written; ask an operator."},
    {audit_write_failed, "AUDIT_WRITE_FAILED", 1, true,
     "Nothing was acknowledged. Check disk space and permissions of the data directory, then ask again with "
     "the "
     "same key."},
    {audit_chain_invalid, "AUDIT_CHAIN_INVALID", 2, false,
     "Stop writing, keep a copy of the data directory, and follow docs/runbooks/held-log.md."},
    {audit_read_forbidden, "AUDIT_READ_FORBIDDEN", 4, false, "Add the audit scope to auth.enabled_scopes."},
    {log_version_unsupported, "LOG_VERSION_UNSUPPORTED", 2, false,
     "Use an ibkr-agent at least as new as the one that wrote this log."},
    {log_key_mismatch, "LOG_KEY_MISMATCH", 7, false, "Supply the audit secret this log was written with."},
    {replay_diverged, "REPLAY_DIVERGED", 2, false,
     "Compare the listed differences; the log or the deciding code is not what it was."},
    {order_preview_disabled, "ORDER_PREVIEW_DISABLED", 1, false,
     "Pass --enable-preview or set order_preview.enabled: true."},
    {order_policy_refused, "ORDER_POLICY_REFUSED", 1, false,
     "Change the order so that every listed reason is met."},
    {order_validation_failed, "ORDER_VALIDATION_FAILED", 1, false, fix_request},
    {paper_trading_disabled, "PAPER_TRADING_DISABLED", 1, false,
     "Pass --enable-paper, or enable paper_trading and list the account in allowed_accounts."},
    {paper_approval_required, "PAPER_APPROVAL_REQUIRED", 1, false, new_preview},
    {paper_idempotency_conflict, "PAPER_IDEMPOTENCY_CONFLICT", 1, false,
     "Use a new idempotency key for a different request."},
    {approval_preview_mismatch, "APPROVAL_PREVIEW_MISMATCH", 1, false, new_preview},
    {approval_consumed, "APPROVAL_CONSUMED", 1, false, new_preview},
    {sidecar_pairing_required, "SIDECAR_PAIRING_REQUIRED", 1, false, "Create a sidecar pairing first."},
    {sidecar_unavailable, "SIDECAR_UNAVAILABLE", 1, true, wait_and_retry},
    {sidecar_session_invalid, "SIDECAR_SESSION_INVALID", 1, false, "Create a new relay session."},
    {live_trading_disabled, "LIVE_TRADING_DISABLED", 1, false,
     "Enable live_trading in the configuration and pass --enable-live."},
    {live_gate_missing, "LIVE_GATE_MISSING", 1, false, "Meet every gate the message names."},
    {live_limit_refused, "LIVE_LIMIT_REFUSED", 1, false,
     "Change the order so that it stays within the live policy."},
    {live_policy_unknown, "LIVE_POLICY_UNKNOWN", 1, false,
     "Name a policy of live_policies in live_trading.risk_policy_id."},
    {live_kill_switch_closed, "LIVE_KILL_SWITCH_CLOSED", 1, false,
     "An operator can open the kill switch: 'ibkr-agent kill-switch open --reason ...'."},
    {live_migration_required, "LIVE_MIGRATION_REQUIRED", 1, false,
     "Acknowledge the paper-to-live checklist."},
    {engine_held, "ENGINE_HELD", 3, false, "An operator must inspect the log before writing goes on."},
    {engine_busy, "ENGINE_BUSY", 3, true,
     "Another process owns the data directory; wait for it or stop it, then try again."},
    {engine_version_mismatch, "ENGINE_VERSION_MISMATCH", 3, false,
     "Use the same ibkr-agent version as the running engine."},
    {engine_config_mismatch, "ENGINE_CONFIG_MISMATCH", 3, false,
     "Use the running engine's configuration, or restart it with yours."},
    {engine_protocol_mismatch, "ENGINE_PROTOCOL_MISMATCH", 3, false,
     "Stop whatever answers on the engine's socket."},
    {engine_owner_required, "ENGINE_OWNER_REQUIRED", 3, false, "Start 'ibkr-agent engine run' first."},
    {engine_paused, "ENGINE_PAUSED", 3, false,
     "Nothing was sent; stop the engine and start it again without --paused."},
});

constexpr bool in_enum_order() {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (static_cast<std::size_t>(table[i].code) != i) return false;
    return true;
}
static_assert(in_enum_order());
static_assert(table.size() == static_cast<std::size_t>(engine_paused) + 1);

}  // namespace

std::span<const ErrorCodeInfo> error_code_catalogue() noexcept {
    return table;
}

const ErrorCodeInfo& info(ErrorCode code) noexcept {
    assert(static_cast<std::size_t>(code) < table.size());
    return table[static_cast<std::size_t>(code)];
}

std::string_view to_string(ErrorCode code) noexcept {
    return info(code).name;
}

std::optional<ErrorCode> error_code_from_string(std::string_view name) noexcept {
    const auto* found =
        std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.name == name; });
    if (found == table.end()) return std::nullopt;
    return found->code;
}

}  // namespace ibkr::events
