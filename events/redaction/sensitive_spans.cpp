#include "events/redaction/sensitive_spans.hpp"

#include <array>
#include <cstdint>

namespace ibkr::events {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view spaces = " \t\n\r";
constexpr std::string_view quotes = "\"'`";
constexpr std::string_view after_value = " \t\n\r\"'`&";
constexpr std::string_view after_path = " \t\n\r\"'`<>|;,)]}";

enum class Tail : std::uint8_t {
    value,           ///< the word or quoted text behind the marker
    assigned_value,  ///< the same, if a colon or equals sign stands between
    line,            ///< everything up to the end of the line
    path,
};

struct Marker {
    std::string_view lower;
    Tail tail;
    bool absolute_only;  ///< only where a path can begin
};

/// Every export marker of gateway contract section 5 is here; the others are our own.
constexpr auto markers = std::to_array<Marker>({{"bearer ", Tail::value, false},
                                                {"bearer\t", Tail::value, false},
                                                {"client_secret", Tail::assigned_value, false},
                                                {"refresh_token", Tail::assigned_value, false},
                                                {"access_token", Tail::assigned_value, false},
                                                {"password=", Tail::value, false},
                                                {"password:", Tail::value, false},
                                                {"cookie=", Tail::line, false},
                                                {"cookie:", Tail::line, false},
                                                {"authorization:", Tail::line, false},
                                                {"/home/", Tail::path, false},
                                                {"/root/", Tail::path, true},
                                                {"/users/", Tail::path, true},
                                                {"\\users", Tail::path, false}});

/// For each byte whether some marker begins with it.
constexpr auto marker_starts = [] {
    std::array<bool, 256> starts{};
    for (const Marker& marker : markers) {
        const auto lower = static_cast<unsigned char>(marker.lower.front());
        starts[lower] = true;
        if (lower >= 'a' && lower <= 'z') starts[lower - 'a' + 'A'] = true;
    }
    return starts;
}();

constexpr bool is_base64url(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

constexpr bool is_token_char(char c) noexcept {
    return is_base64url(c) || c == '.';
}

std::size_t skip(std::string_view text, std::size_t at, std::string_view set) noexcept {
    const std::size_t end = text.find_first_not_of(set, at);
    return end == npos ? text.size() : end;
}

std::size_t until(std::string_view text, std::size_t at, std::string_view set) noexcept {
    const std::size_t end = text.find_first_of(set, at);
    return end == npos ? text.size() : end;
}

std::size_t value_end(std::string_view text, std::size_t at) noexcept {
    const std::size_t start = skip(text, at, " \t");
    if (start < text.size() && quotes.find(text[start]) != npos) {
        const std::size_t close = text.find(text[start], start + 1);
        return close == npos ? text.size() : close + 1;
    }
    return until(text, start, after_value);
}

std::size_t assigned_value_end(std::string_view text, std::size_t at) noexcept {
    std::size_t sign = at;
    if (sign < text.size() && quotes.find(text[sign]) != npos) ++sign;
    sign = skip(text, sign, " \t");
    return sign < text.size() && (text[sign] == '=' || text[sign] == ':') ? value_end(text, sign + 1) : at;
}

/// A path with spaces goes on as long as the next word still holds a separator.
std::size_t path_end(std::string_view text, std::size_t at) noexcept {
    std::size_t end = until(text, at, after_path);
    while (end < text.size() && text[end] == ' ') {
        const std::size_t next = until(text, end + 1, after_path);
        if (text.substr(end + 1, next - end - 1).find_first_of("/\\") == npos) break;
        end = next;
    }
    return end;
}

bool path_may_begin(std::string_view text, std::size_t at) noexcept {
    if (at == 0) return true;
    const char before = text[at - 1];
    return !is_token_char(before) && before != '~' && before != '%';
}

std::size_t marker_end(std::string_view text, std::size_t at) noexcept {
    for (const Marker& marker : markers) {
        if (!has_at(text, at, marker.lower)) continue;
        if (marker.absolute_only && !path_may_begin(text, at)) continue;
        const std::size_t behind = at + marker.lower.size();
        switch (marker.tail) {
            case Tail::value:
                return value_end(text, behind);
            case Tail::assigned_value:
                return assigned_value_end(text, behind);
            case Tail::line:
                return until(text, behind, "\n\r");
            case Tail::path:
                return path_end(text, behind);
        }
    }
    return at;
}

/// Three neighbouring base64url parts of a length no ordinary dotted name has, or two JSON objects.
bool is_jwt(std::string_view run) noexcept {
    constexpr std::size_t part_length_min = 8;
    constexpr std::string_view json_object = "eyJ";  // base64url of {"
    if (const std::size_t header = run.find(json_object); header != npos && run.find(".eyJ", header) != npos)
        return true;
    int long_parts = 0;
    while (!run.empty()) {
        const std::size_t length = until(run, 0, ".");
        long_parts = length >= part_length_min ? long_parts + 1 : 0;
        if (long_parts == 3) return true;
        run.remove_prefix(length == run.size() ? length : length + 1);
    }
    return false;
}

std::size_t jwt_end(std::string_view text, std::size_t at) noexcept {
    if (!is_token_char(text[at]) || (at > 0 && is_token_char(text[at - 1]))) return at;
    std::size_t end = at;
    while (end < text.size() && is_token_char(text[end]))
        ++end;
    return is_jwt(text.substr(at, end - at)) ? end : at;
}

/// A drive letter belongs to the path behind it.
std::size_t drive_path_end(std::string_view text, std::size_t at) noexcept {
    const char letter = ascii_lower(text[at]);
    if (letter < 'a' || letter > 'z' || at + 2 >= text.size() || text[at + 1] != ':') return at;
    if (!has_at(text, at + 2, "\\users") && !has_at(text, at + 2, "/users/")) return at;
    return path_end(text, at + 2);
}

}  // namespace

std::size_t sensitive_run_end(std::string_view text, std::size_t at,
                              std::span<const std::string> exact_values) noexcept {
    for (const std::string& value : exact_values)
        if (has_at(text, at, value)) return at + value.size();
    if (const std::size_t end = drive_path_end(text, at); end != at) return end;
    if (marker_starts[static_cast<unsigned char>(text[at])])
        if (const std::size_t end = marker_end(text, at); end != at) return end;
    return jwt_end(text, at);
}

}  // namespace ibkr::events
