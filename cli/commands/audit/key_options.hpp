#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "events/crypto/secret.hpp"
#include "events/log/keys/key_ring.hpp"
#include "events/result.hpp"

namespace ibkr::cli {

class App;

/// The options by which a command takes the keys of an export: --hmac-secret-env and --keyring.
[[nodiscard]] std::vector<Option> key_options();

/// The keys a command line supplies.
class SuppliedKeys {
public:
    /// CONFIG_INVALID for a variable without a secret, a text that is no key id, or a file that is no key
    /// ring.
    [[nodiscard]] static events::Result<SuppliedKeys> read(const App& app, const Arguments& arguments);

    [[nodiscard]] bool empty() const noexcept { return secrets_.empty() && !ring_; }
    void add(events::Secret secret) { secrets_.push_back({std::nullopt, std::move(secret), {}}); }

    /// Every key of the log that they open. LOG_KEY_MISMATCH when that is none, when a named key id is not
    /// that of its secret, or when the ring is another log's. These keys outlive it.
    [[nodiscard]] events::KeyRingLookup lookup() const;

private:
    struct NamedSecret {
        std::optional<events::KeyId> key_id;  ///< nothing: of whichever epoch it is
        events::Secret secret;
        std::string variable;
    };
    [[nodiscard]] events::Result<void> add_variables(const App& app, const std::string& list);
    [[nodiscard]] events::Result<events::KeyRing> ring_for(const events::LogId& log_id,
                                                           std::span<const events::KeyId> key_ids) const;

    std::vector<NamedSecret> secrets_;
    std::optional<events::KeyRing> ring_;
};

}  // namespace ibkr::cli
