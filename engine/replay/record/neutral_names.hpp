#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace ibkr::engine {

/// Neutral names for what people chose or typed, and which may say who they are: user-1, key-2, text-3. The
/// same text has the same name everywhere, so that decisions that compare texts come out alike.
class NeutralNames {
public:
    [[nodiscard]] std::string user(const std::string& name);
    [[nodiscard]] std::string session(const std::string& id) { return numbered("session-", id); }
    [[nodiscard]] std::string request(const std::string& id) { return met("request-", id); }
    [[nodiscard]] std::string command(const std::string& id) { return met("command-", id); }
    /// Of an allowed form when `key` is, because a decision asks for that.
    [[nodiscard]] std::string key(const std::string& key);
    /// Environment, log prefix and role stay; the key in it is named as `key` names it.
    [[nodiscard]] std::string client_order(const std::string& id);
    /// What somebody wrote with an act or an order. A blank text stays blank, one beyond the limit keeps its
    /// length: decisions look at both.
    [[nodiscard]] std::string written(const std::string& text);

    /// An id that is made of a name, and so changes with it.
    void rename_id(const std::string& from, const std::string& to) { ids_.insert_or_assign(from, to); }
    /// Any other text: such an id is renamed, and what has the form of an e-mail address is named.
    [[nodiscard]] std::string other(const std::string& text);

    /// Somebody who may be named in a text.
    void know_user(const std::string& name);
    /// A message of our own: keys in it are named, and what has the form of an e-mail address.
    [[nodiscard]] std::string in_our_message(const std::string& text);
    /// A message from outside: everybody known and every id met so far is named in it as well.
    [[nodiscard]] std::string in_outside_message(const std::string& text);

private:
    struct LongerFirst {
        bool operator()(const std::string& a, const std::string& b) const {
            return a.size() != b.size() ? a.size() > b.size() : a < b;
        }
    };
    /// `prefix` and the number of `text` among those with this prefix.
    [[nodiscard]] std::string numbered(const std::string& prefix, const std::string& text);
    /// The same, and named in messages from outside from now on.
    [[nodiscard]] std::string met(const std::string& prefix, const std::string& text);

    [[nodiscard]] std::string without_addresses(const std::string& text);

    std::map<std::string, std::map<std::string, std::string>> numbers_;  ///< by prefix, then by text
    std::map<std::string, std::string> met_;                             ///< ids, with their names
    std::map<std::string, std::string> ids_;                             ///< renamed
    std::set<std::string, LongerFirst> users_;
};

}  // namespace ibkr::engine
