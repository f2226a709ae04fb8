#include "events/event_codec.hpp"

#include <array>
#include <utility>

#include "events/catalogue.hpp"
#include "events/json/canonical_json.hpp"
#include "events/json/canonical_stream.hpp"
#include "events/json/describe_codec.hpp"

namespace ibkr::events {
namespace {

/// A body's members with `decided_from` among them. B is a reference when writing.
template <class B, class I>
struct BodyWithInput {
    B body;
    I decided_from;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        std::remove_cvref_t<B>::describe(v, self.body);
        v("decided_from", self.decided_from);
    }
};

/// The flat object of one event. E is a reference when writing; `body` is the canonical text of the body.
template <class E>
struct Envelope {
    E event;
    std::string event_type;
    std::uint16_t version = 0;
    EmbeddedJson body;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account_id_hash", self.event.account_id_hash);
        v("body", self.body);
        v("causation_id", self.event.causation_id);
        v("command_id", self.event.command_id);
        v("correlation_id", omit_empty(self.event.correlation_id));
        v("decision", self.event.decision);
        v("error_code", omit_empty(self.event.error_code));
        v("event_id", self.event.event_id);
        v("event_type", self.event_type);
        v("input_hash", omit_empty(self.event.input_hash));
        v("output_hash", omit_empty(self.event.output_hash));
        v("redactions", omit_empty(self.event.redactions));
        v("request_id", omit_empty(self.event.actor.request_id));
        v("result_status", self.event.result_status);
        v("scopes", self.event.actor.scopes);
        v("sequence_id", self.event.sequence_id);
        v("session_id", omit_empty(self.event.actor.session_id));
        v("timestamp", self.event.timestamp);
        v("tool_name", omit_empty(self.event.actor.tool_name));
        v("user_id", omit_empty(self.event.actor.user_id));
        v("version", self.version);
        v("workflow_id", self.event.workflow_id);
        v("workflow_position", omit_empty(self.event.workflow_position));
    }
};

void append_body(std::string& out, const Event& event) {
    std::visit(
        [&]<class B>(const B& body) {
            using View = BodyWithInput<const B&, const std::optional<DecisionInput>&>;
            append_canonical_json(out, View{body, event.decided_from});
        },
        event.body);
}

// --------------------------------------------------------------------------------------------- reading

using ReadBody = Result<void> (*)(std::string_view text, Event& event);

template <std::size_t I>
Result<void> read_body(std::string_view text, Event& event) {
    using B = std::variant_alternative_t<I, Body>;
    auto read = from_json_text<BodyWithInput<B, std::optional<DecisionInput>>>(text);
    if (!read) return failure(std::move(read).error());
    event.body.emplace<I>(std::move(read->body));
    event.decided_from = std::move(read->decided_from);
    return {};
}

template <std::size_t... I>
constexpr std::array<ReadBody, sizeof...(I)> body_readers(std::index_sequence<I...>) {
    return {&read_body<I>...};
}
constexpr auto readers = body_readers(std::make_index_sequence<std::variant_size_v<Body>>{});

tl::unexpected<Error> newer(std::string what) {
    return failure(ErrorCode::log_version_unsupported,
                   "the log holds " + std::move(what) + ", which this version of ibkr-agent does not know");
}

tl::unexpected<Error> not_an_event(const EventDescriptor& type, std::string_view problem) {
    return failure(ErrorCode::audit_chain_invalid, "a record of type " + std::string(type.name) +
                                                       " is not such an event: " + std::string(problem));
}

/// The `version` member of a record this build may not be able to read; 0 when there is none to be found.
std::int64_t version_in(std::string_view bytes) {
    JsonReader reader(bytes, JsonLimits::own());
    std::int64_t version = 0;
    std::string_view key;
    std::string skipped;
    if (!reader.begin_object()) return 0;
    while (reader.next_member(key)) {
        if (key == "version") return reader.read_integer(version) ? version : 0;
        skipped.clear();
        if (!append_canonical_value(reader, skipped)) return 0;
    }
    return 0;
}

/// The one place where bodies written by older builds are lifted to the newest version; every reader goes
/// through it. A type's first change of version adds its case here. `body` is canonical JSON.
/// Precondition: 1 <= version < the catalogue's version of that type.
Result<std::string> upcast(const EventDescriptor& type, std::uint16_t version, const std::string& body) {
    // Version 2 may name the client order id of the execution.
    if (type.name == "order_execution_recorded" && version == 1) return body;
    return not_an_event(type, "no build ever wrote its version " + std::to_string(version));
}

}  // namespace

std::string body_json(const Body& body) {
    return to_canonical_json(body);
}

Result<std::string> encode_event(const Event& event) {
    const EventDescriptor& type = descriptor(event.body);
    Envelope<const Event&> envelope{event, std::string(type.name), type.version, {}};
    envelope.body.text.reserve(1024);
    append_body(envelope.body.text, event);
    std::string bytes;
    bytes.reserve(envelope.body.text.size() + 1024);
    append_canonical_json(bytes, envelope);
    if (bytes.size() > event_bytes_max)
        return failure(ErrorCode::order_validation_failed,
                       "an event of type " + envelope.event_type + " would have " +
                           std::to_string(bytes.size()) + " bytes; at most " +
                           std::to_string(event_bytes_max) + " can be recorded");
    return bytes;
}

Result<Event> decode_event(std::uint16_t type_number, std::string_view bytes) {
    const EventDescriptor* type = find_descriptor(type_number);
    if (type == nullptr) return newer("an event of type number " + std::to_string(type_number));
    auto envelope = from_json_text<Envelope<Event>>(bytes);
    const std::int64_t version = envelope ? envelope->version : version_in(bytes);
    if (version > type->version)
        return newer("version " + std::to_string(version) + " of " + std::string(type->name) +
                     " (the newest known is " + std::to_string(type->version) + ")");
    if (!envelope) return not_an_event(*type, envelope.error().message);
    if (!is_canonical_json(bytes)) return not_an_event(*type, "its JSON is not in canonical form");
    if (envelope->event_type != type->name) return not_an_event(*type, "its event_type says otherwise");
    if (version < 1) return not_an_event(*type, "its version is 0");

    std::string body = std::move(envelope->body.text);
    if (version < type->version) {
        auto lifted = upcast(*type, envelope->version, body);
        if (!lifted) return failure(std::move(lifted).error());
        body = std::move(*lifted);
    }
    const auto row = static_cast<std::size_t>(type - event_catalogue().data());
    if (auto read = readers[row](body, envelope->event); !read)
        return not_an_event(*type, "body: " + read.error().message);
    return std::move(envelope->event);
}

Result<Event> decode_record(const Record& record) {
    auto event = decode_event(record.header.type_number, record.bytes);
    if (event && event->sequence_id != record.sequence)
        return failure(ErrorCode::audit_chain_invalid, "record " + std::to_string(record.sequence.value()) +
                                                           " says it is event " +
                                                           std::to_string(event->sequence_id.value()));
    return event;
}

}  // namespace ibkr::events
