#include "engine/account_directory.hpp"

namespace ibkr::engine {

events::AccountHash AccountDirectory::add(const events::AccountId& account) {
    events::AccountHash hash = hasher_(account);
    {
        const std::shared_lock reading(mutex_);
        const auto known = accounts_.find(hash);
        if (known != accounts_.end() && known->second == account) return hash;
    }
    const std::unique_lock writing(mutex_);
    accounts_.insert_or_assign(hash, account);
    return hash;
}

std::optional<events::AccountId> AccountDirectory::find(const events::AccountHash& hash) const {
    const std::shared_lock reading(mutex_);
    const auto found = accounts_.find(hash);
    if (found == accounts_.end()) return std::nullopt;
    return found->second;
}

std::string AccountDirectory::display(const events::AccountHash& hash) const {
    if (const auto account = find(hash)) return account->raw();
    return "[account " + hash.text().substr(0, 12) + "]";
}

std::vector<std::string> AccountDirectory::raw_ids() const {
    const std::shared_lock reading(mutex_);
    std::vector<std::string> ids;
    ids.reserve(accounts_.size());
    for (const auto& [hash, account] : accounts_)
        ids.push_back(account.raw());
    return ids;
}

}  // namespace ibkr::engine
