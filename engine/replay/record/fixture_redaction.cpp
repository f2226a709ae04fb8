#include "engine/replay/record/fixture_redaction.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "engine/engine_user.hpp"
#include "events/catalogue.hpp"
#include "events/crypto/bytes.hpp"
#include "events/crypto/sha256.hpp"
#include "events/event_codec.hpp"
#include "events/json/canonical_json.hpp"
#include "events/values/decimal.hpp"
#include "events/values/order.hpp"
#include "statemachines/hashing.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;
using Json = nlohmann::json;

/// Members that hold the name of a person or client, in envelopes, bodies, commands and facts.
constexpr std::array<std::string_view, 6> names_of_users{"actor", "actor_name",   "approved_by",
                                                         "by",    "requested_by", "user_id"};

template <class E>
bool is_name_of(std::string_view text) {
    E value{};
    return events::enum_from_name(text, value);
}

/// An id, a number, a time or a word of our own order form: nothing that tells who asked.
bool has_own_form(const std::string& text) {
    constexpr std::size_t hash_length = 64;
    const bool is_hash =
        text.size() == hash_length && text.find_first_not_of("0123456789abcdef") == std::string::npos;
    return is_hash || text == events::redacted_text || events::is_uuid(text) ||
           events::Decimal::parse(text) || events::Timestamp::parse(text) || is_name_of<events::Side>(text) ||
           is_name_of<events::OrderType>(text) || is_name_of<events::TimeInForce>(text) ||
           is_name_of<events::Environment>(text);
}

std::string member_text(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

FixtureRedaction::Source FixtureRedaction::source_of(std::string_view type_or_command) {
    constexpr std::array<std::string_view, 6> of_broker{
        "paper_order_submitted",         "paper_order_cancelled", "paper_order_modified",
        "paper_order_lifecycle_changed", "record_outcome",        "report_order"};
    if (type_or_command == "record_call") return Source::caller;
    if (type_or_command == "policy_loaded" || type_or_command == "load_policy") return Source::policy;
    return std::ranges::find(of_broker, type_or_command) != of_broker.end() ? Source::broker : Source::ours;
}

/// What is said of a write that was found again is ours, though the broker has an event of that type.
FixtureRedaction::Source FixtureRedaction::source_with(const std::string& name, const Json& members) {
    return member_text(members, "learned_from").starts_with("found_") ? Source::ours : source_of(name);
}

std::string FixtureRedaction::message(const std::string& value, Source source) {
    if (source == Source::caller) return names_.written(value);
    return source == Source::broker ? names_.in_outside_message(value) : names_.in_our_message(value);
}

std::string FixtureRedaction::text(const std::string& member, const std::string& value, Source source) {
    if (value.empty()) return value;
    if (std::ranges::find(names_of_users, member) != names_of_users.end()) return names_.user(value);
    if (source == Source::recorded || source == Source::policy) return value;
    if (member == "session_id") return names_.session(value);
    if (member == "idempotency_key") return names_.key(value);
    if (member == "client_order_id") return names_.client_order(value);
    if (member == "reason" || member == "rationale") return names_.written(value);
    if (member == "message") return message(value, source);
    if (source == Source::asked && !has_own_form(value)) return names_.written(value);
    return names_.other(value);
}

void FixtureRedaction::clean(const std::string& member, Json& value, Source source) {
    if (value.is_string()) {
        value = redactor_.text(text(member, value.get<std::string>(), source), events::event_bytes_max);
        return;
    }
    if (!value.is_structured()) return;
    Source below = source;
    if (member == "redactions") below = Source::recorded;
    if (member == "arguments" && source == Source::caller) below = Source::asked;
    for (const auto& item : value.items())
        clean(value.is_object() ? item.key() : member, item.value(), below);
}

/// Ids that the caller made; those of the engine's own acts say what they are.
void FixtureRedaction::clean_caller_ids(Json& tree) {
    if (member_text(tree, "user_id") == engine_user) return;
    if (const std::string command = member_text(tree, "command_id"); !command.empty())
        tree["command_id"] = names_.command(command);
    const std::string request = member_text(tree, "request_id");
    if (request.empty()) return;
    const std::string about = member_text(tree, "correlation_id");  // the request, where no workflow is
    if (about == request && about != member_text(tree, "workflow_id"))
        tree["correlation_id"] = names_.request(request);
    tree["request_id"] = names_.request(request);
}

/// The decider makes the id of a change that was found again out of its key.
void FixtureRedaction::rename_found(const Json& command) {
    const events::AccountHash account(member_text(command, "account"));
    events::Environment environment{};
    if (!events::enum_from_name(member_text(command, "environment"), environment)) return;
    const std::string key = member_text(command, "idempotency_key");
    const auto id_of = [&](const std::string& named) {
        return statemachines::found_id(account, environment, "key " + named);
    };
    if (!key.empty()) names_.rename_id(id_of(key), id_of(names_.key(key)));
}

void FixtureRedaction::clean_event(Json& tree) {
    clean_caller_ids(tree);
    Json& body = tree["body"];
    Json input = body.value("decided_from", Json::object());
    body.erase("decided_from");
    const std::string command = member_text(input, "command_name");
    if (command == "record_found_order") rename_found(input.value("command", Json::object()));
    const bool is_call = source_of(command) == Source::caller;
    for (const auto& item : tree.items())
        if (item.key() != "body") clean(item.key(), item.value(), Source::ours);
    clean("", body, is_call ? Source::caller : source_with(member_text(tree, "event_type"), body));
    clean("", input, source_with(command, input.value("command", Json::object())));
    set_input_hash(tree, input);
    if (!input.empty()) body["decided_from"] = std::move(input);
}

/// The hash of what was asked would still tell whether a guess at it is right.
void FixtureRedaction::set_input_hash(Json& tree, const Json& input) {
    if (!input.empty()) {
        const auto command = events::canonical_json(input.value("command", Json::object()));
        decision_ = member_text(tree, "event_id");
        input_hash_ = command ? events::hex(events::sha256(*command)) : std::string();
    } else if (member_text(tree, "causation_id") != decision_) {
        input_hash_.clear();
    }
    if (!tree.contains("input_hash")) return;
    if (input_hash_.empty())
        tree.erase("input_hash");
    else
        tree["input_hash"] = input_hash_;
}

Result<events::Event> FixtureRedaction::event_of(const events::Record& record) {
    const auto unsafe = [&](const std::string& problem) {
        return failure(ErrorCode::output_unsafe,
                       "event " + std::to_string(record.sequence.value()) + " cannot be redacted: " + problem,
                       "Replay the export itself with --file instead of a fixture.");
    };
    auto tree = events::parse_json(record.bytes, events::JsonLimits::own());
    if (!tree) return unsafe(std::string(events::to_string(tree.error())));
    clean_event(*tree);
    const auto bytes = events::canonical_json(*tree);
    if (!bytes) return unsafe(std::string(events::to_string(bytes.error())));
    return events::decode_event(record.header.type_number, *bytes);
}

}  // namespace ibkr::engine
