#include "io/ipc/messages.hpp"
#include "tests/unit/io/ipc_support.hpp"

// Every message to text and back, and what is not one.

using namespace ibkr;
using namespace ibkr::io;
using namespace ibkr::io::test;

namespace {

engine::CallResult round_trip(const engine::CallResult& result) {
    auto message = decode_owner_message(encode(result));
    REQUIRE(message);
    auto* decoded = std::get_if<engine::CallResult>(&*message);
    REQUIRE(decoded != nullptr);
    return std::move(*decoded);
}

void check_same(const engine::CallResult& result) {
    const auto decoded = round_trip(result);
    REQUIRE(decoded.has_value() == result.has_value());
    if (result) {
        CHECK(decoded->payload == result->payload);
        CHECK(decoded->audit_event_id == result->audit_event_id);
        CHECK(decoded->unknown_outcome == result->unknown_outcome);
        CHECK(decoded->unrecorded_reason == result->unrecorded_reason);
    } else {
        CHECK(decoded.error().error == result.error().error);
        CHECK(decoded.error().audit_event_id == result.error().audit_event_id);
    }
}

template <class Decoded>
void check_no_message(const Decoded& decoded) {
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().code == ErrorCode::engine_protocol_mismatch);
    CHECK(decoded.error().message.find("secret-text") == std::string::npos);
}

}  // namespace

TEST_CASE("greetings come back as they went", "[ipc]") {
    CHECK(decode_greeting(encode(asker_greeting())).value() == asker_greeting());
    Greeting without_log = asker_greeting();
    without_log.log_id.clear();
    CHECK(decode_greeting(encode(without_log)).value() == without_log);

    for (const OwnerState state : {OwnerState::ok, OwnerState::held, OwnerState::paused}) {
        OwnerGreeting owner = owner_greeting();
        owner.state = state;
        const auto message = decode_owner_message(encode(owner));
        REQUIRE(message);
        REQUIRE(std::holds_alternative<OwnerGreeting>(*message));
        CHECK(std::get<OwnerGreeting>(*message) == owner);
    }
}

TEST_CASE("a call comes back as it went, and its secret is not for show", "[ipc]") {
    ForwardedCall call = some_call();
    CHECK(decode_call(encode(call).value()).value() == call);
    call.operator_secret = OperatorSecret("secret-text \" \xc3\xa9");
    call.enable_preview = true;
    call.enable_paper = true;
    call.repeated = true;
    call.scopes.clear();
    call.arguments.text.clear();
    CHECK(decode_call(encode(call).value()).value() == call);
}

TEST_CASE("results come back without loss", "[ipc]") {
    check_same(reply("{\"a\":\"line\\n\xe2\x82\xac\"}"));
    check_same(engine::Reply{"[]", events::EventId(), true, "the log is held"});
    check_same(tl::unexpected(engine::CallError{
        {ErrorCode::order_policy_refused,
         "the risk policy refuses",
         true,
         "Change the order.",
         {{"ORDER_QUANTITY_LIMIT_REFUSED", "too many"}, {"ORDER_SYMBOL_REFUSED", "not this one"}}},
        events::EventId("event-7")}));
    for (const auto& entry : events::error_code_catalogue())
        check_same(tl::unexpected(engine::CallError{events::failure(entry.code, "m").value(), {}}));

    const auto working = decode_owner_message(encode(Working{}));
    REQUIRE(working);
    CHECK(std::holds_alternative<Working>(*working));
}

TEST_CASE("a refusal outside a call has no audit event", "[ipc]") {
    const auto error = events::failure(ErrorCode::engine_busy, "the engine is stopping").value();
    const auto message = decode_owner_message(encode_refusal(error));
    REQUIRE(message);
    const auto& result = std::get<engine::CallResult>(*message);
    REQUIRE_FALSE(result);
    CHECK(result.error().error == error);
    CHECK(result.error().audit_event_id.empty());
}

TEST_CASE("what is no message is refused without being repeated", "[ipc]") {
    const std::string greeting = encode(asker_greeting());
    const std::string call = encode(some_call()).value();
    for (const std::string& text :
         {std::string("{}"), std::string("secret-text"), std::string(R"({"unknown":"secret-text"})"),
          std::string(R"({"greeting":{}})"), std::string(R"({"greeting":{"protocol":"1"}})"),
          std::string(R"({"greeting":{"protocol":1,"unknown":"secret-text"}})"), std::string("\xff\xfe"),
          greeting + "x", call, encode(owner_greeting())})
        check_no_message(decode_greeting(text));
    for (const std::string& text : {std::string(R"({"call":{}})"), greeting, std::string(R"({"call":[]})"),
                                    greeting.substr(0, greeting.size() - 1) + "," + call.substr(1)})
        check_no_message(decode_call(text));
    for (const std::string& text :
         {std::string("{}"), greeting, call, std::string(R"({"working":{"unknown":"secret-text"}})"),
          std::string(R"({"answer":{"payload":"{}","unknown_outcome":false},"working":{}})"),
          std::string(
              R"({"failed":{"code":"SECRET","message":"m","retryable":false,"user_action":"secret-text"}})")})
        check_no_message(decode_owner_message(text));
}

TEST_CASE("a later protocol is named, whatever else its greeting holds", "[ipc]") {
    for (const std::string& text :
         {std::string(R"({"greeting":{"protocol":2}})"),
          std::string(R"({"greeting":{"new":{"a":[1,null,1.5,{"b":true}],"c":"d"},"protocol":2,"z":3}})")}) {
        for (const auto& error : {decode_greeting(text).error(), decode_owner_message(text).error()}) {
            CHECK(error.code == ErrorCode::engine_protocol_mismatch);
            CHECK(error.message.find("protocol 2") != std::string::npos);
        }
    }
}

TEST_CASE("greetings agree or say what differs", "[ipc]") {
    const Greeting owner = owner_greeting().common;
    CHECK(check_greetings(owner, asker_greeting()));
    Greeting asker = asker_greeting();
    asker.log_id.clear();
    CHECK(check_greetings(owner, asker));

    asker.config_digest = "digest-b";
    auto error = check_greetings(owner, asker).error();
    CHECK(error.code == ErrorCode::engine_config_mismatch);
    CHECK(error.message.find("digest-a") != std::string::npos);
    CHECK(error.message.find("digest-b") != std::string::npos);
    CHECK(error.message.find("log id") == std::string::npos);
    asker.log_id = "another";
    CHECK(check_greetings(owner, asker).error().message.find("log id") != std::string::npos);

    asker.format_version = 2;
    CHECK(check_greetings(owner, asker).error().code == ErrorCode::engine_version_mismatch);
    asker.format_version = 1;
    asker.product_version = "0.2.0";
    error = check_greetings(owner, asker).error();
    CHECK(error.code == ErrorCode::engine_version_mismatch);
    CHECK(error.message.find("0.2.0") != std::string::npos);
    asker.protocol = 2;
    CHECK(check_greetings(owner, asker).error().code == ErrorCode::engine_protocol_mismatch);
}

TEST_CASE("a call that cannot be sent is an error of its own", "[ipc]") {
    const auto refused = [](const ForwardedCall& call) {
        const auto frame = encode(call);
        return !frame && frame.error().code == ErrorCode::order_validation_failed;
    };
    ForwardedCall call = some_call();
    call.operator_secret = OperatorSecret("\xff");
    CHECK(refused(call));
    call = some_call("");
    CHECK(refused(call));
    call = some_call();
    call.arguments.text = R"({"b":1,"a":2})";
    CHECK(refused(call));
    call.arguments.text = "[]";
    CHECK(refused(call));

    call = some_call();
    call.arguments.text = R"({"a":""})";
    const std::size_t room = request_bytes_max - encode(call).value().size();
    call.arguments.text = R"({"a":")" + std::string(room, 'x') + R"("})";
    REQUIRE(encode(call).value().size() == request_bytes_max);
    CHECK(decode_call(encode(call).value()).value() == call);
    call.arguments.text = R"({"a":")" + std::string(room + 1, 'x') + R"("})";
    CHECK(refused(call));
}

TEST_CASE("an answer that is too long becomes an error with its audit event", "[ipc]") {
    const std::size_t room = answer_bytes_max - encode(reply("")).size();
    const std::string longest(room, 'x');
    REQUIRE(encode(reply(longest)).size() == answer_bytes_max);
    CHECK(round_trip(reply(longest))->payload == longest);

    const auto refused = round_trip(reply(longest + "x"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().error.code == ErrorCode::engine_protocol_mismatch);
    CHECK(refused.error().audit_event_id == events::EventId("event-1"));
}
