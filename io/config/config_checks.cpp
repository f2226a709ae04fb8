#include "io/config/config_checks.hpp"

#include <algorithm>
#include <string>

#include "engine/gateway/scopes.hpp"
#include "events/crypto/secret.hpp"
#include "events/values/money.hpp"
#include "io/config/setting_values.hpp"

namespace ibkr::io {
namespace {

using events::ErrorCode;

constexpr std::int64_t live_retention_days_min = 2555;

class Checker {
public:
    Checker(const Settings& settings, const Environment& environment, std::vector<ConfigIssue>& issues)
        : settings_(settings), environment_(environment), issues_(issues) {}

    void run() {
        required("broker.backend");
        required("auth.enabled_scopes");
        required("audit.hmac_secret_env");
        broker();
        known_scopes("auth.enabled_scopes");
        secret("audit.hmac_secret_env");
        remote_mcp();
        sidecar();
        live_trading();
        policies();
        paper();
        reconcile();
        not_in_this_version();
    }

private:
    void issue(ErrorCode code, std::string message) { issues_.push_back({code, std::move(message)}); }
    /// "line 7: " in front when the key stands in the file.
    void invalid(std::string_view key, const std::string& why, ErrorCode code = ErrorCode::config_invalid) {
        const int line = settings_.line(key);
        issue(code, (line > 0 ? "line " + std::to_string(line) + ": " : std::string()) + "'" +
                        std::string(key) + "' " + why);
    }
    bool required(std::string_view key, std::string_view when = {},
                  ErrorCode code = ErrorCode::config_invalid) {
        if (settings_.given(key)) return true;
        invalid(key, "is required" + (when.empty() ? std::string() : " " + std::string(when)), code);
        return false;
    }
    void not_empty(std::string_view key, std::string_view when, ErrorCode code = ErrorCode::config_invalid) {
        if (settings_.texts(key).empty()) invalid(key, "must not be empty " + std::string(when), code);
    }
    void agree(std::string_view key, std::string_view safety_key, ErrorCode code) {
        if (settings_.boolean(key) != settings_.boolean(safety_key))
            invalid(key, "and '" + std::string(safety_key) + "' must be equal", code);
    }
    void known_scopes(std::string_view key) {
        for (const std::string& scope : settings_.texts(key))
            if (!engine::is_known_scope(scope))
                invalid(key, "names the unknown scope '" + scope + "'",
                        ErrorCode::auth_scope_not_allowed_in_mvp);
    }
    void secret(std::string_view key) {
        if (!settings_.given(key)) return;
        if (auto problem = secret_problem(settings_.text(key), environment_)) invalid(key, *problem);
    }

    void broker() {
        const std::string url = settings_.text("broker.base_url");
        if (settings_.text("broker.backend") == "client_portal_gateway" && url.empty())
            invalid("broker.base_url", "is required for client_portal_gateway",
                    ErrorCode::config_missing_broker_base_url);
        if (!settings_.boolean("broker.allow_insecure_tls_for_localhost") || url.empty()) return;
        const std::string host = url_host(url).value_or("");
        if (host != "localhost" && host != "127.0.0.1" && host != "::1")
            invalid("broker.allow_insecure_tls_for_localhost",
                    "is true, but the host of broker.base_url is not exactly localhost, 127.0.0.1 or ::1",
                    ErrorCode::config_tls_bypass_non_localhost);
    }

    void remote_mcp() {
        agree("remote_mcp.enabled", "safety.remote_mcp_enabled", ErrorCode::config_remote_mcp_forbidden);
        known_scopes("remote_mcp.allowed_scopes");
        if (!settings_.boolean("remote_mcp.enabled")) return;
        constexpr std::string_view when = "when remote_mcp.enabled is true";
        for (const char* const key : {"remote_mcp.resource", "remote_mcp.issuer", "remote_mcp.jwks_url",
                                      "remote_mcp.token_id_hmac_secret_env"})
            (void)required(key, when);
        if (settings_.given("remote_mcp.jwks_url") &&
            !settings_.text("remote_mcp.jwks_url").starts_with("https://"))
            invalid("remote_mcp.jwks_url", "must be an https URL");
        not_empty("remote_mcp.audiences", when);
        not_empty("remote_mcp.allowed_scopes", when);
        secret("remote_mcp.token_id_hmac_secret_env");
    }

    void sidecar() {
        agree("sidecar.enabled", "safety.sidecar_enabled", ErrorCode::config_sidecar_forbidden);
        if (settings_.integer("sidecar.heartbeat_timeout_seconds") <=
            settings_.integer("sidecar.heartbeat_interval_seconds"))
            invalid("sidecar.heartbeat_timeout_seconds", "must be above sidecar.heartbeat_interval_seconds");
        if (!settings_.boolean("sidecar.enabled")) return;
        if (!settings_.boolean("remote_mcp.enabled"))
            invalid("sidecar.enabled", "needs remote_mcp.enabled", ErrorCode::config_sidecar_forbidden);
        (void)required("sidecar.remote_relay_url", "when sidecar.enabled is true");
        (void)required("sidecar.local_client_portal_base_url", "when sidecar.enabled is true");
    }

    void live_trading() {
        constexpr ErrorCode forbidden = ErrorCode::config_live_trading_forbidden;
        agree("live_trading.enabled", "safety.live_trading_enabled", forbidden);
        if (!settings_.boolean("live_trading.enabled")) return;
        constexpr std::string_view when = "when live_trading.enabled is true";
        not_empty("live_trading.allowed_accounts", when, forbidden);
        if (required("live_trading.risk_policy_id", when, forbidden)) known_live_policy();
        if (!settings_.boolean("live_trading.paper_to_live_checklist_acknowledged"))
            invalid("live_trading.paper_to_live_checklist_acknowledged", "must be true " + std::string(when),
                    forbidden);
        (void)required("live_trading.kill_switch_allows_protection", when);
        (void)required("anchors.external_path", when);
        if (!settings_.given("operators.uids") && !settings_.given("operators.secret_file"))
            invalid("operators.uids", "or operators.secret_file is required " + std::string(when));
        if (settings_.integer("audit.live_write_retention_days") < live_retention_days_min)
            invalid("audit.live_write_retention_days", "must be at least 2555 " + std::string(when),
                    ErrorCode::audit_write_failed);
        for (const char* const key : {"audit.export_required_before_purge", "audit.immutable_live_events"})
            if (!settings_.boolean(key))
                invalid(key, "must be true " + std::string(when), ErrorCode::audit_write_failed);
    }

    void known_live_policy() {
        const auto names = settings_.names("live_policies");
        const std::string wanted = settings_.text("live_trading.risk_policy_id");
        if (std::find(names.begin(), names.end(), wanted) == names.end())
            invalid("live_trading.risk_policy_id", "names no policy below live_policies");
    }

    void currency(const std::string& section, std::string_view limit) {
        const std::string key = section + "." + std::string(limit);
        if (settings_.has(key + ".currency") && !events::Currency::parse(settings_.text(key + ".currency")))
            invalid(key + ".currency", "must be three capital letters such as USD");
        if (settings_.given(key + ".currency") && !settings_.given(key + ".amount"))
            invalid(key + ".amount", "is required beside its currency");
    }

    void policies() {
        for (const std::string& name : settings_.names("risk_policies")) {
            currency("risk_policies." + name, "max_notional");
            currency("risk_policies." + name, "max_position_notional");
        }
        for (const std::string& name : settings_.names("live_policies")) {
            const std::string section = "live_policies." + name;
            currency(section, "max_notional");
            currency(section, "session_limit.max_session_notional");
            if (settings_.given(section + ".frequency_limit.max_orders") !=
                settings_.given(section + ".frequency_limit.window_seconds"))
                invalid(section + ".frequency_limit.max_orders", "and window_seconds go together");
        }
    }

    void paper() {
        if (settings_.boolean("paper_trading.enabled"))
            not_empty("paper_trading.allowed_accounts", "when paper_trading.enabled is true");
        const std::string wanted = settings_.text("paper_trading.risk_policy_id");
        const auto names = settings_.names("risk_policies");
        if (wanted != "default" && std::find(names.begin(), names.end(), wanted) == names.end())
            invalid("paper_trading.risk_policy_id", "names no policy below risk_policies");
    }

    void reconcile() {
        constexpr std::string_view older = "live_trading.reconciler_interval_seconds";
        if (settings_.given(older) && settings_.given("reconcile.interval_seconds") &&
            std::max<std::int64_t>(1, settings_.integer(older)) !=
                settings_.integer("reconcile.interval_seconds"))
            invalid(older, "contradicts 'reconcile.interval_seconds'; keep only that one");
    }

    void not_in_this_version() {
        if (settings_.text("broker.backend") == "client_portal_gateway")
            invalid("broker.backend",
                    "client_portal_gateway is not in this version; use fake, the simulated venue");
        if (settings_.boolean("remote_mcp.enabled"))
            invalid("remote_mcp.enabled", "MCP over HTTP is not in this version; set it to false");
        if (settings_.boolean("live_trading.enabled"))
            invalid("live_trading.enabled", "live trading is not in this version; set it to false",
                    ErrorCode::config_live_trading_forbidden);
    }

    const Settings& settings_;
    const Environment& environment_;
    std::vector<ConfigIssue>& issues_;
};

}  // namespace

std::optional<std::string> secret_problem(const std::string& variable, const Environment& environment) {
    const auto value = environment(variable);
    if (!value) return "names the environment variable " + variable + ", which is not set";
    if (value->size() < events::audit_secret_bytes_min)
        return "names the environment variable " + variable + ", which holds " +
               std::to_string(value->size()) + " bytes; at least " +
               std::to_string(events::audit_secret_bytes_min) + " are needed";
    return std::nullopt;
}

void check_settings(const Settings& settings, const Environment& environment,
                    std::vector<ConfigIssue>& issues) {
    Checker(settings, environment, issues).run();
}

}  // namespace ibkr::io
