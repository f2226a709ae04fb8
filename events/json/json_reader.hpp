#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/json/json_limits.hpp"

namespace ibkr::events {

/// Reads one JSON text from front to back without building a tree. Used by the codec and by `parse_json`.
///
///   reader.begin_object(); while (reader.next_member(key)) { ... read exactly one value ... }
///
/// Invariants: 1. After the first error every call returns false and `error()` keeps the first cause.
/// 2. Views returned point into the text or into the reader and live until the next call that reads a text
/// of the same kind (key or value). 3. Duplicate keys are the caller's to notice: it knows what it has seen.
/// The text must outlive the reader.
class JsonReader {
public:
    enum class Kind : std::uint8_t { object, array, string, integer, fraction, boolean, null, none };

    JsonReader(std::string_view text, const JsonLimits& limits);

    /// What the next value is, by its first bytes; `none` when nothing that can be a value follows. A number
    /// is `fraction` when it has a point or exponent, or lies beyond 2^53.
    [[nodiscard]] Kind peek();
    [[nodiscard]] bool begin_object() { return begin('{'); }
    [[nodiscard]] bool begin_array() { return begin('['); }
    /// Moves to the next member and gives its key; false at the end of the object or on an error.
    [[nodiscard]] bool next_member(std::string_view& key);
    [[nodiscard]] bool next_element() { return advance(']'); }
    [[nodiscard]] bool read_string(std::string_view& value) { return string_at(value, value_buffer_); }
    [[nodiscard]] bool read_integer(std::int64_t& value);
    /// The digits of a number exactly as written; only where the limits allow fractions.
    [[nodiscard]] bool read_number_text(std::string_view& value);
    [[nodiscard]] bool read_boolean(bool& value);
    [[nodiscard]] bool read_null();
    /// True when nothing but white space is left and no error was met.
    [[nodiscard]] bool finish();

    [[nodiscard]] const std::optional<JsonError>& error() const noexcept { return error_; }
    bool fail(JsonError error) noexcept;
    [[nodiscard]] const JsonLimits& limits() const noexcept { return limits_; }

private:
    bool begin(char open);
    bool advance(char close);
    bool string_at(std::string_view& value, std::string& buffer);
    bool append_escape(std::string& buffer);
    bool hex4(unsigned& unit);
    bool take_word(std::string_view word);
    void skip_space() noexcept;
    [[nodiscard]] std::string_view number() const noexcept;

    std::string_view rest_;
    JsonLimits limits_;
    int depth_ = 0;
    bool opened_ = false;  // the last thing read was an opening bracket
    std::string key_buffer_;
    std::string value_buffer_;
    std::optional<JsonError> error_;
};

}  // namespace ibkr::events
