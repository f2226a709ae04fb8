#include "events/redaction/sensitive_spans.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ibkr::events {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view quotes = "\"'`";
constexpr std::string_view after_value = " \t\n\r\"'`&";
constexpr std::string_view after_path = " \t\n\r\"'`<>|;,)]}";

enum class Tail : std::uint8_t {
    value,           ///< the word or quoted text behind the marker
    assigned_value,  ///< the same, if a colon or equals sign stands between, else the marker alone
    only_assigned,   ///< as before, but the marker alone is harmless
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
                                                {"access_token", Tail::only_assigned, false},
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

/// The end of a search that every start between `from` and `end` shares: remembered, so that many markers
/// before one far end cost no more than one.
struct SharedEnd {
    std::size_t from = 1;
    std::size_t end = 0;

    template <class Search>
    std::size_t at(std::size_t start, Search search) {
        if (start < from || start > end) {
            end = search(start);
            from = start;
        }
        return end;
    }
};

class Scanner {
public:
    Scanner(std::string_view text, std::span<const std::string> exact_values)
        : text_(text), exact_values_(exact_values) {}

    /// One past the longest sensitive run that starts at `at`; `at` itself when none does.
    std::size_t run_end(std::size_t at) {
        std::size_t end = std::max(drive_path_end(at), jwt_end(at));
        if (marker_starts[static_cast<unsigned char>(text_[at])]) end = std::max(end, marker_end(at));
        for (const std::string& value : exact_values_)
            if (at + value.size() > end && has_at(text_, at, value)) end = at + value.size();
        return end;
    }

private:
    std::size_t quoted_end(std::size_t start) {
        const char quote = text_[start];
        return quote_ends_[quotes.find(quote)].at(start + 1, [&](std::size_t from) {
            const std::size_t close = text_.find(quote, from);
            return close == npos ? text_.size() : close;
        });
    }

    std::size_t value_end(std::size_t at) {
        const std::size_t start = skip(text_, at, " \t");
        if (start < text_.size() && quotes.find(text_[start]) != npos)
            return std::min(quoted_end(start) + 1, text_.size());
        return value_ends_.at(start, [&](std::size_t from) { return until(text_, from, after_value); });
    }

    /// `otherwise` when no colon or equals sign follows.
    std::size_t assigned_value_end(std::size_t at, std::size_t otherwise) {
        std::size_t sign = at;
        if (sign < text_.size() && quotes.find(text_[sign]) != npos) ++sign;
        sign = skip(text_, sign, " \t");
        const bool assigned = sign < text_.size() && (text_[sign] == '=' || text_[sign] == ':');
        return assigned ? value_end(sign + 1) : otherwise;
    }

    /// A path with spaces goes on as long as the next word still holds a separator.
    std::size_t path_end(std::size_t at) {
        return path_ends_.at(at, [&](std::size_t from) {
            std::size_t end = until(text_, from, after_path);
            while (end < text_.size() && text_[end] == ' ') {
                const std::size_t next = until(text_, end + 1, after_path);
                if (text_.substr(end + 1, next - end - 1).find_first_of("/\\") == npos) break;
                end = next;
            }
            return end;
        });
    }

    [[nodiscard]] bool path_may_begin(std::size_t at) const noexcept {
        if (at == 0) return true;
        const char before = text_[at - 1];
        return !is_token_char(before) && before != '~' && before != '%';
    }

    std::size_t tail_end(const Marker& marker, std::size_t at) {
        const std::size_t behind = at + marker.lower.size();
        switch (marker.tail) {
            case Tail::value:
                return value_end(behind);
            case Tail::assigned_value:
                return assigned_value_end(behind, behind);
            case Tail::only_assigned:
                return assigned_value_end(behind, at);
            case Tail::line:
                return line_ends_.at(behind, [&](std::size_t from) { return until(text_, from, "\n\r"); });
            case Tail::path:
                return path_end(behind);
        }
        return at;
    }

    std::size_t marker_end(std::size_t at) {
        for (const Marker& marker : markers)
            if (has_at(text_, at, marker.lower) && (!marker.absolute_only || path_may_begin(at)))
                return tail_end(marker, at);
        return at;
    }

    [[nodiscard]] std::size_t jwt_end(std::size_t at) const noexcept {
        if (!is_token_char(text_[at]) || (at > 0 && is_token_char(text_[at - 1]))) return at;
        std::size_t end = at;
        while (end < text_.size() && is_token_char(text_[end]))
            ++end;
        return is_jwt(text_.substr(at, end - at)) ? end : at;
    }

    /// A drive letter belongs to the path behind it.
    std::size_t drive_path_end(std::size_t at) {
        if (at + 2 >= text_.size() || text_[at + 1] != ':') return at;
        const char letter = ascii_lower(text_[at]);
        if (letter < 'a' || letter > 'z') return at;
        if (!has_at(text_, at + 2, "\\users") && !has_at(text_, at + 2, "/users/")) return at;
        return path_end(at + 2);
    }

    std::string_view text_;
    std::span<const std::string> exact_values_;
    SharedEnd value_ends_;
    SharedEnd line_ends_;
    SharedEnd path_ends_;
    std::array<SharedEnd, quotes.size()> quote_ends_;
};

}  // namespace

std::string replace_sensitive(std::string_view text, std::span<const std::string> exact_values,
                              std::string_view replacement) {
    Scanner scanner(text, exact_values);
    std::string out;
    std::size_t kept_from = 0;  // text before it is in `out`
    std::size_t covered = 0;    // one past the run being replaced
    bool inside = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (inside && at > covered) inside = false;
        const std::size_t end = scanner.run_end(at);
        if (end == at) continue;
        if (!inside) {
            out.append(text.substr(kept_from, at - kept_from));
            out.append(replacement);
        }
        inside = true;
        kept_from = covered = std::max(covered, end);
    }
    out.append(text.substr(kept_from));
    return out;
}

}  // namespace ibkr::events
