#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "events/event.hpp"

namespace ibkr::events {

// Everything that came from outside passes here before it becomes part of an event, a record or an answer:
// what is MACed is what is stored (design section 4). Members of our own catalogue are exempt by schema: they
// are built from values, not from outside documents.

inline constexpr std::string_view redacted_text = "[REDACTED]";
/// Bytes of one text from outside, at most, unless the caller says otherwise.
inline constexpr std::size_t outside_text_bytes_max = 4096;
/// Redaction records of one document, at most; the last then counts the others.
inline constexpr std::size_t redaction_records_max = 32;

/// True when the text, ASCII-lower-cased, holds a marker for which export refuses the whole output
/// (gateway contract section 5): "bearer ", client_secret, cookie=, refresh_token, password=, /home/,
/// \users\.
[[nodiscard]] bool has_export_marker(std::string_view text) noexcept;

/// True when a member of this name is never stored with its value (gateway contract section 5).
[[nodiscard]] bool is_sensitive_name(std::string_view name) noexcept;

/// Valid UTF-8 without control characters except tab and newline: invalid bytes become U+FFFD. A text of more
/// than `bytes_max` bytes (at least 128) is cut at a character and ends with "... [N bytes, sha256 HEX]" of
/// the text as given. Never longer than `bytes_max`; idempotent.
[[nodiscard]] std::string clean_text(std::string_view outside, std::size_t bytes_max);

/// Replaces what must not be stored by "[REDACTED]": values of members with a sensitive name, at any depth;
/// inside texts and member names bearer tokens, JWTs, every export marker with the value behind it, absolute
/// paths of a home directory; and the exact values it was given (ASCII case-insensitively).
/// Invariants: 1. Idempotent. 2. Its output holds no export marker and none of the exact values.
/// 3. Immutable after construction: any thread.
class Redactor {
public:
    Redactor() : Redactor(std::vector<std::string>{}) {}
    /// `exact_values`: raw account ids, secrets, local directories. A value shorter than 4 bytes, or one that
    /// "[REDACTED]" itself contains, cannot be told from ordinary text and is ignored.
    explicit Redactor(const std::vector<std::string>& exact_values);

    /// Cleaned (`clean_text`), redacted and cut, in this order.
    [[nodiscard]] std::string text(std::string_view outside,
                                   std::size_t bytes_max = outside_text_bytes_max) const;

    /// True when `text` would come out changed: such a key or client id is refused as input.
    [[nodiscard]] bool touches(std::string_view outside) const;

    /// A copy that has a canonical form: texts as by `text`, null members left out (in a list the word
    /// "null"), integers beyond 2^53 as text, fractions and member names that are not ASCII redacted.
    /// What was redacted is appended to `records` with paths below `root`.
    [[nodiscard]] nlohmann::json json(const nlohmann::json& outside, std::string_view root,
                                      std::vector<RedactionRecord>& records) const;

    /// The same for a JSON text of any origin, ready to be embedded: at most `bytes_max` bytes (at least
    /// 512). What is not an object becomes {"value": ...}; what is not JSON, or too large, {"text": ...},
    /// cut.
    [[nodiscard]] EmbeddedJson document(std::string_view outside, std::string_view root,
                                        std::vector<RedactionRecord>& records,
                                        std::size_t bytes_max = 16'384) const;

private:
    [[nodiscard]] std::string redacted(std::string text) const;
    friend class JsonRedaction;

    std::vector<std::string> exact_values_;  // lower-case
};

/// `Redactor().touches(text)`: by the rules alone, without exact values.
[[nodiscard]] bool redaction_would_touch(std::string_view text);

}  // namespace ibkr::events
