#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rapidcheck.h>

#include "events/catalogue.hpp"
#include "events/event.hpp"
#include "events/json/describe_traits.hpp"
#include "tests/unit/events/generators.hpp"

// Values of every member kind the event bodies use, driven by their `describe`: arbitrary ones for
// properties, fixed ones for the golden corpus.
namespace ibkr::test {

/// Where the values come from. `Source` has one function per kind; see Arbitrary and Fixed.
template <class Source>
class Filler {
public:
    explicit Filler(Source source = {}) : source_(std::move(source)) {}

    template <class M>
    void operator()(std::string_view name, M& member) {
        fill(name, member);
    }
    template <class M>
    void operator()(std::string_view name, events::OmitEmpty<M> wrapped) {
        fill(name, wrapped.member);
    }

    template <class T>
    void fill(std::string_view name, T& value) {
        using namespace events;
        if constexpr (codec::Described<T>)
            T::describe(*this, value);
        else if constexpr (codec::is_optional<T>) {
            if (source_.present()) fill(name, value.emplace());
        } else if constexpr (codec::is_list<T>) {
            value.resize(source_.count());
            for (auto& element : value)
                fill(name, element);
        } else if constexpr (std::is_same_v<T, bool>)
            value = source_.boolean();
        else if constexpr (codec::Integer<T>)
            value = source_.template integer<T>();
        else if constexpr (std::is_same_v<T, std::string>)
            value = source_.text(name);
        else if constexpr (std::is_same_v<T, EmbeddedJson>)
            value.text = source_.object();
        else if constexpr (codec::is_id<T>)
            value = T(source_.id(name, codec::id_length_max<T>));
        else if constexpr (std::is_same_v<T, Decimal>)
            value = source_.number();
        else if constexpr (std::is_same_v<T, Quantity> || std::is_same_v<T, Price>)
            value = T(source_.number());
        else if constexpr (std::is_same_v<T, Timestamp>)
            value = source_.time();
        else if constexpr (std::is_same_v<T, SequenceId>)
            value = SequenceId(source_.template integer<std::uint32_t>());
        else if constexpr (std::is_same_v<T, Currency>)
            value = Currency::parse(source_.currency()).value();
        else
            value = source_.choice(enum_names(T{})).value;
    }

    void fill_event(events::Event& event) {
        fill("event_id", event.event_id);
        fill("sequence_id", event.sequence_id);
        fill("timestamp", event.timestamp);
        fill("workflow_id", event.workflow_id);
        fill("workflow_position", event.workflow_position);
        fill("command_id", event.command_id);
        fill("user_id", event.actor.user_id);
        fill("session_id", event.actor.session_id);
        fill("request_id", event.actor.request_id);
        fill("tool_name", event.actor.tool_name);
        fill("scopes", event.actor.scopes);
        fill("causation_id", event.causation_id);
        fill("correlation_id", event.correlation_id);
        fill("account_id_hash", event.account_id_hash);
        fill("decision", event.decision);
        fill("result_status", event.result_status);
        fill("error_code", event.error_code);
        fill("input_hash", event.input_hash);
        fill("output_hash", event.output_hash);
        fill("redactions", event.redactions);
        fill("decided_from", event.decided_from);
        std::visit([this](auto& body) { this->fill("body", body); }, event.body);
    }

private:
    Source source_;
};

/// Anything a member may hold. Only inside a property.
struct Arbitrary {
    bool present() { return *rc::gen::arbitrary<bool>(); }
    std::size_t count() { return *rc::gen::inRange<std::size_t>(0, 3); }
    bool boolean() { return *rc::gen::arbitrary<bool>(); }
    template <class T>
    T integer() {
        constexpr std::uint64_t json_max = std::uint64_t{1} << 53;
        constexpr std::uint64_t type_max = std::numeric_limits<T>::max();
        return static_cast<T>(*rc::gen::inRange<std::uint64_t>(0, std::min(json_max, type_max)));
    }
    std::string text(std::string_view) { return *unicode_text(); }
    std::string id(std::string_view, std::size_t length_max) {
        if (*rc::gen::inRange(0, 4) == 0) return {};
        const auto length = *rc::gen::inRange<std::size_t>(1, length_max + 1);
        return *rc::gen::container<std::string>(
            length, rc::gen::elementOf(std::string("abcXYZ0189-_.:~!#$%&()*+,/;<=>?@[]^`{|}")));
    }
    events::Decimal number() { return *decimal(); }
    events::Timestamp time() {
        return events::Timestamp(*rc::gen::inRange<std::int64_t>(0, 253'402'300'800'000));
    }
    std::string currency() {
        return *rc::gen::container<std::string>(std::size_t{3}, rc::gen::inRange('A', char{'Z' + 1}));
    }
    std::string object() {
        return *rc::gen::element<std::string>("", "{}", "{\"a\":1}",
                                              "{\"\":\"\",\"b\":[true,-1,{\"c\":\"\\n\"}]}",
                                              "{\"decided_from\":{},\"state\":\"\xe2\x82\xac\"}");
    }
    template <class Names>
    auto choice(Names names) {
        return names[*rc::gen::inRange<std::size_t>(0, names.size())];
    }
};

/// The same values for ever: what the golden corpus is made of.
struct Fixed {
    bool present() { return true; }
    std::size_t count() { return 2; }
    bool boolean() { return true; }
    template <class T>
    T integer() {
        return static_cast<T>(++integers_);
    }
    std::string text(std::string_view name) {
        return "a text for " + std::string(name) + ", \"quoted\" \xe2\x82\xac";
    }
    std::string id(std::string_view name, std::size_t length_max) {
        return std::string(name).substr(0, length_max - 2) + "-1";
    }
    events::Decimal number() { return events::Decimal::of(19955 + ++numbers_, 2); }
    events::Timestamp time() { return events::Timestamp(1'767'625'200'000 + 1'001 * ++times_); }
    std::string currency() { return "USD"; }
    std::string object() { return "{\"account\":\"c0ffee\",\"limit\":25,\"list\":[true,\"x\"]}"; }
    template <class Names>
    auto choice(Names names) {
        return names[++choices_ % names.size()];
    }

private:
    int integers_ = 0;
    int numbers_ = 0;
    int times_ = 0;
    std::size_t choices_ = 0;
};

template <std::size_t... I>
events::Body empty_body(std::size_t index, std::index_sequence<I...>) {
    events::Body body;
    static_cast<void>(((I == index ? (body.emplace<I>(), true) : false) || ...));
    return body;
}
/// The alternative that stands at `index` in the catalogue.
inline events::Body empty_body(std::size_t index) {
    return empty_body(index, std::make_index_sequence<std::variant_size_v<events::Body>>{});
}

template <class Source>
events::Event event_of_type(std::size_t index) {
    events::Event event;
    event.body = empty_body(index);
    Filler<Source>().fill_event(event);
    return event;
}

}  // namespace ibkr::test
