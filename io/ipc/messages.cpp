#include "io/ipc/messages.hpp"

#include <algorithm>
#include <optional>

#include "events/json/canonical_json.hpp"
#include "events/json/codec.hpp"
#include "events/json/describe_codec.hpp"
#include "events/json/json_reader.hpp"
#include "events/json/utf8.hpp"
#include "io/ipc/frame.hpp"

namespace ibkr::io {
namespace {

using events::ErrorCode;
using events::failure;
using events::JsonLimits;
using events::JsonReader;
using events::omit_empty;
using events::Result;

struct Answer {
    std::string payload;
    events::EventId audit_event_id;
    bool unknown_outcome = false;
    std::string unrecorded_reason;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("payload", self.payload);
        v("audit_event_id", self.audit_event_id);
        v("unknown_outcome", self.unknown_outcome);
        v("unrecorded_reason", omit_empty(self.unrecorded_reason));
    }
};

struct Failed {
    ErrorCode code = ErrorCode::engine_protocol_mismatch;
    std::string message;
    bool retryable = false;
    std::string user_action;
    std::vector<events::Reason> reasons;
    events::EventId audit_event_id;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("code", self.code);
        v("message", self.message);
        v("retryable", self.retryable);
        v("user_action", self.user_action);
        v("reasons", omit_empty(self.reasons));
        v("audit_event_id", self.audit_event_id);
    }
};

struct AskerFrame {
    std::optional<Greeting> greeting;
    std::optional<ForwardedCall> call;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("greeting", self.greeting);
        v("call", self.call);
    }
};

struct OwnerFrame {
    std::optional<OwnerGreeting> greeting;
    std::optional<Working> working;
    std::optional<Answer> answer;
    std::optional<Failed> failed;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("greeting", self.greeting);
        v("working", self.working);
        v("answer", self.answer);
        v("failed", self.failed);
    }
};

constexpr JsonLimits limits_of(std::size_t bytes_max) {
    JsonLimits limits = JsonLimits::own();
    limits.bytes_max = bytes_max;
    return limits;
}

template <class T>
std::string enclose(std::string_view name, const T& message) {
    std::string frame = "{\"" + std::string(name) + "\":";
    events::append_canonical_json(frame, message);
    frame.push_back('}');
    return frame;
}

tl::unexpected<events::Error> no_message(std::string_view what, const std::string& problem) {
    return failure(ErrorCode::engine_protocol_mismatch, std::string(what) + ": " + problem);
}

/// Moves over one value of any kind; the limits bound its depth. False at the reader's first error.
bool skip_value(JsonReader& in) {
    std::string_view text;
    std::int64_t number = 0;
    bool truth = false;
    switch (in.peek()) {
        case JsonReader::Kind::object:
            if (!in.begin_object()) return false;
            while (in.next_member(text))
                if (!skip_value(in)) return false;
            return !in.error();
        case JsonReader::Kind::array:
            if (!in.begin_array()) return false;
            while (in.next_element())
                if (!skip_value(in)) return false;
            return !in.error();
        case JsonReader::Kind::string:
            return in.read_string(text);
        case JsonReader::Kind::integer:
            return in.read_integer(number);
        case JsonReader::Kind::fraction:
            return in.read_number_text(text);
        case JsonReader::Kind::boolean:
            return in.read_boolean(truth);
        case JsonReader::Kind::null:
            return in.read_null();
        case JsonReader::Kind::none:
            return false;
    }
    return false;
}

/// The protocol's number in a greeting of any version: the one member that every version has.
std::optional<std::int64_t> protocol_of(std::string_view frame) {
    JsonReader in(frame, JsonLimits::outside(answer_bytes_max));
    std::string_view name;
    if (!in.begin_object() || !in.next_member(name) || name != "greeting" || !in.begin_object())
        return std::nullopt;
    while (in.next_member(name)) {
        std::int64_t number = 0;
        if (name == "protocol" && in.peek() == JsonReader::Kind::integer && in.read_integer(number))
            return number;
        if (!skip_value(in)) return std::nullopt;
    }
    return std::nullopt;
}

/// Passes what is not a greeting, and a greeting of our protocol.
Result<void> check_protocol(std::string_view frame) {
    const auto protocol = protocol_of(frame);
    if (!protocol || *protocol == protocol_version) return {};
    return failure(ErrorCode::engine_protocol_mismatch,
                   "the other side speaks protocol " + std::to_string(*protocol) + ", this one " +
                       std::to_string(protocol_version),
                   "Use the same ibkr-agent version as the running engine.");
}

Result<AskerFrame> decode_asker_frame(std::string_view frame, std::string_view expected) {
    auto message = events::from_json_text<AskerFrame>(frame, limits_of(request_bytes_max));
    if (!message) return no_message(expected, message.error().message);
    if (message->greeting.has_value() == message->call.has_value())
        return no_message(expected, "a frame holds one message");
    return message;
}

Failed wire_form(const events::Error& error, const events::EventId& audit_event_id) {
    return {error.code, error.message, error.retryable, error.user_action, error.reasons, audit_event_id};
}

engine::CallResult from_wire(Failed failed) {
    return tl::unexpected(engine::CallError{{failed.code, std::move(failed.message), failed.retryable,
                                             std::move(failed.user_action), std::move(failed.reasons)},
                                            std::move(failed.audit_event_id)});
}

engine::CallResult from_wire(Answer answer) {
    return engine::Reply{std::move(answer.payload), std::move(answer.audit_event_id), answer.unknown_outcome,
                         std::move(answer.unrecorded_reason)};
}

std::string encode_whole(const engine::CallResult& result) {
    if (!result) return enclose("failed", wire_form(result.error().error, result.error().audit_event_id));
    return enclose("answer", Answer{result->payload, result->audit_event_id, result->unknown_outcome,
                                    result->unrecorded_reason});
}

bool has_texts_to_send(const ForwardedCall& call) {
    using events::is_utf8;
    return events::is_id_text(call.command_id.text(), events::CommandIdTag::length_max) &&
           is_utf8(call.request_id) && is_utf8(call.session_id) && is_utf8(call.tool_name) &&
           is_utf8(call.operation) && is_utf8(call.operator_secret.reveal()) &&
           std::ranges::all_of(call.scopes, [](const std::string& scope) { return is_utf8(scope); });
}

bool is_object_to_embed(const events::EmbeddedJson& json) {
    return json.text.empty() ||
           (json.text.starts_with('{') && events::is_canonical_json(json.text, limits_of(request_bytes_max)));
}

}  // namespace

std::string encode(const Greeting& asker) {
    Greeting greeting = asker;
    greeting.role = Role::asker;
    return enclose("greeting", greeting);
}

std::string encode(const OwnerGreeting& owner) {
    OwnerGreeting greeting = owner;
    greeting.common.role = Role::owner;
    return enclose("greeting", greeting);
}

std::string encode(Working working) {
    return enclose("working", working);
}

Result<std::string> encode(const ForwardedCall& call) {
    if (!has_texts_to_send(call))
        return failure(ErrorCode::order_validation_failed,
                       "the call holds a text that is not UTF-8, or no id");
    if (!is_object_to_embed(call.arguments))
        return failure(ErrorCode::order_validation_failed,
                       "the call's arguments are not a canonical JSON object");
    std::string frame = enclose("call", call);
    if (frame.size() > request_bytes_max)
        return failure(ErrorCode::order_validation_failed,
                       "the call has " + std::to_string(frame.size()) + " bytes, more than the " +
                           std::to_string(request_bytes_max) + " that the engine takes",
                       "Ask for less at once.");
    return frame;
}

std::string encode(const engine::CallResult& result) {
    std::string frame = encode_whole(result);
    if (frame.size() <= answer_bytes_max) return frame;
    const auto& audit_event_id = result ? result->audit_event_id : result.error().audit_event_id;
    const auto error = failure(ErrorCode::engine_protocol_mismatch,
                               "the answer has " + std::to_string(frame.size()) + " bytes, more than the " +
                                   std::to_string(answer_bytes_max) + " that the engine's socket carries",
                               "Ask for less at once, with a smaller limit or range.");
    return enclose("failed", wire_form(error.value(), audit_event_id));
}

std::string encode_refusal(const events::Error& error) {
    return enclose("failed", wire_form(error, {}));
}

Result<Greeting> decode_greeting(std::string_view frame) {
    if (auto protocol = check_protocol(frame); !protocol) return failure(protocol.error());
    auto message = decode_asker_frame(frame, "the first frame is no greeting");
    if (!message) return failure(message.error());
    if (!message->greeting || message->greeting->role != Role::asker)
        return no_message("the first frame is no greeting", "it is not an asker's greeting");
    return std::move(*message->greeting);
}

Result<ForwardedCall> decode_call(std::string_view frame) {
    auto message = decode_asker_frame(frame, "the frame is no call");
    if (!message) return failure(message.error());
    if (!message->call) return no_message("the frame is no call", "it is a second greeting");
    return std::move(*message->call);
}

Result<OwnerMessage> decode_owner_message(std::string_view frame) {
    constexpr std::string_view what = "the engine's frame is no message";
    if (auto protocol = check_protocol(frame); !protocol) return failure(protocol.error());
    auto message = events::from_json_text<OwnerFrame>(frame, limits_of(answer_bytes_max));
    if (!message) return no_message(what, message.error().message);
    const int messages = int{message->greeting.has_value()} + int{message->working.has_value()} +
                         int{message->answer.has_value()} + int{message->failed.has_value()};
    if (messages != 1) return no_message(what, "a frame holds one message");
    if (message->working) return OwnerMessage(*message->working);
    if (message->answer) return OwnerMessage(from_wire(std::move(*message->answer)));
    if (message->failed) return OwnerMessage(from_wire(std::move(*message->failed)));
    if (message->greeting->common.role != Role::owner)
        return no_message(what, "it is not an owner's greeting");
    return OwnerMessage(std::move(*message->greeting));
}

}  // namespace ibkr::io
