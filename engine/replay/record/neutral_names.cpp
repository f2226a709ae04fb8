#include "engine/replay/record/neutral_names.hpp"

#include <algorithm>

#include "engine/engine_user.hpp"
#include "events/values/ids.hpp"
#include "statemachines/decide/drafts.hpp"

namespace ibkr::engine {
namespace {

/// Those beyond ASCII too.
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}
bool is_of_word(char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
}
bool is_of_address(char c) {
    return is_of_word(c) || std::string_view("._%+-").find(c) != std::string_view::npos;
}
bool is_of_id(char c) {
    return is_of_address(c) || std::string_view(":@/#").find(c) != std::string_view::npos;
}

/// `word` wherever it stands alone.
void replace_word(std::string& text, const std::string& word, const std::string& name) {
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
        const std::size_t end = at + word.size();
        const bool alone = (at == 0 || !is_of_word(text[at - 1]) || !is_of_word(word.front())) &&
                           (end == text.size() || !is_of_word(text[end]) || !is_of_word(word.back()));
        if (alone) text.replace(at, word.size(), name);
        at += alone ? name.size() : 1;
    }
}

/// Environment and the first 8 hex digits of the log id.
constexpr std::size_t client_order_prefix_length = 9;
constexpr std::string_view client_order_roles = "-ts";

bool has_client_order_prefix(std::string_view id) {
    return id.size() > client_order_prefix_length && (id[0] == 'p' || id[0] == 'l') &&
           id.substr(1, client_order_prefix_length - 1).find_first_not_of("0123456789abcdef") ==
               std::string_view::npos;
}

}  // namespace

std::string NeutralNames::numbered(const std::string& prefix, const std::string& text) {
    auto& names = numbers_[prefix];
    return names.try_emplace(text, prefix + std::to_string(names.size() + 1)).first->second;
}

std::string NeutralNames::met(const std::string& prefix, const std::string& text) {
    return met_.insert_or_assign(text, numbered(prefix, text)).first->second;
}

std::string NeutralNames::user(const std::string& name) {
    if (name == engine_user) return name;
    know_user(name);
    return numbered("user-", name);
}

void NeutralNames::know_user(const std::string& name) {
    if (!name.empty() && name != engine_user) users_.insert(name);
}

std::string NeutralNames::key(const std::string& key) {
    return met(events::is_idempotency_key(key) ? "key-" : "key:", key);
}

std::string NeutralNames::client_order(const std::string& id) {
    if (!has_client_order_prefix(id)) return met("client-order-", id);
    const bool has_role = client_order_roles.find(id[client_order_prefix_length]) != std::string_view::npos;
    const std::size_t rest = client_order_prefix_length + (has_role ? 1 : 0);
    if (rest == id.size()) return id;
    const std::string name = id.substr(0, rest) + key(id.substr(rest));
    met_.insert_or_assign(id, name);
    return name;
}

std::string NeutralNames::written(const std::string& text) {
    if (statemachines::is_blank(text)) return text;
    std::string name = numbered("text-", text);
    if (text.size() > statemachines::given_text_bytes_max) name.resize(text.size(), '.');
    return name;
}

std::string NeutralNames::without_addresses(const std::string& text) {
    std::string out;
    std::size_t done = 0;
    for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
        std::size_t first = at;
        while (first > done && is_of_address(text[first - 1]))
            --first;
        std::size_t end = at + 1;
        while (end < text.size() && is_of_address(text[end]))
            ++end;
        const bool has_host = std::any_of(text.data() + at + 1, text.data() + end, is_letter);
        if (first == at || !has_host) continue;  // such as 5@200
        out.append(text, done, first - done).append(numbered("address-", text.substr(first, end - first)));
        done = end;
    }
    return out.append(text, done);
}

std::string NeutralNames::other(const std::string& text) {
    const auto id = ids_.find(text);
    return id == ids_.end() ? without_addresses(text) : id->second;
}

std::string NeutralNames::in_our_message(const std::string& text) {
    constexpr std::string_view before_key = "key '";
    std::string out;
    std::size_t done = 0;
    for (std::size_t at = text.find(before_key); at != std::string::npos; at = text.find(before_key, done)) {
        const std::size_t first = at + before_key.size();
        const std::size_t end = text.find('\'', first);
        if (end == std::string::npos || end == first) break;
        out.append(text, done, first - done).append(key(text.substr(first, end - first)));
        done = end;
    }
    out.append(text, done);
    for (const auto& [from, to] : ids_)
        replace_word(out, from, to);
    return without_addresses(out);
}

std::string NeutralNames::in_outside_message(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && is_of_id(text[end]))
            ++end;
        std::size_t last = end;  // a full stop or colon behind an id is none of it
        while (last > at && !is_of_word(text[last - 1]))
            --last;
        const auto found = met_.find(text.substr(at, last - at));
        out += found == met_.end() ? text.substr(at, last - at) : found->second;
        out.append(text, last, std::max(end, at + 1) - last);
        at = std::max(end, at + 1);
    }
    for (const std::string& name : users_)
        replace_word(out, name, user(name));
    return without_addresses(out);
}

}  // namespace ibkr::engine
