#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "events/error_codes.hpp"
#include "events/json/codec.hpp"
#include "events/json/describe_traits.hpp"
#include "events/json/json_reader.hpp"
#include "events/json/json_text.hpp"

// The implementation of events/json/codec.hpp, included by the .cpp files that instantiate it. Writing and
// reading go straight between members and text: no tree of values stands in between.
namespace ibkr::events::codec {

inline constexpr std::size_t members_max = 64;  ///< members of one struct

// ---------------------------------------------------------------------------------------------- writing

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
    void operator()(std::string_view, M&& wrapped) {
        using Traits = Member<std::remove_reference_t<M>>;
        using Type = typename Traits::Type;
        assert(count_ < members_max);
        const Type& member = Traits::of(wrapped);
        const bool omitted = Traits::omitted_when_empty && holds_nothing(member);
        slots_[count_++] = {omitted ? nullptr : &member, [](std::string& out, const void* erased) {
                                write(out, *static_cast<const Type*>(erased));
                            }};
    }
    [[nodiscard]] const MemberWriter& operator[](std::size_t i) const noexcept { return slots_[i]; }

private:
    std::array<MemberWriter, members_max> slots_;  // only the first `count_` are set
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

// ---------------------------------------------------------------------------------------------- reading

/// The text being read and, after a failure, what was wrong and where. Non-template parts live in
/// describe_codec.cpp.
class Decoder {
public:
    Decoder(std::string_view text, const JsonLimits& limits) : json(text, limits) {}

    /// Keeps the first cause. Always false.
    bool refuse(std::string_view problem);
    /// Puts a member's name or a list position before the path, on the way out of a failure. Always false.
    bool inside(std::string_view name);
    bool inside(std::size_t position);
    /// Passes a failure of the reader on. Always false.
    bool unreadable();
    [[nodiscard]] tl::unexpected<Error> error() const;

    /// Reads a string, or, where the limits give fractions as text, any number in its exact digits.
    bool text(std::string_view& value);
    bool integer(std::int64_t& value);
    bool boolean(bool& value);
    /// Reads one JSON object of any shape into its canonical text.
    bool embedded(EmbeddedJson& value);

    JsonReader json;

private:
    std::string problem_;
    std::string path_;
};

template <class T>
[[nodiscard]] bool read(Decoder& in, T& value);

struct MemberReader {
    std::string_view name;
    void* member;
    bool (*read)(Decoder&, void*);
    bool required;
    bool seen;
};

class ReadCollector {
public:
    template <class M>
    void operator()(std::string_view name, M&& wrapped) {
        using Traits = Member<std::remove_reference_t<M>>;
        using Type = typename Traits::Type;
        assert(count_ < members_max);
        slots_[count_++] = {name, &Traits::of(wrapped),
                            [](Decoder& in, void* erased) { return read(in, *static_cast<Type*>(erased)); },
                            !Traits::omitted_when_empty, false};
    }
    /// Canonical texts name members in a known order: `guess` is looked at first.
    [[nodiscard]] MemberReader* find(std::string_view name, std::size_t guess) noexcept {
        if (guess < count_ && slots_[guess].name == name) return &slots_[guess];
        for (std::size_t i = 0; i < count_; ++i)
            if (slots_[i].name == name) return &slots_[i];
        return nullptr;
    }
    [[nodiscard]] const MemberReader* first_missing() const noexcept {
        for (std::size_t i = 0; i < count_; ++i)
            if (slots_[i].required && !slots_[i].seen) return &slots_[i];
        return nullptr;
    }
    [[nodiscard]] std::size_t position_of(const MemberReader* slot) const noexcept {
        return static_cast<std::size_t>(slot - slots_.data());
    }

private:
    std::array<MemberReader, members_max> slots_;  // only the first `count_` are set
    std::size_t count_ = 0;
};

template <Described T>
bool read_struct(Decoder& in, T& value) {
    if (in.json.peek() != JsonReader::Kind::object) return in.refuse("must be an object");
    if (!in.json.begin_object()) return in.unreadable();
    ReadCollector collector;
    T::describe(collector, value);
    std::string_view key;
    std::size_t guess = 0;
    while (in.json.next_member(key)) {
        MemberReader* slot = collector.find(key, guess);
        if (slot == nullptr) {
            in.refuse("is not known here");
            return in.inside(key);
        }
        if (slot->seen) {
            in.refuse("stands twice");
            return in.inside(slot->name);
        }
        slot->seen = true;
        if (!slot->read(in, slot->member)) return in.inside(slot->name);
        guess = collector.position_of(slot) + 1;
    }
    if (in.json.error()) return in.unreadable();
    if (const MemberReader* missing = collector.first_missing()) {
        in.refuse("is missing");
        return in.inside(missing->name);
    }
    return true;
}

template <class T>
bool read_list(Decoder& in, std::vector<T>& values) {
    if (in.json.peek() != JsonReader::Kind::array) return in.refuse("must be a list");
    if (!in.json.begin_array()) return in.unreadable();
    values.clear();
    while (in.json.next_element()) {
        T value{};
        if (!read(in, value)) return in.inside(values.size());
        values.push_back(std::move(value));
    }
    return !in.json.error() || in.unreadable();
}

template <class T>
bool read_map(Decoder& in, std::map<std::string, T>& values) {
    if (in.json.peek() != JsonReader::Kind::object) return in.refuse("must be an object");
    if (!in.json.begin_object()) return in.unreadable();
    values.clear();
    std::string_view key;
    while (in.json.next_member(key)) {
        const auto [entry, added] = values.try_emplace(std::string(key));
        if (!added) {
            in.refuse("stands twice");
            return in.inside(entry->first);
        }
        if (!read(in, entry->second)) return in.inside(entry->first);
    }
    return !in.json.error() || in.unreadable();
}

template <class T>
bool read_integer(Decoder& in, T& value) {
    std::int64_t number = 0;
    if (!in.integer(number)) return false;
    if (!std::in_range<T>(number)) return in.refuse("is out of range");
    value = static_cast<T>(number);
    return true;
}

/// A value kept as text: decimals, ids, times, currencies, names of enumerators and error codes.
template <class T>
bool read_text_value(Decoder& in, T& value) {
    std::string_view text;
    if (!in.text(text)) return false;
    if constexpr (std::is_same_v<T, ErrorCode>) {
        const auto code = error_code_from_string(text);
        if (code) value = *code;
        return code || in.refuse("is not an error code");
    } else if constexpr (NamedEnum<T> && !TextValue<T>) {
        return enum_from_name(text, value) || in.refuse("is not one of the allowed words");
    } else {
        return from_text(text, value) || in.refuse("does not have the form this member needs");
    }
}

template <class T>
bool read(Decoder& in, T& value) {
    if constexpr (Described<T>) {
        return read_struct(in, value);
    } else if constexpr (is_optional<T>) {
        return read(in, value.emplace());
    } else if constexpr (std::is_same_v<T, std::string>) {
        std::string_view text;
        if (!in.text(text)) return false;
        value.assign(text);
        return true;
    } else if constexpr (std::is_same_v<T, bool>) {
        return in.boolean(value);
    } else if constexpr (Integer<T>) {
        return read_integer(in, value);
    } else if constexpr (std::is_same_v<T, SequenceId>) {
        std::uint64_t number = 0;
        if (!read_integer(in, number)) return false;
        value = SequenceId(number);
        return true;
    } else if constexpr (std::is_same_v<T, EmbeddedJson>) {
        return in.embedded(value);
    } else if constexpr (std::is_same_v<T, ErrorCode> || TextValue<T> || NamedEnum<T>) {
        return read_text_value(in, value);
    } else if constexpr (is_list<T>) {
        return read_list(in, value);
    } else if constexpr (is_map<T>) {
        return read_map(in, value);
    } else {
        static_assert(unsupported<T>, "this member type cannot be read (see events/describe.hpp)");
    }
}

}  // namespace ibkr::events::codec

namespace ibkr::events {

template <class T>
void append_canonical_json(std::string& out, const T& value) {
    codec::write(out, value);
}

template <class T>
std::string to_canonical_json(const T& value) {
    std::string out;
    out.reserve(512);
    codec::write(out, value);
    return out;
}

template <class T>
Result<T> from_json_text(std::string_view text, const JsonLimits& limits) {
    codec::Decoder in(text, limits);
    T value{};
    if (!codec::read(in, value)) return in.error();
    if (!in.json.finish()) {
        in.unreadable();
        return in.error();
    }
    return value;
}

}  // namespace ibkr::events
