#include "io/config/config_digest.hpp"

#include <algorithm>
#include <array>

#include "events/crypto/bytes.hpp"
#include "events/crypto/sha256.hpp"
#include "events/json/json_text.hpp"
#include "statemachines/command_codec.hpp"

namespace ibkr::io {
namespace {

constexpr auto deciding_sections = std::to_array<std::string_view>(
    {"approvals.", "broker.", "live_policies.", "live_trading.", "order_preview.", "paper_trading.",
     "reconcile.", "risk_policies.", "safety."});

void append_pair(std::string& text, std::string_view key, std::string_view value) {
    (void)events::append_json_string(text, key);
    (void)events::append_json_string(text, value);
}

}  // namespace

std::string config_digest(const Config& config) {
    std::string text = "ibkr-agent deciding configuration 1\n";
    if (config.offline_profile) {
        text += "offline profile\n";
        for (const events::AccountId& account : config.paper.allowed_accounts)
            append_pair(text, "paper account", account.raw());
        for (const statemachines::RiskPolicy& policy : config.risk_policies)
            text += statemachines::policy_json(policy).text;
    }
    for (const auto& [key, setting] : config.settings.all()) {
        const bool decides = std::any_of(deciding_sections.begin(), deciding_sections.end(),
                                         [&](std::string_view section) { return key.starts_with(section); });
        if (decides) append_pair(text, key, to_text(setting.value));
    }
    return events::hex(events::sha256(text));
}

}  // namespace ibkr::io
