#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime.hpp"
#include "events/log/anchors/anchored_log.hpp"
#include "events/log/directory/disk_reserve.hpp"
#include "events/result.hpp"
#include "io/config/settings.hpp"

namespace ibkr::io {

enum class BackendKind : std::uint8_t { simulated_venue, client_portal_gateway };

struct PaperConfig {
    bool enabled = false;
    std::vector<events::AccountId> allowed_accounts;
    std::string risk_policy_id = "default";
};

struct ApprovalConfig {
    statemachines::ApprovalMode paper = statemachines::ApprovalMode::self;
    statemachines::ApprovalMode live = statemachines::ApprovalMode::operator_;
    std::uint32_t ttl_seconds = 300;
};

struct OperatorConfig {
    std::vector<std::int64_t> uids;
    std::string group;
    std::string secret_file;  ///< holds the hex SHA-256 of the operator secret
};

/// What one process runs on: a configuration file, or the offline profile. Paths are absolute or relative to
/// the working directory; the audit secret itself is read by `load_audit_key`, not kept here.
struct Config {
    bool offline_profile = false;
    std::string file;  ///< empty for the offline profile
    BackendKind backend = BackendKind::simulated_venue;
    std::vector<std::string> scopes;
    std::string data_directory;   ///< empty: the command line must name it
    std::string projection_path;  ///< empty: projections.sqlite3 in the data directory
    std::uint64_t reserve_mb =
        events::reserve_mb_default;  ///< free disk space below which new work is refused
    events::AnchorSettings anchors;
    std::string hmac_secret_env;
    std::string key_file;  ///< offline profile: used when that variable is not set
    bool preview_enabled = false;
    std::uint32_t preview_expiration_seconds = 300;
    PaperConfig paper;
    ApprovalConfig approvals;
    OperatorConfig operators;
    engine::EngineLimits limits;
    std::chrono::seconds reconcile_interval{5};  ///< between looks at the broker's book of a resident engine
    std::vector<statemachines::RiskPolicy> risk_policies;  ///< `default` is always there
    Settings settings;  ///< every key with its effective value; empty for the offline profile
};

/// Looks up an environment variable; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;
[[nodiscard]] Environment process_environment();

/// Reads and checks a configuration file of at most 256 KiB. Relative paths start at its folder. Every issue
/// found is in `reasons`; the first one gives the code and the message. Errors: CONFIG_INVALID and the other
/// CONFIG codes of gateway contract section 1, AUTH_SCOPE_NOT_ALLOWED_IN_MVP for an unknown scope,
/// AUDIT_WRITE_FAILED for live retention below the floor.
[[nodiscard]] events::Result<Config> load_config(const std::string& path, const Environment& environment);
/// The same from text; `folder` is where relative paths start.
[[nodiscard]] events::Result<Config> parse_config(std::string_view text, const std::string& folder,
                                                  const Environment& environment);

/// The policies the engine records and decides under; account ids are hashed by, and added to, `accounts`.
[[nodiscard]] engine::Policies policies_of(const Config& config, engine::AccountDirectory& accounts);

}  // namespace ibkr::io
