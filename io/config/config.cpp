#include "io/config/config.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "io/config/config_checks.hpp"
#include "io/config/yaml_tree.hpp"

namespace ibkr::io {
namespace {

using events::ErrorCode;
using statemachines::RiskPolicy;

std::optional<events::Money> money(const Settings& settings, const std::string& key) {
    if (!settings.has(key + ".amount")) return std::nullopt;
    return events::Money{
        settings.decimal(key + ".amount"),
        events::Currency::parse(settings.text(key + ".currency")).value_or(events::Currency{})};
}

template <class E>
std::vector<E> words(const Settings& settings, const std::string& key) {
    std::vector<E> values;
    for (const std::string& word : settings.texts(key))
        if (E value{}; events::enum_from_name(word, value)) values.push_back(value);
    return values;
}

std::optional<std::uint32_t> count(const Settings& settings, const std::string& key) {
    if (!settings.has(key)) return std::nullopt;
    return static_cast<std::uint32_t>(settings.integer(key));
}

RiskPolicy risk_policy(const Settings& settings, const std::string& name) {
    const std::string section = "risk_policies." + name + ".";
    RiskPolicy policy;
    policy.name = name;
    policy.enabled = settings.boolean(section + "enabled");
    policy.allowed_account_modes = words<events::AccountMode>(settings, section + "allowed_account_modes");
    policy.allowed_asset_classes = words<events::AssetClass>(settings, section + "allowed_asset_classes");
    if (settings.has(section + "max_quantity"))
        policy.max_quantity = events::Quantity(settings.decimal(section + "max_quantity"));
    policy.max_notional = money(settings, section + "max_notional");
    policy.allow_fractional = settings.boolean(section + "allow_fractional");
    policy.allow_market_orders = settings.boolean(section + "allow_market_orders");
    policy.max_quote_age_seconds = count(settings, section + "max_quote_age_seconds");
    if (!settings.boolean(section + "requires_market_data_freshness"))
        policy.max_quote_age_seconds = std::nullopt;
    policy.max_position_notional = money(settings, section + "max_position_notional");
    policy.allow_short_selling = settings.boolean(section + "allow_short_selling");
    policy.allowed_symbols = settings.texts(section + "allowed_symbols");
    policy.max_orders_per_day = count(settings, section + "max_orders_per_day");
    return policy;
}

std::vector<RiskPolicy> risk_policies(const Settings& settings) {
    std::vector<RiskPolicy> policies;
    for (const std::string& name : settings.names("risk_policies"))
        policies.push_back(risk_policy(settings, name));
    if (std::none_of(policies.begin(), policies.end(), [](const auto& p) { return p.name == "default"; }))
        policies.emplace_back();
    return policies;
}

/// Relative to the folder of the file; a `sqlite:` URL counts as its path.
std::string resolved(std::string text, const std::string& folder) {
    for (const std::string_view prefix : {"sqlite://", "sqlite:"})
        if (text.starts_with(prefix)) {
            text.erase(0, prefix.size());
            break;
        }
    if (text.empty()) return text;
    const std::filesystem::path path(text);
    return path.is_absolute() ? text : (std::filesystem::path(folder) / path).lexically_normal().string();
}

/// The older key still counts where the newer one is not given.
std::chrono::seconds reconcile_interval(const Settings& settings) {
    constexpr std::string_view older = "live_trading.reconciler_interval_seconds";
    const bool takes_older = settings.given(older) && !settings.given("reconcile.interval_seconds");
    return std::chrono::seconds(std::max<std::int64_t>(
        1, settings.integer(takes_older ? older : std::string_view("reconcile.interval_seconds"))));
}

Config build(Settings settings, const std::string& folder) {
    Config config;
    config.scopes = settings.texts("auth.enabled_scopes");
    config.data_directory = resolved(settings.text("log.directory"), folder);
    config.projection_path = resolved(settings.text("audit.sqlite_path"), folder);
    config.reserve_mb = static_cast<std::uint64_t>(settings.integer("log.reserve_mb"));
    config.anchors.external_path = resolved(settings.text("anchors.external_path"), folder);
    config.anchors.sync_interval = std::chrono::milliseconds(settings.integer("anchors.sync_interval_ms"));
    config.hmac_secret_env = settings.text("audit.hmac_secret_env");
    config.preview_enabled = settings.boolean("order_preview.enabled");
    config.preview_expiration_seconds =
        static_cast<std::uint32_t>(settings.integer("order_preview.expiration_seconds"));
    config.paper.enabled = settings.boolean("paper_trading.enabled");
    for (const std::string& account : settings.texts("paper_trading.allowed_accounts"))
        config.paper.allowed_accounts.emplace_back(account);
    config.paper.risk_policy_id = settings.text("paper_trading.risk_policy_id");
    (void)events::enum_from_name(settings.text("approvals.paper"), config.approvals.paper);
    (void)events::enum_from_name(settings.text("approvals.live"), config.approvals.live);
    config.approvals.ttl_seconds = static_cast<std::uint32_t>(settings.integer("approvals.ttl_seconds"));
    config.operators.uids = settings.integers("operators.uids");
    config.operators.group = settings.text("operators.group");
    config.operators.secret_file = resolved(settings.text("operators.secret_file"), folder);
    config.limits.queue_commands_max =
        static_cast<std::size_t>(settings.integer("limits.queue_commands_max"));
    config.limits.batch_events_max = static_cast<std::size_t>(settings.integer("limits.batch_events_max"));
    config.reconcile_interval = reconcile_interval(settings);
    config.risk_policies = risk_policies(settings);
    config.settings = std::move(settings);
    return config;
}

events::Error error_of(const std::vector<ConfigIssue>& issues) {
    const ConfigIssue& first = issues.front();
    events::Error error = events::failure(first.code, first.message).value();
    if (issues.size() > 1)
        for (const ConfigIssue& issue : issues)
            error.reasons.push_back({std::string(to_string(issue.code)), issue.message});
    return error;
}

}  // namespace

Environment process_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* const value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return std::string(value);
    };
}

events::Result<Config> parse_config(std::string_view text, const std::string& folder,
                                    const Environment& environment) {
    auto root = parse_yaml(text);
    if (!root) return events::failure(std::move(root.error()));
    std::vector<ConfigIssue> issues;
    Settings settings = Settings::read(*root, issues);
    if (issues.empty()) check_settings(settings, environment, issues);
    if (!issues.empty()) return events::failure(error_of(issues));
    return build(std::move(settings), folder);
}

events::Result<Config> load_config(const std::string& path, const Environment& environment) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(path, failed))
        return events::failure(ErrorCode::config_invalid,
                               "the configuration file '" + path + "' is not there or not a file",
                               "Check the path given with --config.");
    std::ifstream stream(path, std::ios::binary);
    std::string text(yaml_bytes_max + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad() || (!stream && stream.gcount() == 0 && !stream.eof()))
        return events::failure(ErrorCode::config_invalid,
                               "the configuration file '" + path + "' cannot be read",
                               "Check the file's permissions.");
    text.resize(static_cast<std::size_t>(stream.gcount()));
    auto config = parse_config(text, std::filesystem::path(path).parent_path().string(), environment);
    if (config) config->file = path;
    return config;
}

engine::Policies policies_of(const Config& config, engine::AccountDirectory& accounts) {
    engine::Policies policies;
    auto& settings = policies.settings;
    settings.preview_enabled = config.preview_enabled;
    settings.preview_expiration_seconds = config.preview_expiration_seconds;
    settings.paper_risk_policy = config.paper.risk_policy_id;
    settings.paper_enabled = config.paper.enabled;
    for (const events::AccountId& account : config.paper.allowed_accounts)
        settings.paper_accounts.push_back(accounts.add(account));
    std::sort(settings.paper_accounts.begin(), settings.paper_accounts.end());
    settings.paper_approvals = config.approvals.paper;
    settings.live_approvals = config.approvals.live;
    settings.approval_ttl_seconds = config.approvals.ttl_seconds;
    policies.risk_policies = config.risk_policies;
    return policies;
}

}  // namespace ibkr::io
