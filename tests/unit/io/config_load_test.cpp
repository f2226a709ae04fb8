#include <filesystem>
#include <fstream>
#include <map>

#include <catch2/catch.hpp>

#include "io/config/config.hpp"
#include "io/config/yaml_tree.hpp"

namespace {

using namespace ibkr;
using events::ErrorCode;

const std::string secret = "0123456789abcdef0123456789abcdef";
const std::string base =
    "broker:\n  backend: fake\n"
    "auth:\n  enabled_scopes: [\"ibkr:health:read\"]\n"
    "audit:\n  hmac_secret_env: TEST_SECRET\n";

io::Environment environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        if (name == "TEST_SECRET") return secret;
        if (name == "SHORT_SECRET") return "too short";
        return std::nullopt;
    };
}

events::Result<io::Config> parse(const std::string& text) {
    return io::parse_config(text, "/etc/gateway", environment());
}

/// The error of a configuration that must be refused.
events::Error refusal(const std::string& text) {
    const auto config = parse(text);
    REQUIRE_FALSE(config.has_value());
    return config.error();
}

bool mentions(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the smallest configuration gets every default", "[config]") {
    const auto config = parse(base);
    REQUIRE(config.has_value());
    CHECK(config->backend == io::BackendKind::simulated_venue);
    CHECK(config->scopes == std::vector<std::string>{"ibkr:health:read"});
    CHECK_FALSE(config->preview_enabled);
    CHECK_FALSE(config->paper.enabled);
    CHECK(config->preview_expiration_seconds == 300);
    CHECK(config->approvals.ttl_seconds == 300);
    CHECK(config->approvals.live == statemachines::ApprovalMode::operator_);
    REQUIRE(config->risk_policies.size() == 1);
    CHECK(config->risk_policies.front().name == "default");
    CHECK(config->settings.integer("limits.queue_commands_max") == 1024);
    CHECK_FALSE(config->settings.given("limits.queue_commands_max"));
}

TEST_CASE("the disk reserve and the anchors have their defaults and bounds", "[config]") {
    const auto plain = parse(base);
    REQUIRE(plain.has_value());
    CHECK(plain->reserve_mb == 256);
    CHECK(plain->anchors.external_path.empty());
    CHECK(plain->anchors.sync_interval == std::chrono::milliseconds(200));
    const auto chosen = parse(base +
                              "log: {reserve_mb: 16}\n"
                              "anchors: {sync_interval_ms: 50, external_path: ../other/anchor}\n");
    REQUIRE(chosen.has_value());
    CHECK(chosen->reserve_mb == 16);
    CHECK(chosen->anchors.external_path == "/etc/other/anchor");
    CHECK(chosen->anchors.sync_interval == std::chrono::milliseconds(50));
    CHECK(refusal(base + "log: {reserve_mb: 0}\n").code == ErrorCode::config_invalid);
    CHECK(refusal(base + "anchors: {sync_interval_ms: 0}\n").code == ErrorCode::config_invalid);
}

TEST_CASE("a risk policy is read with exact decimals", "[config]") {
    const auto config =
        parse(base +
              "risk_policies:\n  careful:\n    max_quantity: \"10.5\"\n"
              "    max_notional: {amount: \"1000.10\", currency: EUR}\n"
              "    allowed_symbols: [AAPL, MSFT]\n    allow_short_selling: true\n"
              "    requires_market_data_freshness: false\n"
              "paper_trading: {enabled: true, allowed_accounts: [DU1], risk_policy_id: careful}\n");
    REQUIRE(config.has_value());
    const auto& policy = config->risk_policies.front();
    CHECK(policy.name == "careful");
    CHECK(policy.max_quantity->value().to_string() == "10.5");
    CHECK(policy.max_notional->amount.to_string(2) == "1000.10");
    CHECK(policy.max_notional->currency.code() == "EUR");
    CHECK(policy.allowed_symbols == std::vector<std::string>{"AAPL", "MSFT"});
    CHECK(policy.allow_short_selling);
    CHECK(policy.max_quote_age_seconds == std::nullopt);
    CHECK(config->risk_policies.size() == 2);  // `default` is always there
}

TEST_CASE("unknown keys at any depth name themselves, the line and the nearest known key", "[config]") {
    const auto top = refusal(base + "brokr: {}\n");
    CHECK(top.code == ErrorCode::config_invalid);
    CHECK(mentions(top.message, "line 7"));
    CHECK(mentions(top.message, "'brokr'"));

    const auto deep = refusal(base + "live_trading:\n  enabeld: false\n");
    CHECK(mentions(deep.message, "line 8: unknown key 'live_trading.enabeld'"));
    CHECK(mentions(deep.message, "'live_trading.enabled'"));

    const auto named = refusal(base + "risk_policies:\n  mine:\n    max_quantty: \"1\"\n");
    CHECK(mentions(named.message, "'risk_policies.mine.max_quantty'"));
    CHECK(mentions(named.message, "'risk_policies.mine.max_quantity'"));

    const auto dotted = refusal(base + "order_preview.enabled: true\n");
    CHECK(mentions(dotted.message, "unknown key 'order_preview.enabled'"));
}

TEST_CASE("keys of older configurations name the new key", "[config]") {
    CHECK(mentions(refusal(base + "order_preview: {preview_expiration_seconds: 60}\n").message,
                   "order_preview.expiration_seconds"));
    CHECK(mentions(refusal(base + "market_data_policy: {max_snapshot_age_seconds: 60}\n").message,
                   "max_quote_age_seconds"));
    CHECK(mentions(refusal(base + "remote_mcp: {token_id_hmac_secret: abc}\n").message,
                   "remote_mcp.token_id_hmac_secret_env"));
    CHECK(refusal(base + "safety: {write_tools_enabled: true}\n").code ==
          ErrorCode::config_write_tools_forbidden);
}

TEST_CASE("wrong types and bounds", "[config]") {
    const auto message_of = [](const std::string& text) { return refusal(base + text).message; };
    CHECK(mentions(message_of("order_preview: {enabled: maybe}\n"), "true or false"));
    CHECK(mentions(message_of("order_preview: {enabled: \"true\"}\n"), "true or false"));
    CHECK(mentions(message_of("order_preview: {expiration_seconds: 0}\n"), "from 1 to 3600"));
    CHECK(mentions(message_of("order_preview: {expiration_seconds: 1.5}\n"), "whole number"));
    CHECK(mentions(message_of("order_preview: {expiration_seconds: 99999999999999999999}\n"), "from 1"));
    CHECK(mentions(message_of("approvals: {ttl_seconds: 9}\n"), "from 10 to 3600"));
    CHECK(mentions(message_of("approvals: {paper: anyone}\n"), "self, operator"));
    CHECK(mentions(message_of("risk_policies: {a: {max_quantity: 10}}\n"), "in quotes"));
    CHECK(mentions(message_of("risk_policies: {a: {max_quantity: \"1e3\"}}\n"), "decimal"));
    CHECK(mentions(message_of("risk_policies: {a: {max_quantity: \"-1\"}}\n"), "above zero"));
    CHECK(mentions(message_of("risk_policies: {a: {max_notional: {amount: \"1\", currency: usd}}}\n"),
                   "three capital letters"));
    CHECK(mentions(message_of("risk_policies: {a: {allowed_asset_classes: [crypto]}}\n"), "one of"));
    CHECK(mentions(message_of("order_preview: 5\n"), "is a section"));
    CHECK(mentions(message_of("paper_trading: {allowed_accounts: DU1}\n"), "list"));
    CHECK(mentions(message_of("remote_mcp: {clock_skew_seconds: 301}\n"), "0 to 300"));
    CHECK(mentions(message_of("paper_trading: {enabled: true}\n"), "must not be empty"));
    CHECK(mentions(message_of("paper_trading: {risk_policy_id: other}\n"), "names no policy"));
}

TEST_CASE("what the file needs", "[config]") {
    CHECK(mentions(refusal("{}").message, "'broker.backend' is required"));
    CHECK(refusal("{}").reasons.size() == 3);
    CHECK(mentions(refusal("").message, "required"));

    auto unknown_scope = base;
    unknown_scope.replace(unknown_scope.find("health:read"), 11, "health:rule");
    CHECK(refusal(unknown_scope).code == ErrorCode::auth_scope_not_allowed_in_mvp);

    auto unset = base;
    unset.replace(unset.find("TEST_SECRET"), 11, "NOT_SET");
    CHECK(mentions(refusal(unset).message, "NOT_SET, which is not set"));
    auto small = base;
    small.replace(small.find("TEST_SECRET"), 11, "SHORT_SECRET");
    CHECK(mentions(refusal(small).message, "9 bytes; at least 32"));
    CHECK_FALSE(mentions(refusal(small).message, "too short"));  // never the value
}

TEST_CASE("rules between keys answer the contract's codes", "[config]") {
    const std::string portal =
        "auth:\n  enabled_scopes: [\"ibkr:health:read\"]\naudit:\n  hmac_secret_env: TEST_SECRET\n"
        "broker:\n  backend: client_portal_gateway\n";
    CHECK(refusal(portal).code == ErrorCode::config_missing_broker_base_url);
    CHECK(refusal(portal + "  base_url: https://localhost.example.com:5000\n"
                           "  allow_insecure_tls_for_localhost: true\n")
              .code == ErrorCode::config_tls_bypass_non_localhost);
    CHECK(mentions(refusal(portal + "  base_url: https://localhost:5000\n").message, "not in this version"));
    CHECK(refusal(portal + "  base_url: ftp://localhost\n").code == ErrorCode::config_invalid);
    CHECK(refusal(base + "remote_mcp: {enabled: true}\n").code == ErrorCode::config_remote_mcp_forbidden);
    CHECK(refusal(base + "sidecar: {enabled: true}\n").code == ErrorCode::config_sidecar_forbidden);
    CHECK(refusal(base + "live_trading: {enabled: true}\n").code == ErrorCode::config_live_trading_forbidden);
    CHECK(mentions(refusal(base + "sidecar: {heartbeat_timeout_seconds: 15}\n").message, "must be above"));
    CHECK(mentions(refusal(base + "reconcile: {interval_seconds: 7}\n"
                                  "live_trading: {reconciler_interval_seconds: 5}\n")
                       .message,
                   "contradicts"));
}

TEST_CASE("hostile files are refused, not followed", "[config]") {
    CHECK(mentions(refusal("a: &x [1]\nb: *x\n").message, "anchors are not accepted"));
    CHECK(mentions(refusal("a: !!python/object x\n").message, "tags are not accepted"));
    CHECK(mentions(refusal(base + "broker: {}\n").message, "stands twice"));
    CHECK(mentions(refusal(base + "---\na: 1\n").message, "second document"));
    CHECK(mentions(refusal("- a\n- b\n").message, "map of sections"));
    CHECK(mentions(refusal("a: [\n").message, "not valid YAML"));
    CHECK(mentions(refusal("a: \"\xff\xfe\"\n").message, "not UTF-8"));
    CHECK(mentions(refusal("a: " + std::string(60, '[') + std::string(60, ']')).message, "nested deeper"));
    CHECK(mentions(refusal(std::string(100'000, '[')).message, "nested deeper"));
    CHECK(mentions(refusal("# " + std::string(io::yaml_bytes_max, 'x') + "\n").message, "larger than"));
    std::string many = "a:\n";
    for (std::size_t i = 0; i <= io::yaml_nodes_max; ++i)
        many += "- 1\n";
    CHECK(mentions(refusal(many).message, "more than"));
    CHECK(mentions(refusal(base + "operators: {group: \"a\\x1b[31mb\"}\n").message, "control characters"));
}

TEST_CASE("paths start at the folder of the file", "[config]") {
    const auto config = parse(base + "  sqlite_path: sqlite:data/p.sqlite3\nlog: {directory: ./data}\n");
    REQUIRE(config.has_value());
    CHECK(config->data_directory == "/etc/gateway/data");
    CHECK(config->projection_path == "/etc/gateway/data/p.sqlite3");
    const auto absolute = parse(base + "log: {directory: /var/lib/x}\n");
    REQUIRE(absolute.has_value());
    CHECK(absolute->data_directory == "/var/lib/x");
}

TEST_CASE("a missing file says so", "[config]") {
    const auto config = io::load_config("/nowhere/at/all.yaml", environment());
    REQUIRE_FALSE(config.has_value());
    CHECK(config.error().code == ErrorCode::config_invalid);
}

TEST_CASE("policies carry hashed accounts only", "[config]") {
    engine::AccountDirectory accounts([](const events::AccountId& id) {
        return events::AccountHash("hash-of-" + std::to_string(id.raw().size()));
    });
    const auto config = parse(
        base + "paper_trading: {enabled: true, allowed_accounts: [DU12]}\napprovals: {ttl_seconds: 60}\n");
    REQUIRE(config.has_value());
    const auto policies = io::policies_of(*config, accounts);
    CHECK(policies.settings.paper_accounts == std::vector{events::AccountHash("hash-of-4")});
    CHECK(policies.settings.paper_enabled);
    CHECK(policies.settings.approval_ttl_seconds == 60);
    CHECK(accounts.find(events::AccountHash("hash-of-4")).has_value());
}
