#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "events/describe.hpp"
#include "events/values/ids.hpp"

// How the codec tells the kinds of members apart. Included by *_codec.hpp only.
namespace ibkr::events::codec {

struct NoVisitor {
    template <class M>
    constexpr void operator()(std::string_view, M&&) const noexcept {}
};

template <class T>
concept Described = requires(NoVisitor& v, T& value) { T::describe(v, value); };

template <class T>
concept TextValue = requires(const T& value, std::string_view text, T& target) {
    { to_text(value) } -> std::convertible_to<std::string>;
    { from_text(text, target) } -> std::same_as<bool>;
};

template <class E>
concept NamedEnum = std::is_enum_v<E> && requires(E value) { std::span(enum_names(value)); };

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;

template <class T>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<std::map<std::string, T>> = true;

template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;

template <class T>
inline constexpr std::size_t id_length_max = 0;
template <class Tag>
inline constexpr std::size_t id_length_max<StrongId<Tag>> = Tag::length_max;

template <class T>
inline constexpr bool is_id = id_length_max<T> != 0;

/// Members that are left out when they hold nothing even without `omit_empty`.
template <class T>
inline constexpr bool omitted_when_empty = is_optional<T> || is_id<T> || std::is_same_v<T, EmbeddedJson>;

template <class T>
[[nodiscard]] bool holds_nothing(const T& value) {
    if constexpr (is_optional<T>) {
        using Held = typename T::value_type;
        if constexpr (is_id<Held> || std::is_same_v<Held, EmbeddedJson>)
            return !value || holds_nothing(*value);
        else
            return !value.has_value();
    } else if constexpr (std::is_same_v<T, EmbeddedJson>) {
        return value.text.empty();
    } else if constexpr (requires { value.empty(); }) {
        return value.empty();
    } else {
        return value == T{};
    }
}

template <class>
inline constexpr bool unsupported = false;

}  // namespace ibkr::events::codec
