#include "events/redaction/redaction.hpp"

#include <algorithm>
#include <cctype>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "events/crypto/bytes.hpp"
#include "events/crypto/sha256.hpp"
#include "events/json/canonical_json.hpp"
#include "events/json/utf8.hpp"
#include "tests/unit/events/generators.hpp"

using namespace ibkr::events;
using Json = nlohmann::json;

namespace {

const std::string account = "DU7654321";
const std::string planted_secret = "s3cr3t-Value";
const std::string jwt =
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

const Redactor& redactor() {
    static const Redactor instance({account, planted_secret, "abc", "REDACT"});
    return instance;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

bool holds(const std::string& text, const std::string& part) {
    return lower(text).find(lower(part)) != std::string::npos;
}

Json redacted(const Json& document, std::vector<RedactionRecord>* records = nullptr) {
    std::vector<RedactionRecord> unused;
    return redactor().json(document, "body", records == nullptr ? unused : *records);
}

std::string random_case(std::string text) {
    for (char& c : text)
        if (*rc::gen::arbitrary<bool>()) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

/// Something that must never be stored, in any case of letters.
std::string sensitive() {
    return random_case(*rc::gen::element<std::string>(
        "bearer tOkEn123456", "client_secret=hush-hush", "\"client_secret\": \"hush-hush\"",
        "cookie=hush-hush", "refresh_token=hush-hush", "password=hush-hush", "/home/hush-hush/x",
        "c:\\users\\hush-hush\\x", "\\users\\", " /root/hush-hush", "bearer ", "du7654321", "s3cr3t-value"));
}

std::string many_sensitive() {
    std::string text;
    for (int i = 0; i < 20; ++i)
        text += *ibkr::test::unicode_text() + sensitive();
    return text;
}

/// `noise` grown to a few kilobytes with every kind of character.
std::string lengthened(std::string noise) {
    const int parts = *rc::gen::inRange(0, 10);
    for (int i = 0; i < parts; ++i)
        noise += "\"\\\n" + noise + *ibkr::test::unicode_text();
    return noise;
}

/// A document with `leaf` at a random depth, as a value or as a member name.
Json planted(const std::string& leaf, int depth) {
    if (depth == 0) return leaf;
    const Json inside = planted(leaf, depth - 1);
    const std::string key = *rc::gen::element<std::string>("a", "note", "items", "Path", "client_secret");
    switch (*rc::gen::inRange(0, 4)) {
        case 0:
            return Json::array({1, inside, "x"});
        case 1:
            return Json{{key, inside}, {leaf, true}};
        case 2:
            return Json{{"z", *ibkr::test::unicode_text()}, {leaf, inside}, {key, Json()}};
        default:
            return Json{{key, inside}};
    }
}

}  // namespace

TEST_CASE("values of sensitive names go, at any depth and in any case") {
    const Json document = {
        {"order", {{"Authorization", "x"}, {"symbol", "AAPL"}, {"list", {{{"X-HEADERS", 5}}}}}},
        {"my_Access_Token", {{"deep", 1}}},
        {"setCookie", true},
        {"file_path", "/srv/x"},
        {"quantity", 10}};
    std::vector<RedactionRecord> records;
    const Json kept = redacted(document, &records);
    const Json expected = {
        {"order",
         {{"Authorization", "[REDACTED]"}, {"symbol", "AAPL"}, {"list", {{{"X-HEADERS", "[REDACTED]"}}}}}},
        {"my_Access_Token", "[REDACTED]"},
        {"setCookie", "[REDACTED]"},
        {"file_path", "[REDACTED]"},
        {"quantity", 10}};
    REQUIRE(kept == expected);
    REQUIRE(records.size() == 5);
    REQUIRE(std::any_of(records.begin(), records.end(), [](const RedactionRecord& r) {
        return r.field_path == "body.order.list[0].X-HEADERS" && r.reason == "sensitive field name";
    }));
    for (const char* name :
         {"token", "access_token", "refresh_token", "cookie", "set-cookie", "authorization", "password",
          "credential", "secret", "header", "path", "ClientSecretV2"})
        REQUIRE(is_sensitive_name(name));
    for (const char* name : {"", "symbol", "order_id", "tok", "pass", "head"})
        REQUIRE_FALSE(is_sensitive_name(name));
}

TEST_CASE("secret-like runs inside texts go, the text around them stays") {
    const auto text = [](std::string_view outside) { return redactor().text(outside); };
    REQUIRE(text("got Bearer abc123 today") == "got [REDACTED] today");
    REQUIRE(text("BEARER\tabc123") == "[REDACTED]");
    REQUIRE(text("Authorization: Basic dXNlcjpwYXNz\nnext line") == "[REDACTED]\nnext line");
    REQUIRE(text("jwt " + jwt + ", and more") == "jwt [REDACTED], and more");
    REQUIRE(text("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.") == "[REDACTED]");
    REQUIRE(text("url?client_secret=abcdef&x=1") == "url?[REDACTED]&x=1");
    REQUIRE(text(R"({"client_secret": "a b c", "x": 1})") == R"({"[REDACTED], "x": 1})");
    REQUIRE(text("the client_secret is missing") == "the [REDACTED] is missing");
    REQUIRE(text("password='a b' ok") == "[REDACTED] ok");
    REQUIRE(text("Set-Cookie: a=b; c=d\nok") == "Set-[REDACTED]\nok");
    REQUIRE(text("cannot open /home/jane/My Files/key.pem: denied") == "cannot open [REDACTED] denied");
    REQUIRE(text("in C:\\Users\\Jane Doe\\key.pem now") == "in [REDACTED] now");
    REQUIRE(text("in /root/x and /Users/jane/y") == "in [REDACTED] and [REDACTED]");
    REQUIRE(text("https://api.example.com/v1/users/7/root/") == "https://api.example.com/v1/users/7/root/");
    REQUIRE(text("account du7654321 is restricted") == "account [REDACTED] is restricted");
    REQUIRE(text("xDU76543210") == "x[REDACTED]0");
    REQUIRE(text("\xc3\xa9"
                 "DU7654321\xe2\x82\xac") == "\xc3\xa9[REDACTED]\xe2\x82\xac");
    REQUIRE(text("coo\xe2\x84\xaaie=abc") == "[REDACTED]");
    REQUIRE(text("bea\x01rer abc") == "[REDACTED]");
}

TEST_CASE("ordinary texts stay as they are") {
    for (const std::string text : {"", "AAPL 10 @ 199.55", "a bear market", "2026-01-05T15:00:00.000Z",
                                   "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "1.2.3", "api.ibkr.com",
                                   "localhost:5000/v1/api", "key-2026.01.05", "p1a2b3c4d-order.1", "tokens",
                                   "homes", "Stop price too far from the market.\n\tOrder #12 (limit)",
                                   "[REDACTED]", "\xf0\x9f\x98\x80 \xc3\xa9", "abc"}) {
        CAPTURE(text);
        REQUIRE(redactor().text(text) == text);
        REQUIRE_FALSE(redactor().touches(text));
        REQUIRE_FALSE(redaction_would_touch(text));
    }
    for (const std::string text : {"bearer x", "a\x02", "\xff", "/home/", "client_secret", jwt.c_str()})
        REQUIRE(redaction_would_touch(text));
    REQUIRE(redactor().touches(account));
    REQUIRE_FALSE(redaction_would_touch(account));
}

TEST_CASE("export markers are the seven of the contract") {
    for (const char* text :
         {"x Bearer y", "CLIENT_SECRET", "Cookie=", "refresh_Token", "PassWord=", "/Home/", "c:\\USERS\\x"})
        REQUIRE(has_export_marker(text));
    for (const char* text : {"", "bearer", "client secret", "cookie: x", "password", "/home", "\\users"})
        REQUIRE_FALSE(has_export_marker(text));
}

TEST_CASE("texts from outside become valid, printable and bounded") {
    REQUIRE(clean_text("ok\ttext\nline", 200) == "ok\ttext\nline");
    REQUIRE(clean_text("a\x1b[31mred\x07\x7f\r", 200) == "a[31mred");
    REQUIRE(clean_text("bad \xff\xfe byte", 200) == "bad \xef\xbf\xbd\xef\xbf\xbd byte");
    REQUIRE(clean_text("\xed\xa0\x80", 200) == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    REQUIRE(clean_text("c1 \xc2\x85 end", 200) == "c1  end");
    using namespace std::string_view_literals;
    REQUIRE(clean_text("nul\0nul"sv, 200) == "nulnul");
    const std::string large(100'000, 'x');
    const std::string cut = clean_text(large, 256);
    REQUIRE(cut.size() == 256);
    REQUIRE(cut.ends_with("... [100000 bytes, sha256 " + hex(sha256(large)) + "]"));
    REQUIRE(rc::check("valid, within bounds, idempotent", [](const std::string& noise) {
        const std::string outside = lengthened(noise);
        const auto bytes_max = *rc::gen::inRange<std::size_t>(128, 400);
        const std::string text = clean_text(outside, bytes_max);
        RC_ASSERT(text.size() <= bytes_max);
        RC_ASSERT(is_utf8(text));
        RC_ASSERT(clean_text(text, bytes_max) == text);
        RC_ASSERT(std::none_of(text.begin(), text.end(), [](unsigned char c) {
            return (c < ' ' && c != '\t' && c != '\n') || c == 0x7f;
        }));
    }));
}

TEST_CASE("a document comes out with a canonical form, whatever it held") {
    const Json document = {{"gone", nullptr},
                           {"list", {1, nullptr, "x"}},
                           {"large", std::uint64_t{18'446'744'073'709'551'615U}},
                           {"fraction", 1.5},
                           {"\xc3\xa9", 1},
                           {"Bearer abc", 2},
                           {"[REDACTED]", 3},
                           {"account", 7654321}};
    std::vector<RedactionRecord> records;
    const Json kept = Redactor({"7654321"}).json(document, "", records);
    REQUIRE(
        canonical_json(kept).value() ==
        R"({"[REDACTED 2]":2,"[REDACTED 3]":1,"[REDACTED]":3,"account":"[REDACTED]","fraction":"[REDACTED]",)"
        R"("large":"18446744073709551615","list":[1,"null","x"]})");
    Json many = Json::array();
    for (int i = 0; i < 1000; ++i)
        many.push_back(Json{{"password", i}});
    records.clear();
    static_cast<void>(redacted(many, &records));
    REQUIRE(records.size() == redaction_records_max);
    REQUIRE(records.back().reason == "and 969 more");
}

TEST_CASE("any outside bytes become an embedded object of bounded size") {
    const auto document = [](std::string_view outside) {
        std::vector<RedactionRecord> records;
        return redactor().document(outside, "answer", records, 1024).text;
    };
    REQUIRE(document(R"({"price": 199.50, "token": "x", "b": null})") ==
            R"({"price":"199.50","token":"[REDACTED]"})");
    REQUIRE(document(R"([{"id": 7}])") == R"({"value":[{"id":7}]})");
    REQUIRE(document("<html>Bearer abc </html>") == R"({"text":"<html>[REDACTED] </html>"})");
    REQUIRE(document("") == R"({"text":""})");
    const std::string large = R"({"a":")" + std::string(5000, 'x') + "\"}";
    REQUIRE(document(large).find("[5008 bytes, sha256 " + hex(sha256(large)) + "]") != std::string::npos);
    REQUIRE(rc::check("always an object in canonical form within its bound", [](const std::string& noise) {
        std::vector<RedactionRecord> records;
        const std::string outside = lengthened(noise);
        const EmbeddedJson kept = redactor().document(outside, "answer", records, 512);
        RC_ASSERT(kept.text.size() <= 512U);
        RC_ASSERT(kept.text.starts_with('{'));
        RC_ASSERT(is_canonical_json(kept.text));
    }));
}

TEST_CASE("a planted secret never gets through, and redaction is idempotent") {
    REQUIRE(rc::check("in texts", [] {
        const std::string outside =
            *ibkr::test::unicode_text() + sensitive() + *ibkr::test::unicode_text() + sensitive();
        const std::string text = redactor().text(outside);
        RC_ASSERT_FALSE(has_export_marker(text));
        RC_ASSERT_FALSE(has_export_marker(canonical_json(Json(text)).value()));
        RC_ASSERT_FALSE(holds(text, account));
        RC_ASSERT_FALSE(holds(text, planted_secret));
        RC_ASSERT_FALSE(holds(text, "hush-hush"));
        RC_ASSERT_FALSE(holds(text, "token123456"));
        RC_ASSERT(redactor().text(text) == text);
    }));
    REQUIRE(rc::check("split by control characters and invalid bytes", [] {
        std::string secret = sensitive();
        secret.insert(*rc::gen::inRange<std::size_t>(0, secret.size()),
                      *rc::gen::element<std::string>("\x01", "\x7f", "\r"));
        const std::string text = redactor().text("\xff" + secret + "\xc3");
        RC_ASSERT_FALSE(has_export_marker(text));
        RC_ASSERT_FALSE(holds(text, account));
        RC_ASSERT_FALSE(holds(text, planted_secret));
        RC_ASSERT_FALSE(holds(text, "hush-hush"));
    }));
    REQUIRE(rc::check("in documents, as value or member name, at any depth", [] {
        const std::string leaf = *ibkr::test::unicode_text() + sensitive() + *ibkr::test::unicode_text();
        const Json document = planted(leaf, *rc::gen::inRange(0, 8));
        const Json kept = redacted(document);
        const std::string text = canonical_json(kept).value();
        RC_ASSERT_FALSE(has_export_marker(text));
        RC_ASSERT_FALSE(holds(text, account));
        RC_ASSERT_FALSE(holds(text, planted_secret));
        RC_ASSERT_FALSE(holds(text, "hush-hush"));
        RC_ASSERT(redacted(kept) == kept);
    }));
    REQUIRE(rc::check("cutting never uncovers one", [] {
        const std::string outside = many_sensitive();
        const auto bytes_max = *rc::gen::inRange<std::size_t>(128, 400);
        const std::string text = redactor().text(outside, bytes_max);
        RC_ASSERT(text.size() <= bytes_max);
        RC_ASSERT_FALSE(has_export_marker(text));
        RC_ASSERT_FALSE(holds(text, account));
        RC_ASSERT(redactor().text(text, bytes_max) == text);
    }));
}
