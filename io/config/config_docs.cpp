#include "io/config/config_docs.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "events/json/json_text.hpp"
#include "events/log/directory/files.hpp"
#include "io/config/config_checks.hpp"

namespace ibkr::io {
namespace {

std::string code(std::string_view text) {
    return "`" + std::string(text) + "`";
}

std::string documented_key(std::string_view key) {
    std::string text(key);
    if (const std::size_t star = text.find('*'); star != std::string::npos) text.replace(star, 1, "NAME");
    return text;
}

std::string rule_of(const SettingInfo& row) {
    std::string rule;
    if (row.maximum != 0) rule = std::to_string(row.minimum) + " to " + std::to_string(row.maximum) + ". ";
    if (!row.words.empty()) {
        for (const std::string_view word : split(row.words, '|'))
            rule += (rule.empty() ? "" : ", ") + code(word);
        rule += ". ";
    }
    return rule + std::string(row.meaning);
}

std::string default_of(const SettingInfo& row) {
    return row.default_text.empty() ? "–" : code(row.default_text);
}

void append_sections(std::string& out) {
    std::string_view section;
    for (const SettingInfo& row : setting_table()) {
        const std::string_view name = row.key.substr(0, row.key.find('.'));
        if (name != section) {
            section = name;
            out +=
                "\n## " + std::string(name) + "\n\n| key | type | default | meaning |\n|---|---|---|---|\n";
        }
        out += "| " + code(documented_key(row.key)) + " | " + std::string(type_name(row.type)) + " | " +
               default_of(row) + " | " + rule_of(row) + " |\n";
    }
}

void append_retired(std::string& out) {
    out +=
        "\n## Keys of older configurations\n\nThese answer CONFIG_INVALID and name what to use.\n\n"
        "| key | use instead | why |\n|---|---|---|\n";
    for (const RetiredSetting& row : retired_settings())
        out += "| " + code(row.key) + " | " + (row.use_instead.empty() ? "–" : code(row.use_instead)) +
               " | " + std::string(row.why) + " |\n";
}

using Members = std::vector<std::pair<std::string_view, std::string>>;

/// Members come sorted by name; values are JSON already.
std::string object(const Members& members) {
    std::string text = "{";
    for (const auto& [name, value] : members) {
        if (text.size() > 1) text += ',';
        (void)events::append_json_string(text, name);
        text += ':' + value;
    }
    return text + "}";
}

std::string quoted(std::string_view text) {
    std::string out;
    if (!events::append_json_string(out, text)) return "\"\"";
    return out;
}

std::string list(const std::vector<std::string>& items) {
    std::string text = "[";
    for (const std::string& item : items)
        text += (text.size() > 1 ? "," : "") + item;
    return text + "]";
}

std::string money_text(const std::optional<events::Money>& money) {
    return money ? money->amount.to_string() + " " + std::string(money->currency.code()) : "no limit";
}

std::string setting(std::string_view key, std::string_view value, std::string_view source) {
    return object({{"key", quoted(key)}, {"source", quoted(source)}, {"value", quoted(value)}});
}

std::vector<std::string> settings_of_profile(const Config& config) {
    const auto& policy = config.risk_policies.front();
    const auto built_in = [](std::string_view key, const std::string& value) {
        return setting(key, value, "offline profile");
    };
    return {
        built_in("broker.backend", "fake (the simulated venue)"),
        built_in("auth.enabled_scopes", "all " + std::to_string(config.scopes.size())),
        built_in("order_preview.enabled", "by --enable-preview on each call"),
        built_in("paper_trading.enabled", "by --enable-paper on each call"),
        built_in("paper_trading.allowed_accounts", config.paper.allowed_accounts.front().raw()),
        built_in("risk_policies.default.max_quantity", events::to_text(*policy.max_quantity)),
        built_in("risk_policies.default.max_notional", money_text(policy.max_notional)),
        built_in("risk_policies.default.max_position_notional", money_text(policy.max_position_notional)),
        built_in("risk_policies.default.max_orders_per_day", std::to_string(*policy.max_orders_per_day)),
        built_in("risk_policies.default.max_quote_age_seconds",
                 std::to_string(*policy.max_quote_age_seconds)),
        built_in("operators", "the local user"),
    };
}

std::vector<std::string> settings_of_file(const Config& config) {
    std::vector<std::string> rows;
    for (const auto& [key, value] : config.settings.all())
        rows.push_back(setting(key, to_text(value.value),
                               value.line > 0 ? "line " + std::to_string(value.line) : "default"));
    return rows;
}

std::string secret_row(const Config& config, const Environment& environment) {
    const bool from_file = config.offline_profile && !environment(config.hmac_secret_env);
    std::string state = "set";
    if (from_file)
        state = events::path_exists(config.key_file) ? "there" : "made by the first command";
    else if (secret_problem(config.hmac_secret_env, environment))
        state = "unset or too short";
    return object({{"name", quoted("audit secret")},
                   {"source", quoted(from_file ? "key file " + config.key_file
                                               : "environment variable " + config.hmac_secret_env)},
                   {"state", quoted(state)}});
}

}  // namespace

std::string configuration_markdown() {
    std::string out =
        "# Configuration\n\n"
        "This page is generated from the table that also checks every file "
        "(`io/config/settings_*.cpp`); a test keeps it current.\n\n"
        "A configuration is one YAML file, given with `--config FILE`, of at most 256 KiB. Unknown keys are\n"
        "refused at any depth with the line and the nearest known key. Anchors, aliases and tags are "
        "refused.\n"
        "Decimals stand in quotes, so that no reader makes binary fractions of them. Relative paths start "
        "at\n"
        "the folder of the file. Secrets are named, never written: the file holds the name of an "
        "environment\n"
        "variable. `ibkr-agent --config FILE config check` shows every effective value and where it is "
        "from.\n\n"
        "Without `--config` the offline profile runs: the simulated venue, a private home\n"
        "(`$IBKR_AGENT_HOME`, else `$XDG_STATE_HOME/ibkr-agent`, else `~/.local/state/ibkr-agent`), all "
        "scopes,\n"
        "the paper account DU1234567, and the local user as operator.\n";
    append_sections(out);
    append_retired(out);
    return out;
}

std::string config_report(const Config& config, const Environment& environment) {
    std::vector<std::string> notes;
    if (config.backend == BackendKind::simulated_venue)
        notes.push_back(quoted("the broker is the simulated venue: no order leaves this machine"));
    if (config.data_directory.empty())
        notes.push_back(quoted("log.directory is not set: commands need --data-dir"));
    if (config.risk_policies.front().name == "default" && !config.offline_profile &&
        config.settings.names("risk_policies").empty())
        notes.push_back(quoted("no risk_policies: the policy 'default' applies, which sets no amounts"));
    const auto rows = config.offline_profile ? settings_of_profile(config) : settings_of_file(config);
    return object({{"data_directory", quoted(config.data_directory)},
                   {"notes", list(notes)},
                   {"profile", quoted(config.offline_profile ? "offline" : "file")},
                   {"secrets", list({secret_row(config, environment)})},
                   {"settings", list(rows)},
                   {"valid", "true"}});
}

}  // namespace ibkr::io
