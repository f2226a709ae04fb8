#include "io/config/offline_profile.hpp"

#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/gateway/scopes.hpp"
#include "events/log/directory/files.hpp"

namespace ibkr::io {
namespace {

using events::ErrorCode;
using events::failure;

constexpr std::string_view role = "home directory";

events::Money dollars(std::int64_t amount) {
    return {events::Decimal::whole(amount), events::Currency{}};
}

statemachines::RiskPolicy offline_risk_policy() {
    statemachines::RiskPolicy policy;
    policy.max_quantity = events::Quantity::whole(1000);
    policy.max_notional = dollars(100'000);
    policy.max_position_notional = dollars(250'000);
    policy.max_orders_per_day = 200;
    return policy;
}

}  // namespace

events::Result<std::string> offline_home(const Environment& environment) {
    const auto absolute = [](const std::string& path) {
        std::error_code failed;
        const auto full = std::filesystem::absolute(path, failed);
        return failed ? path : full.lexically_normal().string();
    };
    if (const auto home = environment("IBKR_AGENT_HOME"); home && !home->empty()) return absolute(*home);
    if (const auto state = environment("XDG_STATE_HOME"); state && state->starts_with("/"))
        return *state + "/ibkr-agent";
    if (const auto user = environment("HOME"); user && user->starts_with("/"))
        return *user + "/.local/state/ibkr-agent";
    return failure(ErrorCode::config_invalid, "no home for the offline profile: HOME is not set",
                   "Set IBKR_AGENT_HOME to a private folder, or give --config.");
}

Config offline_profile(const std::string& home) {
    Config config;
    config.offline_profile = true;
    config.data_directory = home + "/data";
    config.hmac_secret_env = offline_secret_variable;
    config.key_file = home + "/key";
    for (const engine::ScopeInfo& scope : engine::all_scopes())
        config.scopes.emplace_back(scope.name);
    config.paper.enabled = true;
    config.paper.allowed_accounts = {events::AccountId(std::string(offline_paper_account))};
    config.risk_policies = {offline_risk_policy()};
    return config;
}

events::Result<void> prepare_home(const std::string& home) {
    if (auto made = events::make_directories(home, role); !made) return made;
    struct stat facts{};
    if (::stat(home.c_str(), &facts) != 0) return failure(events::system_error(role, "looking at", errno));
    if (!S_ISDIR(facts.st_mode))
        return failure(ErrorCode::config_invalid, "the " + std::string(role) + " is not a directory",
                       "Set IBKR_AGENT_HOME to a private folder.");
    if (facts.st_uid != ::geteuid() || (facts.st_mode & 0022) != 0)
        return failure(ErrorCode::config_invalid,
                       "the " + std::string(role) + " belongs to another user or can be written by others",
                       "Set IBKR_AGENT_HOME to a private folder (mode 0700).");
    return {};
}

}  // namespace ibkr::io
