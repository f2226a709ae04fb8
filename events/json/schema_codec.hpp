#pragma once

#include <algorithm>
#include <utility>

#include "events/error_codes.hpp"
#include "events/json/describe_traits.hpp"
#include "events/json/schema.hpp"
#include "events/values/money.hpp"

// The implementation of events/json/schema.hpp, included by the .cpp files that instantiate it.
namespace ibkr::events::codec {

template <class T>
[[nodiscard]] std::string kind_of();

template <NamedEnum E>
[[nodiscard]] std::string enum_kind() {
    std::string kind = "enum: ";
    for (const auto& entry : enum_names(E{})) {
        if (!kind.ends_with(' ')) kind.push_back('|');
        kind.append(entry.name);
    }
    return kind;
}

template <class T>
std::string kind_of() {
    if constexpr (is_optional<T>) {
        return kind_of<typename T::value_type>();
    } else if constexpr (is_list<T>) {
        return "list of " + kind_of<typename T::value_type>();
    } else if constexpr (is_map<T>) {
        return "object with values: " + kind_of<typename T::mapped_type>();
    } else if constexpr (Described<T>) {
        return "object";
    } else if constexpr (std::is_same_v<T, EmbeddedJson>) {
        return "any object";
    } else if constexpr (std::is_same_v<T, bool>) {
        return "boolean";
    } else if constexpr (Integer<T> || std::is_same_v<T, SequenceId>) {
        return "integer";
    } else if constexpr (std::is_same_v<T, std::string>) {
        return "string";
    } else if constexpr (is_id<T>) {
        return "id string, at most " + std::to_string(id_length_max<T>) + " bytes";
    } else if constexpr (std::is_same_v<T, Decimal> || std::is_same_v<T, Quantity> ||
                         std::is_same_v<T, Price>) {
        return "decimal string";
    } else if constexpr (std::is_same_v<T, Timestamp>) {
        return "RFC 3339 time string, UTC, milliseconds";
    } else if constexpr (std::is_same_v<T, Currency>) {
        return "currency string, three letters";
    } else if constexpr (std::is_same_v<T, ErrorCode>) {
        return "error code string";
    } else if constexpr (NamedEnum<T>) {
        return enum_kind<T>();
    } else {
        static_assert(TextValue<T>, "this member type has no JSON form (see events/describe.hpp)");
        return "string";
    }
}

template <class T>
struct Innermost {
    using Type = T;
};
template <class T>
struct Innermost<std::optional<T>> : Innermost<T> {};
template <class T>
struct Innermost<std::vector<T>> : Innermost<T> {};

class SchemaVisitor {
public:
    template <class M>
    void operator()(std::string_view name, const M&) {
        add<M>(name, !omitted_when_empty<M>);
    }
    template <class M>
    void operator()(std::string_view name, OmitEmpty<M>) {
        add<M>(name, false);
    }
    [[nodiscard]] std::vector<FieldSchema> sorted() && {
        std::sort(fields_.begin(), fields_.end(),
                  [](const FieldSchema& a, const FieldSchema& b) { return a.name < b.name; });
        return std::move(fields_);
    }

private:
    template <class M>
    void add(std::string_view name, bool required) {
        using Inner = typename Innermost<M>::Type;
        FieldSchema field{std::string(name), kind_of<M>(), required, {}};
        if constexpr (Described<Inner>) field.members = schema_of<Inner>();
        fields_.push_back(std::move(field));
    }

    std::vector<FieldSchema> fields_;
};

}  // namespace ibkr::events::codec

namespace ibkr::events {

template <class T>
std::vector<FieldSchema> schema_of() {
    codec::SchemaVisitor visitor;
    T value{};
    T::describe(visitor, value);
    return std::move(visitor).sorted();
}

}  // namespace ibkr::events
