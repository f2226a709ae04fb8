#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "events/values/ids.hpp"

namespace ibkr::engine {

/// Maps raw account ids to their hashes under the log's account key, and back. Filled from the config's and
/// the broker's account lists; the only place where a hash becomes a raw id again (design section 1). Any
/// thread.
class AccountDirectory {
public:
    using Hasher = std::function<events::AccountHash(const events::AccountId&)>;
    explicit AccountDirectory(Hasher hasher) : hasher_(std::move(hasher)) {}

    /// Remembers `account` and returns its hash.
    events::AccountHash add(const events::AccountId& account);
    [[nodiscard]] events::AccountHash hash(const events::AccountId& account) const {
        return hasher_(account);
    }
    /// nullopt when no list named this account.
    [[nodiscard]] std::optional<events::AccountId> find(const events::AccountHash& hash) const;
    /// The raw id, or the hash's first 12 digits in brackets for an account no list names.
    [[nodiscard]] std::string display(const events::AccountHash& hash) const;
    /// Every raw id known: what redaction must never let through.
    [[nodiscard]] std::vector<std::string> raw_ids() const;

private:
    Hasher hasher_;
    mutable std::shared_mutex mutex_;
    std::map<events::AccountHash, events::AccountId> accounts_;
};

}  // namespace ibkr::engine
