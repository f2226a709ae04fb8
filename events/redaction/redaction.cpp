#include "events/redaction/redaction.hpp"

#include <algorithm>
#include <array>

#include "events/redaction/clean_text_internal.hpp"
#include "events/redaction/sensitive_spans.hpp"

namespace ibkr::events {
namespace {

constexpr std::size_t exact_value_bytes_min = 4;
/// Replacing can put two harmless ends together; more rounds than this are not natural text.
constexpr int rounds_max = 4;

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), ascii_lower);
    return text;
}

bool contains_lower(std::string_view text, std::string_view lower) noexcept {
    for (std::size_t i = 0; i + lower.size() <= text.size(); ++i)
        if (has_at(text, i, lower)) return true;
    return false;
}

}  // namespace

bool has_export_marker(std::string_view text) noexcept {
    constexpr auto markers = std::to_array<std::string_view>(
        {"bearer ", "client_secret", "cookie=", "refresh_token", "password=", "/home/", "\\users\\"});
    return std::any_of(markers.begin(), markers.end(),
                       [&](std::string_view marker) { return contains_lower(text, marker); });
}

bool is_sensitive_name(std::string_view name) noexcept {
    // The contract's access_token, refresh_token and set-cookie contain these.
    constexpr auto words = std::to_array<std::string_view>(
        {"token", "cookie", "authorization", "password", "credential", "secret", "header", "path"});
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return contains_lower(name, word); });
}

Redactor::Redactor(const std::vector<std::string>& exact_values) {
    for (const std::string& value : exact_values) {
        std::string cleaned = lower_case(valid_text(value));
        if (cleaned.size() >= exact_value_bytes_min && !contains_lower(redacted_text, cleaned))
            exact_values_.push_back(std::move(cleaned));
    }
}

std::string Redactor::redacted(std::string text) const {
    for (int round = 0; round < rounds_max; ++round) {
        std::string next = replace_sensitive(text, exact_values_, redacted_text);
        if (next == text) return text;
        text = std::move(next);
    }
    return std::string(redacted_text);
}

std::string Redactor::text(std::string_view outside, std::size_t bytes_max) const {
    return cut_text(redacted(valid_text(outside)), outside, bytes_max);
}

bool Redactor::touches(std::string_view outside) const {
    return redacted(valid_text(outside)) != outside;
}

bool redaction_would_touch(std::string_view text) {
    return Redactor().touches(text);
}

}  // namespace ibkr::events
