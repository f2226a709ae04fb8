#include "events/json/canonical_json.hpp"

#include <limits>
#include <set>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "events/json/json_text.hpp"
#include "events/json/utf8.hpp"
#include "tests/unit/events/generators.hpp"

using namespace ibkr::events;
using Json = nlohmann::json;

namespace {

std::optional<JsonError> error_of(std::string_view text, const JsonLimits& limits = {}) {
    const auto parsed = parse_json(text, limits);
    const auto canonical = canonicalize_json(text, limits);
    // Both ways of reading agree on what they refuse, but only one of them must have a canonical form.
    if (!parsed) REQUIRE(canonical == tl::unexpected(parsed.error()));
    return parsed ? std::nullopt : std::optional(parsed.error());
}

std::string canonical(std::string_view text) {
    const std::string result = canonicalize_json(text).value();
    REQUIRE(canonical_json(parse_json(text).value()).value() == result);
    return result;
}

rc::Gen<std::string> ascii_key() {
    return rc::gen::container<std::string>(rc::gen::inRange('\0', '\x7f'));
}

/// Any value that has a canonical form.
rc::Gen<Json> json_value(int depth) {
    return rc::gen::exec([depth]() -> Json {
        const int kind = *rc::gen::inRange(0, depth > 0 ? 5 : 3);
        if (kind == 0) return *rc::gen::arbitrary<bool>();
        if (kind == 1) return *rc::gen::inRange<std::int64_t>(-json_integer_max, json_integer_max + 1);
        if (kind == 2) return *ibkr::test::unicode_text();
        const int members = *rc::gen::inRange(0, 5);
        Json value = kind == 3 ? Json::array() : Json::object();
        for (int i = 0; i < members; ++i) {
            if (kind == 3)
                value.push_back(*json_value(depth - 1));
            else
                value[*ascii_key()] = *json_value(depth - 1);
        }
        return value;
    });
}

}  // namespace

TEST_CASE("RFC 8785: strings have one form") {
    // Section 3.2.2.2 and its example: the short escapes, \u00xx in lower case, nothing else escaped.
    REQUIRE(canonical(R"({"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"})") ==
            "{\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    REQUIRE(canonical(R"("\b\t\n\f\r\u0008\u0009\u001F\u007f")") == "\"\\b\\t\\n\\f\\r\\b\\t\\u001f\x7f\"");
    REQUIRE(canonical(R"("\ud83d\ude00\u00e9")") == "\"\xf0\x9f\x98\x80\xc3\xa9\"");
    REQUIRE(canonical(R"("\u0000")") == "\"\\u0000\"");
}

TEST_CASE("RFC 8785: members are sorted, white space is gone, literals and whole numbers stay") {
    // Section 3.2.3 on its ASCII keys, and the structure of the published `structures` and `weird` vectors.
    REQUIRE(
        canonical(
            R"({"1":{"f":{"f":"hi","F":5},"\n":56},"10":{},"":"empty","a":{},"111":[{"e":"yes","E":"no"}],"A":{}})") ==
        R"({"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{},"a":{}})");
    REQUIRE(canonical(" { \"b\" : [ 56 , { \"d\" : true , \"10\" : 0 } ] , \"a\" :\r\n\t\"x\" } ") ==
            R"({"a":"x","b":[56,{"10":0,"d":true}]})");
    REQUIRE(canonical("[]") == "[]");
    REQUIRE(canonical("[false,true,-0,-1,9007199254740992,-9007199254740992]") ==
            "[false,true,0,-1,9007199254740992,-9007199254740992]");
    REQUIRE(canonical(R"({"a\"b":1,"a!b":2,"a#b":3})") == R"({"a!b":2,"a\"b":1,"a#b":3})");
}

TEST_CASE("what has no canonical form is refused with its reason") {
    REQUIRE(error_of("1.0") == JsonError::fraction);
    REQUIRE(error_of("[1e2]") == JsonError::fraction);
    REQUIRE(error_of("9007199254740993") == JsonError::integer_too_large);
    REQUIRE(error_of("-9007199254740993") == JsonError::integer_too_large);
    REQUIRE(error_of("[99999999999999999999999999]") == JsonError::integer_too_large);
    REQUIRE(error_of("null") == JsonError::null_value);
    REQUIRE(error_of(R"({"a":null})") == JsonError::null_value);
    REQUIRE(error_of(R"({"a":1,"a":1})") == JsonError::duplicate_key);
    REQUIRE(error_of(R"({"a":1,"b":2,"\u0061":1})") == JsonError::duplicate_key);
    REQUIRE(error_of("{\"\xc3\xa9\":1}") == JsonError::key_not_ascii);
    REQUIRE(error_of(R"({"\u00e9":1})") == JsonError::key_not_ascii);
    REQUIRE(error_of("{} {}") == JsonError::trailing_bytes);
    REQUIRE(error_of("1 2") == JsonError::trailing_bytes);

    REQUIRE(canonical_json(Json(1.5)).error() == JsonError::fraction);
    REQUIRE(canonical_json(Json{{"a", nullptr}}).error() == JsonError::null_value);
    REQUIRE(canonical_json(Json(std::uint64_t{9007199254740993})).error() == JsonError::integer_too_large);
    REQUIRE(canonical_json(Json(std::numeric_limits<std::int64_t>::min())).error() ==
            JsonError::integer_too_large);
    REQUIRE(canonical_json(Json("\xff")).error() == JsonError::not_utf8);
    REQUIRE(canonical_json(Json{{"\xc3\xa9", 1}}).error() == JsonError::key_not_ascii);
    REQUIRE(canonical_json(Json::binary({1, 2})).error() == JsonError::not_representable);
}

TEST_CASE("malformed JSON is refused") {
    for (const char* text : {"",
                             " ",
                             "{",
                             "}",
                             "[",
                             "]",
                             "[1",
                             "[1,",
                             "[1,]",
                             "[,1]",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{\"a\":1,}",
                             "{a:1}",
                             "{'a':1}",
                             "{1:1}",
                             "\"",
                             "\"abc",
                             "\"\\\"",
                             "\"\\x\"",
                             "\"\\u12\"",
                             "\"\\u12g4\"",
                             "\"\n\"",
                             "\"\x01\"",
                             "tru",
                             "truE",
                             "falsey",
                             "nul",
                             "01",
                             "-",
                             "-01",
                             "+1",
                             ".5",
                             "5.",
                             "1e",
                             "1e+",
                             "0x1",
                             "NaN",
                             "Infinity",
                             "[1 2]",
                             "{\"a\":1 \"b\":2}",
                             "{\"a\" 1}",
                             "[}",
                             "{]",
                             "//c\n1",
                             "\xef\xbb\xbf{}"}) {
        CAPTURE(text);
        const auto parsed = parse_json(text, JsonLimits::outside());
        REQUIRE_FALSE(parsed.has_value());
        REQUIRE(canonicalize_json(text).has_value() == false);
    }
    REQUIRE(error_of("[1 2]") == JsonError::malformed);
    REQUIRE(error_of("{\"a\":tru}") == JsonError::malformed);
}

TEST_CASE("bytes that are not UTF-8 are refused") {
    for (const char* bytes :
         {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
          "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
          "\xff", "\xfe", "\xe2\x82", "\xf0\x9f\x98", "\xe2\x28\xa1", "a\xc3"}) {
        const std::string text(bytes);
        CAPTURE(text);
        REQUIRE_FALSE(is_utf8(text));
        REQUIRE(error_of("\"" + text + "\"") == JsonError::not_utf8);
        REQUIRE(error_of("{\"" + text + "\":1}") == JsonError::not_utf8);
        std::string out = "kept";
        REQUIRE_FALSE(append_json_string(out, "abc" + text));
        REQUIRE(out == "kept");
    }
    for (const char* escape :
         {R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")", R"("\ud800\ud800")", R"("\ud800x")"})
        REQUIRE(error_of(escape) == JsonError::not_utf8);
}

TEST_CASE("depth and size have limits") {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    REQUIRE_FALSE(error_of(nested(64)).has_value());
    REQUIRE(error_of(nested(65)) == JsonError::too_deep);
    REQUIRE_FALSE(error_of(nested(65), JsonLimits::own()).has_value());
    REQUIRE(error_of(nested(129), JsonLimits::own()) == JsonError::too_deep);
    REQUIRE(error_of(std::string(60'000, '[')) == JsonError::too_deep);
    REQUIRE_FALSE(error_of("\"" + std::string(65'533, 'x') + "\"").has_value());
    REQUIRE(error_of("\"" + std::string(65'534, 'x') + "\"") == JsonError::too_large);
    Json deep = Json::array();
    for (int i = 0; i < 128; ++i)
        deep = Json::array({deep});
    REQUIRE(canonical_json(deep).error() == JsonError::too_deep);
}

TEST_CASE("documents of others may hold what ours may not, and numbers keep their digits") {
    const auto limits = JsonLimits::outside();
    const Json parsed =
        parse_json("{\"\xc3\xa9\":null,\"price\":199.5500,\"size\":1e3,\"id\":12345678901234567890,\"n\":-7}",
                   limits)
            .value();
    REQUIRE(parsed["\xc3\xa9"].is_null());
    REQUIRE(parsed["price"] == "199.5500");
    REQUIRE(parsed["size"] == "1e3");
    REQUIRE(parsed["id"] == "12345678901234567890");
    REQUIRE(parsed["n"] == -7);
    REQUIRE(parse_json("0.1000000000000000055511151231257827", limits).value() ==
            "0.1000000000000000055511151231257827");
}

TEST_CASE("every value with a canonical form comes back the same, and its form is a fixed point") {
    REQUIRE(rc::check("value to text to value", [] {
        const Json value = *json_value(4);
        const std::string text = canonical_json(value).value();
        RC_ASSERT(parse_json(text).value() == value);
        RC_ASSERT(canonicalize_json(text).value() == text);
        RC_ASSERT(is_canonical_json(text));
        // Any other spelling of the same value has the same canonical form.
        RC_ASSERT(canonicalize_json(value.dump(3, ' ', true)).value() == text);
        RC_ASSERT(value.size() == 0 || !value.is_structured() || !is_canonical_json(value.dump(1)));
    }));
    REQUIRE(
        rc::check("our reader accepts nothing that an independent one refuses", [](const std::string& noise) {
            const std::string text =
                *rc::gen::element<std::string>("", "{", "[", "\"", "{\"a\":", "[1,", "-") + noise;
            if (parse_json(text, JsonLimits::outside())) RC_ASSERT(Json::accept(text));
        }));
    REQUIRE(rc::check("one changed byte of a document never crashes the reader", [] {
        std::string text = canonical_json(*json_value(3)).value();
        text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
        if (const auto parsed = parse_json(text)) RC_ASSERT(Json::accept(text));
    }));
}

TEST_CASE("every error has its own words") {
    std::set<std::string_view> words;
    for (int i = 0; i <= static_cast<int>(JsonError::not_representable); ++i)
        REQUIRE(words.insert(to_string(static_cast<JsonError>(i))).second);
}
