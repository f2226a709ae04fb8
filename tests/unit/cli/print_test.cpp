#include <catch2/catch.hpp>

#include "cli/print/error.hpp"
#include "cli/print/table.hpp"
#include "cli/print/text.hpp"
#include "events/json/canonical_json.hpp"

namespace {

using namespace ibkr;
using namespace ibkr::cli;

Value value(std::string_view json) {
    auto parsed = parse_value(json);
    REQUIRE(parsed.has_value());
    return *parsed;
}

}  // namespace

TEST_CASE("nothing from outside reaches the terminal as a command", "[print]") {
    CHECK(printable("plain text") == "plain text");
    CHECK(printable("a\x1b[31mb\n\r\t\x7f") == "a\\x1b[31mb\\x0a\\x0d\\x09\\x7f");
    CHECK(printable("\xff\xc0") == "\\xff\\xc0");
    CHECK(printable("\xc2\x9b"
                    "31m") == "\\x9b31m");  // the one-character CSI
    CHECK(printable("abc\xe2\x80\xae"
                    "fdp") == "abc\\u{202e}fdp");  // right-to-left override
    CHECK(printable("Zürich 東京") == "Zürich 東京");
}

TEST_CASE("width counts columns, not bytes", "[print]") {
    CHECK(display_width("abc") == 3);
    CHECK(display_width("Zürich") == 6);
    CHECK(display_width("東京") == 4);
    CHECK(display_width("e\xcc\x81") == 1);  // combining accent
}

TEST_CASE("pretty JSON is the same value", "[print]") {
    const std::string canonical = R"({"a":[1,{"b":"x, {y}: \"z\"\\"}],"c":{},"d":[],"e":true})";
    const std::string pretty = pretty_json(canonical);
    CHECK(pretty.find("\"a\": [\n    1,\n") != std::string::npos);
    CHECK(events::canonicalize_json(pretty).value() == canonical);
    const std::string hostile = "{\"a\":\"\xc2\x9b\xe2\x80\xae\x7f\"}";
    const std::string shown = pretty_json(hostile);
    CHECK(shown.find("\\u009b\\u202e\\u007f") != std::string::npos);
    CHECK(events::canonicalize_json(shown).value() == hostile);
}

TEST_CASE("a table aligns words left and numbers right, and leaves empty columns out", "[print]") {
    const Value list = value(R"([{"n":"5","p":{"amount":"199.55","currency":"USD"},"s":"AAPL"},
                                 {"n":"1000","p":{"amount":"9.50","currency":"USD"},"s":"東京"}])");
    CHECK(table_text(list.items, {{"symbol", "s"}, {"number", "n"}, {"price", "p"}, {"none", "x.y"}},
                     Style{}) ==
          "symbol  number       price\n"
          "AAPL         5  199.55 USD\n"
          "東京      1000    9.50 USD\n");
}

TEST_CASE("a record shows its simple members first", "[print]") {
    const Value record = value(R"({"deep":{"x":"1","y":"2"},"list":[],"ok":true,"text":"a\u001b[2J"})");
    CHECK(record_text(record, Style{}) ==
          "list  none\n"
          "ok    yes\n"
          "text  a\\x1b[2J\n"
          "deep\n"
          "  x  1\n"
          "  y  2\n");
}

TEST_CASE("colours only when asked for", "[print]") {
    CHECK(Style{false}.bad("x") == "x");
    CHECK(Style{true}.bad("x").find("\x1b[31m") == 0);
}

TEST_CASE("an error object has every member of the contract", "[print]") {
    events::Error error =
        events::failure(events::ErrorCode::order_policy_refused, "refused: too large; too many").value();
    error.reasons = {{"A", "too large"}, {"B", "too many"}};
    error.user_action.clear();
    const engine::CallError failed{error, {}};
    CHECK(error_json(failed) ==
          R"({"audit_event_id":null,"code":"ORDER_POLICY_REFUSED","message":"refused: too large; too many",)"
          R"("reasons":[{"code":"A","message":"too large"},{"code":"B","message":"too many"}],)"
          R"("retryable":false,"user_action":null})");
    CHECK(parse_value(error_json(failed)).has_value());
    CHECK(error_text(failed, Style{}) ==
          "ORDER_POLICY_REFUSED: refused\n  - A: too large\n  - B: too many\n");
}

TEST_CASE("an error about hostile bytes stays JSON", "[print]") {
    const engine::CallError failed{events::failure(events::ErrorCode::config_invalid, "a\xff").value(), {}};
    CHECK(parse_value(error_json(failed)).has_value());
}
