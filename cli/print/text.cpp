#include "cli/print/text.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "events/json/utf8.hpp"

namespace ibkr::cli {
namespace {

struct Character {
    std::uint32_t code = 0;
    std::size_t bytes = 1;
    bool valid = false;
};

Character first_character(std::string_view text) {
    const std::size_t length = events::utf8_sequence_length(text);
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (length == 0) return {byte(0), 1, false};
    if (length == 1) return {byte(0), 1, true};
    std::uint32_t code = byte(0) & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i)
        code = code << 6 | (byte(i) & 0x3fU);
    return {code, length, true};
}

/// Directional marks and overrides, line separators, the byte order mark and tag characters.
bool misleads(std::uint32_t code) {
    return code == 0x061c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xfeff || (code >= 0xe0000 && code <= 0xe007f);
}

bool is_control(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

bool is_combining(std::uint32_t code) {
    return (code >= 0x0300 && code <= 0x036f) || (code >= 0x200b && code <= 0x200d) ||
           (code >= 0x1ab0 && code <= 0x1aff) || (code >= 0x20d0 && code <= 0x20ff) ||
           (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xfe20 && code <= 0xfe2f);
}

bool is_wide(std::uint32_t code) {
    return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
           (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
           (code >= 0xfe30 && code <= 0xfe4f) || (code >= 0xff00 && code <= 0xff60) ||
           (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff) ||
           (code >= 0x20000 && code <= 0x3fffd);
}

void append_json_escape(std::string& out, std::uint32_t code) {
    if (code < 0x10000) {
        out += fmt::format("\\u{:04x}", code);
        return;
    }
    const std::uint32_t rest = code - 0x10000;
    out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
}

class PrettyPrinter {
public:
    PrettyPrinter(std::string_view text, bool one_line) : rest_(text), one_line_(one_line) {}

    std::string print() {
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (c == '"')
                string();
            else
                structure(c);
        }
        out_ += '\n';
        return std::move(out_);
    }

private:
    void line() {
        if (one_line_) return;
        out_ += '\n';
        out_.append(2 * depth_, ' ');
    }
    void structure(char c) {
        rest_.remove_prefix(1);
        if (c == '{' || c == '[') {
            out_ += c;
            if (!rest_.empty() && (rest_.front() == '}' || rest_.front() == ']')) {
                out_ += rest_.front();
                rest_.remove_prefix(1);
                return;
            }
            ++depth_;
            line();
        } else if (c == '}' || c == ']') {
            if (depth_ > 0) --depth_;
            line();
            out_ += c;
        } else if (c == ',') {
            out_ += c;
            line();
        } else if (c == ':') {
            out_ += one_line_ ? ":" : ": ";
        } else {
            out_ += c;
        }
    }
    void string() {
        out_ += '"';
        rest_.remove_prefix(1);
        while (!rest_.empty()) {
            const Character next = first_character(rest_);
            const std::string_view bytes = rest_.substr(0, next.bytes);
            rest_.remove_prefix(next.bytes);
            if (next.code == '\\' && !rest_.empty()) {
                out_ += bytes;
                out_ += rest_.front();
                rest_.remove_prefix(1);
                continue;
            }
            if (next.valid && (misleads(next.code) || (next.code >= 0x7f && next.code <= 0x9f)))
                append_json_escape(out_, next.code);
            else
                out_ += bytes;
            if (next.code == '"') return;
        }
    }

    std::string_view rest_;
    std::string out_;
    std::size_t depth_ = 0;
    bool one_line_;
};

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character next = first_character(text);
        if (!next.valid || (is_control(next.code) && next.code < 0x100))
            out += fmt::format("\\x{:02x}", next.code);
        else if (misleads(next.code))
            out += fmt::format("\\u{{{:x}}}", next.code);
        else
            out += text.substr(0, next.bytes);
        text.remove_prefix(next.bytes);
    }
    return out;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const Character next = first_character(text);
        text.remove_prefix(next.bytes);
        if (!is_combining(next.code)) width += is_wide(next.code) ? 2U : 1U;
    }
    return width;
}

std::string pretty_json(std::string_view canonical) {
    return PrettyPrinter(canonical, false).print();
}

std::string line_json(std::string_view canonical) {
    return PrettyPrinter(canonical, true).print();
}

}  // namespace ibkr::cli
