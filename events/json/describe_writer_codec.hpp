#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <string>
#include <utility>

#include "events/error_codes.hpp"
#include "events/json/describe_traits.hpp"
#include "events/json/json_limits.hpp"
#include "events/json/json_text.hpp"

// The writing half of events/json/describe_codec.hpp.
namespace ibkr::events::codec {

inline constexpr std::size_t members_max = 48;  ///< members of one struct

template <class T>
void write(std::string& out, const T& value);

inline void write_text(std::string& out, std::string_view text) {
    const bool is_text = append_json_string(out, text);
    assert(is_text && "a text that is not UTF-8 must be cleaned before it becomes part of a value");
    static_cast<void>(is_text);
}

struct MemberWriter {
    const void* member;  // null when the member is left out
    void (*write)(std::string&, const void*);
};

class WriteCollector {
public:
    template <class M>
    void operator()(std::string_view, const M& member) {
        add(member, omitted_when_empty<M>);
    }
    template <class M>
    void operator()(std::string_view, OmitEmpty<M> wrapped) {
        add(wrapped.member, true);
    }
    [[nodiscard]] const MemberWriter& operator[](std::size_t i) const noexcept { return slots_[i]; }

private:
    template <class M>
    void add(const M& member, bool may_be_omitted) {
        assert(count_ < members_max);
        const bool omitted = may_be_omitted && holds_nothing(member);
        slots_[count_++] = {omitted ? nullptr : &member, [](std::string& out, const void* erased) {
                                write(out, *static_cast<const M*>(erased));
                            }};
    }

    std::array<MemberWriter, members_max> slots_{};
    std::size_t count_ = 0;
};

/// A struct's members in the order of RFC 8785, with `"name":` ready to append. Independent of values.
struct MemberOrder {
    struct Entry {
        std::string name;
        std::string quoted;
        std::size_t index;  // position in `describe`
    };
    std::vector<Entry> entries;

    template <class M>
    void operator()(std::string_view name, M&&) {
        std::string quoted;
        const bool is_text = append_json_string(quoted, name);
        assert(is_text && json_plain_prefix(name) == name.size() && "member names are plain ASCII");
        static_cast<void>(is_text);
        entries.push_back({std::string(name), quoted + ":", entries.size()});
    }
};

template <class T>
[[nodiscard]] MemberOrder sorted_members(T& value) {
    MemberOrder order;
    T::describe(order, value);
    const auto before = [](const auto& a, const auto& b) { return a.name < b.name; };
    std::sort(order.entries.begin(), order.entries.end(), before);
    const auto same = [](const auto& a, const auto& b) { return a.name == b.name; };
    assert(std::adjacent_find(order.entries.begin(), order.entries.end(), same) == order.entries.end() &&
           "two members of one struct have the same name");
    return order;
}

template <Described T>
void write_struct(std::string& out, const T& value) {
    static const MemberOrder order = sorted_members(value);
    WriteCollector collector;
    T::describe(collector, value);
    char before = '{';
    for (const auto& entry : order.entries) {
        const MemberWriter& slot = collector[entry.index];
        if (slot.member == nullptr) continue;
        out.push_back(before);
        before = ',';
        out.append(entry.quoted);
        slot.write(out, slot.member);
    }
    if (before == '{') out.push_back('{');
    out.push_back('}');
}

template <class T>
void write_list(std::string& out, const std::vector<T>& values) {
    out.push_back('[');
    for (const T& value : values) {
        if (&value != values.data()) out.push_back(',');
        write(out, value);
    }
    out.push_back(']');
}

template <class T>
void write_map(std::string& out, const std::map<std::string, T>& values) {
    char before = '{';
    for (const auto& [key, value] : values) {
        assert(std::none_of(key.begin(), key.end(), [](char c) { return (c & 0x80) != 0; }));
        out.push_back(before);
        before = ',';
        write_text(out, key);
        out.push_back(':');
        write(out, value);
    }
    if (before == '{') out.push_back('{');
    out.push_back('}');
}

template <class T>
void write_integer(std::string& out, T value) {
    assert(std::cmp_less_equal(value, json_integer_max) && std::cmp_greater_equal(value, -json_integer_max));
    append_json_integer(out, static_cast<std::int64_t>(value));
}

template <class T>
void write(std::string& out, const T& value) {
    if constexpr (Described<T>) {
        write_struct(out, value);
    } else if constexpr (is_variant<T>) {
        std::visit([&](const auto& alternative) { write(out, alternative); }, value);
    } else if constexpr (is_optional<T>) {
        assert(value.has_value() && "an empty optional can only be left out of a struct");
        write(out, *value);
    } else if constexpr (std::is_same_v<T, std::string>) {
        write_text(out, value);
    } else if constexpr (std::is_same_v<T, bool>) {
        out.append(value ? "true" : "false");
    } else if constexpr (Integer<T>) {
        write_integer(out, value);
    } else if constexpr (std::is_same_v<T, SequenceId>) {
        write_integer(out, value.value());
    } else if constexpr (std::is_same_v<T, EmbeddedJson>) {
        assert(value.text.starts_with('{') && value.text.ends_with('}'));
        out.append(value.text);
    } else if constexpr (is_id<T>) {
        assert(is_id_text(value.text(), id_length_max<T>) && "an id from outside must go through from_text");
        write_text(out, value.text());
    } else if constexpr (std::is_same_v<T, ErrorCode>) {
        write_text(out, to_string(value));
    } else if constexpr (TextValue<T>) {
        write_text(out, to_text(value));
    } else if constexpr (NamedEnum<T>) {
        const std::string_view name = name_of(value);
        assert(name != "invalid" && "an enumerator without a name");
        write_text(out, name);
    } else if constexpr (is_list<T>) {
        write_list(out, value);
    } else if constexpr (is_map<T>) {
        write_map(out, value);
    } else {
        static_assert(unsupported<T>, "this member type has no JSON form (see events/describe.hpp)");
    }
}

}  // namespace ibkr::events::codec
