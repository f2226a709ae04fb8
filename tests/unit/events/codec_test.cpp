#include "events/json/codec.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "events/event.hpp"
#include "events/json/canonical_json.hpp"
#include "events/json/describe_codec.hpp"
#include "events/json/schema_codec.hpp"
#include "events/records.hpp"
#include "tests/unit/events/generators.hpp"

using namespace ibkr::events;

namespace {

struct Inner {
    std::uint16_t small = 0;
    std::optional<bool> flag;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("small", self.small);
        v("flag", self.flag);
    }
    friend bool operator==(const Inner&, const Inner&) = default;
};

/// One member of every kind, not in the order of their names.
struct Everything {
    std::string text;
    bool truth = false;
    std::int64_t whole = 0;
    std::uint64_t count = 0;
    SequenceId sequence;
    ContractId contract_id;
    Decimal decimal;
    Price price;
    Timestamp time;
    Currency currency;
    Side side = Side::buy;
    std::optional<ErrorCode> error;
    EmbeddedJson embedded;
    std::optional<Inner> inner;
    std::vector<Inner> inners;
    std::vector<std::string> texts;
    std::map<std::string, std::string> labels;
    std::string note;
    std::uint64_t position = 0;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("whole", self.whole);
        v("truth", self.truth);
        v("texts", self.texts);
        v("text", self.text);
        v("time", self.time);
        v("side", self.side);
        v("sequence", self.sequence);
        v("price", self.price);
        v("position", omit_empty(self.position));
        v("note", omit_empty(self.note));
        v("labels", self.labels);
        v("inners", self.inners);
        v("inner", self.inner);
        v("error", self.error);
        v("embedded", self.embedded);
        v("decimal", self.decimal);
        v("currency", self.currency);
        v("count", self.count);
        v("contract_id", self.contract_id);
    }
    friend bool operator==(const Everything&, const Everything&) = default;
};

struct Preset {
    std::optional<bool> flag = true;
    std::string note = "preset";

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("flag", self.flag);
        v("note", omit_empty(self.note));
    }
};

rc::Gen<Inner> inner() {
    return rc::gen::exec([] {
        return Inner{*rc::gen::arbitrary<std::uint16_t>(),
                     *rc::gen::arbitrary<bool>() ? std::optional(*rc::gen::arbitrary<bool>()) : std::nullopt};
    });
}

rc::Gen<Everything> everything() {
    return rc::gen::exec([] {
        const auto sometimes = [] { return *rc::gen::arbitrary<bool>(); };
        Everything e;
        e.text = *ibkr::test::unicode_text();
        e.truth = sometimes();
        e.whole = *rc::gen::inRange<std::int64_t>(-json_integer_max, json_integer_max + 1);
        e.count = *rc::gen::inRange<std::uint64_t>(0, json_integer_max);
        e.sequence = SequenceId(*rc::gen::inRange<std::uint64_t>(0, 1000));
        if (sometimes()) e.contract_id = ContractId(std::to_string(*rc::gen::inRange(0, 1000)));
        e.decimal = *ibkr::test::decimal();
        e.price = Price(*ibkr::test::decimal());
        e.time = Timestamp(*rc::gen::inRange<std::int64_t>(0, 253'402'300'799'999));
        e.currency = Currency::parse(*rc::gen::element("USD", "EUR", "CHF")).value();
        e.side = *rc::gen::element(Side::buy, Side::sell);
        if (sometimes()) e.error = *rc::gen::element(ErrorCode::config_invalid, ErrorCode::engine_held);
        if (sometimes()) e.embedded.text = *rc::gen::element("{}", R"({"a":[1,{"b":"x"}],"c":true})");
        if (sometimes()) e.inner = *inner();
        e.inners = *rc::gen::container<std::vector<Inner>>(inner());
        e.texts = *rc::gen::container<std::vector<std::string>>(ibkr::test::unicode_text());
        if (sometimes()) e.labels["z \"quoted\""] = *ibkr::test::unicode_text();
        if (sometimes()) e.labels["a"] = "";
        e.note = *ibkr::test::unicode_text();
        e.position = *rc::gen::inRange<std::uint64_t>(0, 3);
        return e;
    });
}

template <class T>
std::string problem(std::string_view text, const JsonLimits& limits = JsonLimits::own()) {
    const auto result = from_json_text<T>(text, limits);
    if (result) return "";
    REQUIRE(result.error().code == ErrorCode::order_validation_failed);
    return result.error().message;
}

const std::string inner_text = R"({"flag":true,"small":7})";

}  // namespace

TEST_CASE("a described value becomes canonical text and comes back the same") {
    REQUIRE(rc::check("every kind of member", [] {
        const Everything value = *everything();
        const std::string text = to_canonical_json(value);
        RC_ASSERT(canonicalize_json(text).value() == text);
        RC_ASSERT(from_json_text<Everything>(text).value() == value);
        std::string appended = "x";
        append_canonical_json(appended, value);
        RC_ASSERT(appended == "x" + text);
    }));
    REQUIRE(to_canonical_json(Inner{}) == R"({"small":0})");
    REQUIRE(to_canonical_json(Inner{7, true}) == inner_text);
}

TEST_CASE("records with orders, pending intents and money come back the same") {
    REQUIRE(rc::check("order record", [] {
        OrderRecord record;
        record.order_id = WorkflowId("0190aaaa-0000-7000-8000-000000000001");
        record.account = AccountHash(std::string(64, 'a'));
        record.terms.contract = {ContractId("265598"), "AAPL",   *ibkr::test::unicode_text(),
                                 AssetClass::stock,    "NASDAQ", {}};
        record.terms.quantity = Quantity(*ibkr::test::decimal());
        if (*rc::gen::arbitrary<bool>()) record.terms.limit_price = Price(*ibkr::test::decimal());
        record.filled_value = *ibkr::test::decimal();
        if (*rc::gen::arbitrary<bool>()) {
            record.pending.emplace();
            record.pending->idempotency_key = IdempotencyKey("key-1");
            record.pending->changes.time_in_force = TimeInForce::good_till_cancelled;
        }
        record.message = *ibkr::test::unicode_text();
        const std::string text = to_canonical_json(record);
        RC_ASSERT(is_canonical_json(text));
        RC_ASSERT(from_json_text<OrderRecord>(text).value() == record);
    }));
    const Body body = KillSwitchClosed{"maintenance", "closed"};
    REQUIRE(to_canonical_json(body) == R"({"reason":"maintenance","state":"closed"})");
}

TEST_CASE("reading takes members in any order and spacing, but each exactly once") {
    REQUIRE(from_json_text<Inner>(" { \"small\" : 7 ,\n\"flag\":true } ").value() == Inner{7, true});
    REQUIRE(problem<Inner>(R"({"flag":true})") == "member 'small' is missing");
    REQUIRE(problem<Inner>(R"({"small":7,"small":7})") == "member 'small' stands twice");
    REQUIRE(problem<Inner>(R"({"large":7,"small":7})") == "member 'large' is not known here");
    REQUIRE(problem<Inner>(R"({"small":7} x)") ==
            "the JSON text cannot be read: something after the end of the JSON value");
    REQUIRE(problem<Inner>("[7]") == "the JSON text must be an object");
    REQUIRE(problem<Inner>("") == "the JSON text must be an object");
}

TEST_CASE("a wrong member is named by its path and its value is not repeated") {
    REQUIRE(problem<Inner>(R"({"small":"7"})") == "member 'small' must be a whole number");
    REQUIRE(problem<Inner>(R"({"small":65536})") == "member 'small' is out of range");
    REQUIRE(problem<Inner>(R"({"small":-1})") == "member 'small' is out of range");
    REQUIRE(problem<Inner>(R"({"small":1.5})") ==
            "member 'small' cannot be read: a fractional number; decimals are strings");
    REQUIRE(problem<Inner>(R"({"small":7,"flag":null})") == "member 'flag' must be true or false");
    REQUIRE(problem<Inner>(R"({"small":7,"flag":"true"})") == "member 'flag' must be true or false");
    Everything value;
    value.inners = {Inner{}, Inner{}};
    value.embedded.text = "{}";
    const std::string text = to_canonical_json(value);
    const auto with = [&](std::string_view from, std::string_view to) {
        std::string changed = text;
        const std::size_t at = changed.find(from);
        REQUIRE(at != std::string::npos);
        changed.replace(at, from.size(), to);
        return problem<Everything>(changed);
    };
    REQUIRE(with(R"({"small":0}])", R"({"small":"secret"}])") ==
            "member 'inners[1].small' must be a whole number");
    REQUIRE(with(R"("inners":[)", R"("inners":[[],)") == "member 'inners[0]' must be an object");
    REQUIRE(with(R"("texts":[])", R"("texts":["a",5])") == "member 'texts[1]' must be a string");
    REQUIRE(with(R"("texts":[])", R"("texts":{})") == "member 'texts' must be a list");
    REQUIRE(with(R"("labels":{})", R"("labels":{"a":"x","a":"y"})") == "member 'labels.a' stands twice");
    REQUIRE(with(R"("side":"buy")", R"("side":"BUY")") == "member 'side' is not one of the allowed words");
    REQUIRE(with(R"("decimal":"0")", R"("decimal":0)") == "member 'decimal' must be a string");
    REQUIRE(with(R"("decimal":"0")", R"("decimal":"1e5")") ==
            "member 'decimal' does not have the form this member needs");
    REQUIRE(with(R"("count":0)", R"("count":-1)") == "member 'count' is out of range");
    REQUIRE(with(R"("count":0)", R"("count":0,"error":"NO_SUCH_CODE")") ==
            "member 'error' is not an error code");
    REQUIRE(with(R"("count":0)", R"("count":0,"contract_id":"")") ==
            "member 'contract_id' does not have the form this member needs");
    REQUIRE(with(R"("embedded":{})", R"("embedded":[])") == "member 'embedded' must be an object");
    REQUIRE(with(R"("embedded":{})", R"("embedded":{"a":1,"a":2})") ==
            "member 'embedded' cannot be read: an object with the same member twice");
    REQUIRE(with(R"("text":"")", "\"text\":\"\xff\"") ==
            "member 'text' cannot be read: text that is not valid UTF-8");
    REQUIRE(with(R"("count":0)", R"("count":0,"Bearer abc.def":1)") == "member '?' is not known here");
}

TEST_CASE("an embedded object is brought into canonical form") {
    const std::string text = R"({"arguments":{"b": 1, "a" :[ true ]}})";
    REQUIRE(from_json_text<ToolCompleted>(text).value().arguments.text == R"({"a":[true],"b":1})");
}

TEST_CASE("whatever depth was accepted from outside can be read back inside our own envelopes") {
    std::string deep = "1";
    for (int i = 0; i < 64; ++i)
        deep.insert(0, R"({"a":)").append("}");
    REQUIRE(canonicalize_json(deep, JsonLimits::outside()).has_value());
    ToolCompleted value{EmbeddedJson{deep}};
    REQUIRE(from_json_text<ToolCompleted>(to_canonical_json(value)).value() == value);
}

TEST_CASE("a member that was left out holds nothing, whatever its struct starts with") {
    const Preset read = from_json_text<Preset>("{}").value();
    REQUIRE_FALSE(read.flag.has_value());
    REQUIRE(read.note.empty());
}

TEST_CASE("reading respects its limits and never crashes") {
    JsonLimits small;
    small.bytes_max = 10;
    REQUIRE(problem<Inner>(inner_text, small) == "the JSON text must be an object");
    JsonLimits broker = JsonLimits::outside();
    REQUIRE(from_json_text<Money>(R"({"amount":199.550,"currency":"USD"})", broker).value().amount ==
            Decimal::of(19955, 2));
    REQUIRE(rc::check("one changed byte", [] {
        std::string text = to_canonical_json(*everything());
        text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
        if (const auto value = from_json_text<Everything>(text))
            RC_ASSERT(from_json_text<Everything>(to_canonical_json(*value)).value() == *value);
    }));
    REQUIRE(rc::check("one part left out", [] {
        std::string text = to_canonical_json(*everything());
        const auto from = *rc::gen::inRange<std::size_t>(0, text.size());
        text.erase(from, *rc::gen::inRange<std::size_t>(1, 20));
        static_cast<void>(from_json_text<Everything>(text).has_value());
    }));
}

TEST_CASE("the schema of a struct tells its members, kinds and which are required") {
    const auto fields = schema_of<Everything>();
    REQUIRE(std::is_sorted(fields.begin(), fields.end(), [](auto& a, auto& b) { return a.name < b.name; }));
    const auto field = [&](std::string_view name) {
        const auto found =
            std::find_if(fields.begin(), fields.end(), [&](auto& f) { return f.name == name; });
        REQUIRE(found != fields.end());
        return *found;
    };
    REQUIRE(field("decimal").kind == "decimal string");
    REQUIRE(field("side").kind == "enum: buy|sell");
    REQUIRE(field("inners").kind == "list of object");
    REQUIRE(field("inners").members.size() == 2);
    REQUIRE(field("inners").required);
    REQUIRE_FALSE(field("inner").required);
    REQUIRE_FALSE(field("contract_id").required);
    REQUIRE_FALSE(field("note").required);
    REQUIRE(field("count").kind == "integer");
    REQUIRE(field("time").kind == "RFC 3339 time string, UTC, milliseconds");
}
