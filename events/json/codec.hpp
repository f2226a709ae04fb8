#pragma once

#include <string>
#include <string_view>

#include "events/json/json_limits.hpp"
#include "events/result.hpp"

namespace ibkr::events {

// Structs to JSON and back by the rules of events/describe.hpp. This header only declares: a .cpp that
// includes events/json/describe_codec.hpp instantiates the functions for its types, for example
//   template std::string to_canonical_json<OrderTerms>(const OrderTerms&);
//   template Result<OrderTerms> from_json_text<OrderTerms>(std::string_view, const JsonLimits&);
//
// T is a described struct, or a std::variant of them (writing only: which alternative a text holds is told by
// something outside it).

/// Canonical JSON (RFC 8785). Total for values that keep their own invariants; asserts that every text is
/// UTF-8, every id is an id's text and every integer lies within +-2^53, so that nothing is written that
/// could not be read again. Texts from outside go through `clean_text` (redaction.hpp) and ids through
/// `from_text` before they become part of a value.
template <class T>
[[nodiscard]] std::string to_canonical_json(const T& value);

/// The same, appended to a buffer that the caller reuses.
template <class T>
void append_canonical_json(std::string& out, const T& value);

/// Strict reading, in any member order and spacing. An unknown, missing, repeated or wrongly typed member is
/// ORDER_VALIDATION_FAILED with a message that names its path, such as `member 'terms.quantity': ...`, and
/// never repeats the value. Invariant: from_json_text(to_canonical_json(v)) == v.
template <class T>
[[nodiscard]] Result<T> from_json_text(std::string_view text, const JsonLimits& limits = JsonLimits::own());

}  // namespace ibkr::events
