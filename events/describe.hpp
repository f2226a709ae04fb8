#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ibkr::events {

/// How a struct becomes JSON and comes back, written once per struct:
///
///   template <class V, class S> static constexpr void describe(V& v, S& self) { v("name", self.member); }
///
/// A visitor is called with each member's JSON name and the member (const when writing). Rules the codec
/// (`events/json/codec.hpp`) applies to every described struct:
/// 1. std::optional, EmbeddedJson and StrongId members are left out when they hold nothing, and so are empty
///    members wrapped in `omit_empty`; every other member is required.
/// 2. Unknown members are an error when reading. 3. Integers lie in [-2^53, 2^53].
/// 4. A type with `to_text`/`from_text` (decimals, ids, times, currency) is a JSON string.
/// 5. An enum is its name from `enum_names`. 6. EmbeddedJson is a JSON object kept as canonical text.

template <class E>
struct EnumName {
    E value;
    std::string_view name;
};

/// Found by argument-dependent lookup: `std::span<const EnumName<E>> enum_names(E)`, one entry per
/// enumerator.
template <class E>
[[nodiscard]] constexpr std::string_view name_of(E value) noexcept {
    for (const auto& entry : enum_names(value))
        if (entry.value == value) return entry.name;
    return "invalid";
}

template <class E>
[[nodiscard]] constexpr bool enum_from_name(std::string_view name, E& value) noexcept {
    for (const auto& entry : enum_names(E{}))
        if (entry.name == name) {
            value = entry.value;
            return true;
        }
    return false;
}

/// Marks a member that is left out when it is empty (texts, lists) or its type's default (numbers):
/// `v("tool_name", omit_empty(self.tool_name))`.
template <class M>
struct OmitEmpty {
    M& member;
};
template <class M>
[[nodiscard]] constexpr OmitEmpty<M> omit_empty(M& member) noexcept {
    return {member};
}

/// A JSON object held as its canonical text (RFC 8785); written into the surrounding JSON as an object.
/// Invariant: empty, or exactly one canonical JSON object.
struct EmbeddedJson {
    std::string text;
    friend bool operator==(const EmbeddedJson&, const EmbeddedJson&) = default;
};

}  // namespace ibkr::events
