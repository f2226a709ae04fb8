#include <array>

#include "io/config/setting_table.hpp"

namespace ibkr::io {
namespace {

using enum SettingType;

constexpr auto table = std::to_array<SettingInfo>({
    {"broker.backend", choice, "", 0, 0, "fake|client_portal_gateway",
     "Required. `fake` is the simulated venue; `client_portal_gateway` is not in this version."},
    {"broker.base_url", url, "", 0, 0, "", "Required for client_portal_gateway."},
    {"broker.allow_insecure_tls_for_localhost", boolean, "false", 0, 0, "",
     "True only when the host of broker.base_url is exactly localhost, 127.0.0.1 or ::1."},

    {"auth.enabled_scopes", text_list, "", 0, 0, "",
     "Required. Scopes a local caller has; known scopes only."},

    {"log.directory", path, "", 0, 0, "",
     "The data directory. Required unless the command line names one with --data-dir."},
    {"log.reserve_mb", integer, "256", 16, 1048576, "",
     "Free disk space in MiB below which new previews, approvals and submits are refused."},

    {"audit.hmac_secret_env", variable, "", 0, 0, "",
     "Required. Environment variable that holds the audit secret, at least 32 bytes."},
    {"audit.sqlite_path", path, "", 0, 0, "",
     "The projection database; default: projections.sqlite3 in the data directory."},
    {"audit.live_write_retention_days", integer, "2555", 1, 36500, "",
     "At least 2555 when live trading is enabled."},
    {"audit.export_required_before_purge", boolean, "true", 0, 0, "",
     "Must be true when live trading is enabled."},
    {"audit.immutable_live_events", boolean, "true", 0, 0, "", "Must be true when live trading is enabled."},

    {"anchors.sync_interval_ms", integer, "200", 10, 10000, "", "How often the anchor file is synced."},
    {"anchors.external_path", path, "", 0, 0, "",
     "A second anchor on another disk; required when live trading is enabled."},

    {"operators.uids", integer_list, "", 0, 4294967294, "", "Unix users who may do operator acts."},
    {"operators.group", text, "", 0, 0, "", "Unix group that may reach the engine's socket."},
    {"operators.secret_file", path, "", 0, 0, "",
     "File (mode 0600) with the lower-case hex SHA-256 of the operator secret."},

    {"limits.queue_commands_max", integer, "1024", 1, 100000, "", "Commands that may wait for the engine."},
    {"limits.batch_events_max", integer, "4096", 16, 4096, "", "Events in one synced batch."},

    {"mcp.toolset", choice, "full", 0, 0, "full|simple", "Which tools an MCP client sees."},

    {"safety.remote_mcp_enabled", boolean, "false", 0, 0, "", "Must equal remote_mcp.enabled."},
    {"safety.live_trading_enabled", boolean, "false", 0, 0, "", "Must equal live_trading.enabled."},
    {"safety.sidecar_enabled", boolean, "false", 0, 0, "", "Must equal sidecar.enabled."},

    {"remote_mcp.enabled", boolean, "false", 0, 0, "", "Serve MCP over HTTP."},
    {"remote_mcp.bind_address", text, "127.0.0.1:8080", 0, 0, "", "Address and port."},
    {"remote_mcp.resource", url, "", 0, 0, "", "Required when enabled."},
    {"remote_mcp.issuer", url, "", 0, 0, "", "Required when enabled."},
    {"remote_mcp.jwks_url", url, "", 0, 0, "", "Required when enabled; https only."},
    {"remote_mcp.metadata_url", url, "", 0, 0, "", "Authorization server metadata."},
    {"remote_mcp.audiences", text_list, "", 0, 0, "", "Accepted audiences; not empty when enabled."},
    {"remote_mcp.allowed_scopes", text_list, "", 0, 0, "",
     "Scopes a token may carry; known scopes only, not empty when enabled."},
    {"remote_mcp.clock_skew_seconds", integer, "60", 0, 300, "", "Tolerance for token times."},
    {"remote_mcp.rate_limit_max_requests", integer, "120", 1, 100000, "", "Requests per window."},
    {"remote_mcp.rate_limit_window_seconds", integer, "60", 1, 3600, "", "Length of the window."},
    {"remote_mcp.max_connections", integer, "64", 1, 4096, "", "Connections at a time."},
    {"remote_mcp.token_id_hmac_secret_env", variable, "", 0, 0, "",
     "Environment variable with the secret for token ids, at least 32 bytes; required when enabled."},

    {"sidecar.enabled", boolean, "false", 0, 0, "", "Needs remote MCP."},
    {"sidecar.remote_relay_url", url, "", 0, 0, "", "Required when enabled."},
    {"sidecar.local_client_portal_base_url", url, "", 0, 0, "", "Required when enabled."},
    {"sidecar.heartbeat_interval_seconds", integer, "15", 1, 3600, "", "Time between heartbeats."},
    {"sidecar.heartbeat_timeout_seconds", integer, "45", 2, 86400, "", "Longer than the interval."},
});

constexpr auto retired = std::to_array<RetiredSetting>({
    {"broker.fixture_root", "", "the fake backend is the simulated venue, which reads no fixtures"},
    {"remote_mcp.token_id_hmac_secret", "remote_mcp.token_id_hmac_secret_env",
     "a secret does not belong into a file that is copied around"},
    {"order_preview.preview_expiration_seconds", "order_preview.expiration_seconds", "it was renamed"},
    {"market_data_policy.max_snapshot_age_seconds", "risk_policies.NAME.max_quote_age_seconds",
     "quote age is judged by the risk policy, from the source timestamp"},
    {"market_data_policy", "risk_policies.NAME.max_quote_age_seconds",
     "quote age is judged by the risk policy, from the source timestamp"},
    {"safety.remote_public_mcp_enabled", "safety.remote_mcp_enabled", "it was renamed"},
    {"safety.write_tools_enabled", "", "there are no generic write tools to enable"},
    {"safety.direct_broker_oauth_enabled", "", "the gateway never talks OAuth to the broker itself"},
    {"enabled_read_scopes", "auth.enabled_scopes", "one list holds all scopes"},
    {"server_mode", "remote_mcp.enabled", "the transport decides"},
    {"bind_address", "remote_mcp.bind_address", "it was moved"},
    {"broker_backend", "broker.backend", "it was moved"},
    {"client_portal_base_url", "broker.base_url", "it was moved"},
    {"verify_tls", "broker.allow_insecure_tls_for_localhost", "verification is on unless that key says so"},
    {"audit_storage", "log.directory", "the log is a directory, not a SQLite database"},
    {"audit_retention", "audit.live_write_retention_days", "it was moved"},
    {"audit_account_id_mode", "", "account ids are always hashed"},
    {"database_url", "log.directory", "the log is a directory, not a SQLite database"},
    {"keepalive_interval_seconds", "", "the broker client keeps its session alive by itself"},
});

}  // namespace

std::span<const SettingInfo> gateway_settings() noexcept {
    return table;
}

std::span<const RetiredSetting> retired_settings() noexcept {
    return retired;
}

}  // namespace ibkr::io
