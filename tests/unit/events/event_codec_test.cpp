#include "events/event_codec.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "events/json/canonical_json.hpp"
#include "events/redaction/redaction.hpp"
#include "tests/unit/events/event_samples.hpp"

using namespace ibkr::events;
using ibkr::test::Arbitrary;
using ibkr::test::event_of_type;
using ibkr::test::Fixed;
using Json = nlohmann::json;

namespace {

std::size_t type_count() {
    return event_catalogue().size();
}

std::size_t any_type() {
    return *rc::gen::inRange<std::size_t>(0, type_count());
}

Event sample(std::string_view type_name) {
    const auto row = static_cast<std::size_t>(find_descriptor(type_name) - event_catalogue().data());
    return event_of_type<Fixed>(row);
}

/// The code of decoding the sample of `type_name` after `change` to its JSON.
template <class Change>
Error refused(std::string_view type_name, Change change) {
    Json json = Json::parse(encode_event(sample(type_name)).value());
    change(json);
    const auto decoded = decode_event(find_descriptor(type_name)->number, canonical_json(json).value());
    REQUIRE_FALSE(decoded.has_value());
    return decoded.error();
}

}  // namespace

TEST_CASE("an event of any type comes back as it was", "[events][property]") {
    for (std::size_t row = 0; row < type_count(); ++row) {
        const std::string name(event_catalogue()[row].name);
        CHECK(rc::check(name, [row, &name] {
            const Event event = event_of_type<Arbitrary>(row);
            const auto bytes = encode_event(event);
            RC_ASSERT(bytes.has_value());
            RC_ASSERT(is_canonical_json(*bytes));
            const Json json = Json::parse(*bytes);
            RC_ASSERT(json.at("event_type") == name);
            RC_ASSERT(json.at("sequence_id") == event.sequence_id.value());
            RC_ASSERT(json.contains("workflow_id") == !event.workflow_id.empty());
            RC_ASSERT(json.at("body").contains("decided_from") == event.decided_from.has_value());
            const auto decoded = decode_event(event_catalogue()[row].number, *bytes);
            RC_ASSERT(decoded.has_value());
            RC_ASSERT(*decoded == event);
        }));
    }
}

TEST_CASE("what an event does not say is left out, scopes excepted", "[events]") {
    Event event;
    event.body = PositionRecorded{};
    const Json json = Json::parse(encode_event(event).value());
    std::vector<std::string> members;
    for (const auto& item : json.items())
        members.push_back(item.key());
    CHECK(members == std::vector<std::string>{"body", "decision", "event_type", "result_status", "scopes",
                                              "sequence_id", "timestamp", "version"});
    CHECK(json.at("scopes") == Json::array());
    CHECK(decode_event(50, encode_event(event).value()).value() == event);
}

TEST_CASE("no single changed byte makes another event of the same record unnoticed", "[events][property]") {
    CHECK(rc::check([] {
        const std::size_t row = any_type();
        const Event event = event_of_type<Arbitrary>(row);
        std::string bytes = encode_event(event).value();
        const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
        const char other = *rc::gen::arbitrary<char>();
        RC_PRE(bytes[at] != other);
        bytes[at] = other;
        // Either it is refused, or it says something else: two texts never stand for one event.
        const auto decoded = decode_event(event_catalogue()[row].number, bytes);
        if (decoded)
            RC_ASSERT(*decoded != event);
        else
            RC_ASSERT(decoded.error().code == ErrorCode::audit_chain_invalid ||
                      decoded.error().code == ErrorCode::log_version_unsupported);
    }));
}

TEST_CASE("hostile bytes are an error, never a crash", "[events][property]") {
    CHECK(rc::check([] {
        const auto number = event_catalogue()[any_type()].number;
        const auto noise = *rc::gen::arbitrary<std::string>();
        RC_ASSERT(!decode_event(number, noise).has_value());
        const std::string bytes = encode_event(event_of_type<Arbitrary>(any_type())).value();
        const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size());
        RC_ASSERT(!decode_event(number, bytes.substr(0, cut)).has_value());
    }));
}

TEST_CASE("what a newer build wrote stops the reader and says what is needed", "[events]") {
    const auto unknown = decode_event(65'000, encode_event(sample("tool_completed")).value());
    REQUIRE_FALSE(unknown.has_value());
    CHECK(unknown.error().code == ErrorCode::log_version_unsupported);
    CHECK_THAT(unknown.error().message, Catch::Contains("65000"));

    const Error newer = refused("order_preview_created", [](Json& json) { json["version"] = 2; });
    CHECK(newer.code == ErrorCode::log_version_unsupported);
    CHECK_THAT(newer.message, Catch::Contains("version 2 of order_preview_created"));

    const Error newer_envelope = refused("order_preview_created", [](Json& json) {
        json["version"] = 7;
        json["a_later_member"] = true;
    });
    CHECK(newer_envelope.code == ErrorCode::log_version_unsupported);
    CHECK_FALSE(newer_envelope.user_action.empty());
}

TEST_CASE("a record that is not such an event is a broken log", "[events]") {
    const auto code = [](auto change) { return refused("approval_granted", change).code; };
    CHECK(code([](Json& json) { json["version"] = 0; }) == ErrorCode::audit_chain_invalid);
    CHECK(code([](Json& json) { json["event_type"] = "approval_denied"; }) == ErrorCode::audit_chain_invalid);
    CHECK(code([](Json& json) { json.erase("timestamp"); }) == ErrorCode::audit_chain_invalid);
    CHECK(code([](Json& json) { json.erase("body"); }) == ErrorCode::audit_chain_invalid);
    CHECK(code([](Json& json) { json["extra"] = "x"; }) == ErrorCode::audit_chain_invalid);
    CHECK(code([](Json& json) { json["body"]["extra"] = "x"; }) == ErrorCode::audit_chain_invalid);
    CHECK(code([](Json& json) { json["body"].erase("state"); }) == ErrorCode::audit_chain_invalid);
    CHECK(code([](Json& json) { json["decision"] = "perhaps"; }) == ErrorCode::audit_chain_invalid);

    const Error named = refused("approval_granted", [](Json& json) { json["body"]["reason"] = 5; });
    CHECK_THAT(named.message, Catch::Contains("approval_granted") && Catch::Contains("'reason'"));

    std::string spaced = encode_event(sample("approval_granted")).value();
    spaced.insert(1, " ");
    CHECK(decode_event(32, spaced).error().code == ErrorCode::audit_chain_invalid);
}

TEST_CASE("an event that would not fit is refused before it becomes one", "[events]") {
    Event event = sample("tool_failed");
    auto& body = std::get<ToolFailed>(event.body);
    body.message.assign(event_bytes_max - encode_event(event).value().size() + body.message.size(), 'x');
    // The text's quotes and euro sign are gone: measure what is missing to the limit.
    body.message.append(event_bytes_max - encode_event(event).value().size(), 'x');
    const auto largest = encode_event(event);
    REQUIRE(largest.has_value());
    CHECK(largest->size() == event_bytes_max);
    CHECK(decode_event(12, *largest).value() == event);
    body.message.push_back('x');
    REQUIRE_FALSE(encode_event(event).has_value());
    CHECK(encode_event(event).error().code == ErrorCode::order_validation_failed);
}

TEST_CASE("a planted secret never reaches the bytes", "[events][property]") {
    const std::string account = "DU7654321";
    const Redactor redactor({account});
    CHECK(rc::check([&] {
        const std::string secret = *rc::gen::element<std::string>(
            "Bearer tOkEn123456", "client_secret=hush-hush", "password=hush-hush", "/home/hush-hush/x",
            "DU7654321", "du7654321");
        const std::string outside = *ibkr::test::unicode_text() + secret + *ibkr::test::unicode_text();
        Event event;
        ToolFailed body;
        body.message = redactor.text(outside);
        body.reasons = {{"CODE", redactor.text(outside)}};
        const Json document{{"query", outside}, {"cookie", "hush-hush"}, {outside, Json::array({outside})}};
        body.arguments = redactor.document(document.dump(-1, ' ', false, Json::error_handler_t::replace),
                                           "body.arguments", event.redactions);
        event.body = body;
        const std::string bytes = encode_event(event).value();
        for (const std::string_view hidden : {"tOkEn123456", "hush-hush", "DU7654321", "du7654321"})
            RC_ASSERT(bytes.find(hidden) == std::string::npos);
        RC_ASSERT(!has_export_marker(bytes));
        RC_ASSERT(!event.redactions.empty());
        RC_ASSERT(decode_event(12, bytes).value() == event);
    }));
}
