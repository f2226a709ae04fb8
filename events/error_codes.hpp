#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ibkr::events {

/// The stable codes a caller may act on, in every producer (CLI, MCP, export). Names, groups and exit
/// codes follow the gateway contract section 1 and 3; the engine, log, replay and operator codes are ours.
/// A code is never renamed or reused; `docs/error-codes.md` is generated from `error_code_catalogue()`.
enum class ErrorCode : std::uint8_t {
    // configuration
    config_invalid,
    config_missing_broker_base_url,
    config_tls_bypass_non_localhost,
    config_write_tools_forbidden,
    config_remote_mcp_forbidden,
    config_sidecar_forbidden,
    config_live_trading_forbidden,
    // authorisation
    auth_missing_scope,
    auth_token_missing,
    auth_token_invalid,
    auth_token_expired,
    auth_invalid_issuer,
    auth_invalid_audience,
    auth_scope_not_allowed_in_mvp,
    auth_local_only_mvp,
    operator_required,
    // input
    input_missing_account,
    input_unauthorized_account,
    input_ambiguous_account,
    input_ambiguous_contract,
    input_unsupported_asset_class,
    input_invalid_contract,
    input_invalid_time_range,
    // broker
    broker_session_required,
    broker_session_expired,
    broker_backend_unavailable,
    broker_rate_limited,
    broker_capability_unavailable,
    broker_response_invalid,
    // market data
    market_data_unavailable,
    market_data_delayed,
    market_data_stale,
    market_data_incomplete,
    historical_bars_unavailable,
    // read-only policy
    readonly_write_forbidden,
    readonly_order_preview_forbidden,
    readonly_order_submit_forbidden,
    readonly_order_cancel_forbidden,
    output_unsafe,
    // audit and log
    audit_write_failed,
    audit_chain_invalid,
    audit_read_forbidden,
    log_version_unsupported,
    log_key_mismatch,
    replay_diverged,
    // preview
    order_preview_disabled,
    order_policy_refused,
    order_validation_failed,
    // paper
    paper_trading_disabled,
    paper_approval_required,
    paper_idempotency_conflict,
    // approval
    approval_preview_mismatch,
    approval_consumed,
    // sidecar
    sidecar_pairing_required,
    sidecar_unavailable,
    sidecar_session_invalid,
    // live
    live_trading_disabled,
    live_gate_missing,
    live_limit_refused,
    live_policy_unknown,
    live_kill_switch_closed,
    live_migration_required,
    // engine
    engine_held,
    engine_busy,
    engine_version_mismatch,
    engine_config_mismatch,
    engine_protocol_mismatch,
    engine_owner_required,
    engine_paused,
};

/// Invariants: 1. one entry per enumerator, in its order. 2. `name` is SCREAMING_SNAKE_CASE and unique.
/// 3. `exit_code` is the process's exit code when this error ends a CLI command (0-255).
/// 4. `user_action` says what the user can do next when the place that raises the error knows nothing better.
struct ErrorCodeInfo {
    ErrorCode code;
    std::string_view name;
    int exit_code;
    bool retryable;
    std::string_view user_action;
};

[[nodiscard]] std::span<const ErrorCodeInfo> error_code_catalogue() noexcept;
[[nodiscard]] const ErrorCodeInfo& info(ErrorCode code) noexcept;
[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;
[[nodiscard]] std::optional<ErrorCode> error_code_from_string(std::string_view name) noexcept;

/// Sub-codes: reasons inside a refusal (gateway contract section 1), never top-level codes.
namespace reason {
inline constexpr std::string_view order_preview_disabled = "ORDER_PREVIEW_DISABLED";
inline constexpr std::string_view order_account_mode_refused = "ORDER_ACCOUNT_MODE_REFUSED";
inline constexpr std::string_view order_asset_class_refused = "ORDER_ASSET_CLASS_REFUSED";
inline constexpr std::string_view order_quantity_invalid = "ORDER_QUANTITY_INVALID";
inline constexpr std::string_view order_fractional_refused = "ORDER_FRACTIONAL_REFUSED";
inline constexpr std::string_view order_quantity_limit_refused = "ORDER_QUANTITY_LIMIT_REFUSED";
inline constexpr std::string_view order_limit_price_required = "ORDER_LIMIT_PRICE_REQUIRED";
inline constexpr std::string_view order_stop_price_required = "ORDER_STOP_PRICE_REQUIRED";
inline constexpr std::string_view order_trailing_value_required = "ORDER_TRAILING_VALUE_REQUIRED";
inline constexpr std::string_view order_market_type_refused = "ORDER_MARKET_TYPE_REFUSED";
inline constexpr std::string_view order_notional_limit_refused = "ORDER_NOTIONAL_LIMIT_REFUSED";
inline constexpr std::string_view order_notional_currency_mismatch = "ORDER_NOTIONAL_CURRENCY_MISMATCH";
inline constexpr std::string_view order_position_notional_limit_refused =
    "ORDER_POSITION_NOTIONAL_LIMIT_REFUSED";
inline constexpr std::string_view order_short_selling_refused = "ORDER_SHORT_SELLING_REFUSED";
inline constexpr std::string_view order_symbol_refused = "ORDER_SYMBOL_REFUSED";
inline constexpr std::string_view order_daily_limit_refused = "ORDER_DAILY_LIMIT_REFUSED";
inline constexpr std::string_view order_quote_stale_refused = "ORDER_QUOTE_STALE_REFUSED";
}  // namespace reason

}  // namespace ibkr::events
