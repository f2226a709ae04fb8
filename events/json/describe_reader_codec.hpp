#pragma once

#include <array>
#include <cassert>
#include <string>
#include <utility>

#include "events/error_codes.hpp"
#include "events/json/describe_traits.hpp"
#include "events/json/describe_writer_codec.hpp"
#include "events/json/json_reader.hpp"
#include "events/result.hpp"

// The reading half of events/json/describe_codec.hpp.
namespace ibkr::events::codec {

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
    void* member = nullptr;
    bool (*read)(Decoder&, void*) = nullptr;
    void (*clear)(void*) = nullptr;
    bool required = false;
    bool seen = false;
};

class ReadCollector {
public:
    template <class M>
    void operator()(std::string_view name, M& member) {
        add(name, member, !omitted_when_empty<M>);
    }
    template <class M>
    void operator()(std::string_view name, OmitEmpty<M> wrapped) {
        add(name, wrapped.member, false);
    }
    /// Canonical texts name members in a known order: `guess` is looked at first.
    [[nodiscard]] MemberReader* find(std::string_view name, std::size_t guess) noexcept {
        if (guess < count_ && slots_[guess].name == name) return &slots_[guess];
        for (std::size_t i = 0; i < count_; ++i)
            if (slots_[i].name == name) return &slots_[i];
        return nullptr;
    }
    /// A member that was left out holds nothing, whatever its struct's default is.
    void clear_left_out() {
        for (std::size_t i = 0; i < count_; ++i)
            if (!slots_[i].required && !slots_[i].seen) slots_[i].clear(slots_[i].member);
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
    template <class M>
    void add(std::string_view name, M& member, bool required) {
        assert(count_ < members_max);
        slots_[count_++] = {name,
                            &member,
                            [](Decoder& in, void* erased) { return read(in, *static_cast<M*>(erased)); },
                            [](void* erased) { *static_cast<M*>(erased) = M{}; },
                            required,
                            false};
    }

    std::array<MemberReader, members_max> slots_{};
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
    collector.clear_left_out();
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
