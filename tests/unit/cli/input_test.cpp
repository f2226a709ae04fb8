#include "cli/input.hpp"

#include <catch2/catch.hpp>

#include "events/values/order.hpp"

namespace {

using namespace ibkr;
using cli::Arguments;
using cli::Input;
using events::ErrorCode;

Arguments with(const std::string& name, const std::string& text) {
    Arguments arguments;
    arguments.values[name] = text;
    return arguments;
}

/// The code that `read` of one option answers.
template <class Read>
std::optional<ErrorCode> code_of(const std::string& name, const std::string& text, Read read) {
    const Arguments arguments = with(name, text);
    Input input(arguments);
    (void)read(input);
    if (input.ok()) return std::nullopt;
    return input.error().value().code;
}

}  // namespace

TEST_CASE("malformed decimals", "[input]") {
    const auto read = [](Input& input) { return input.decimal("--quantity"); };
    for (const char* const good : {"1", "0", "-5", "190.25", "0.000000000000000001"})
        CHECK(code_of("--quantity", good, read) == std::nullopt);
    for (const std::string& bad : std::vector<std::string>{
             "", " ", "1e3", "1,5", "0x10", ".5", "1.", "--1", "+1", "NaN", "Infinity", "1 ", "\xd9\xa1",
             "1.0000000000000000001", "9999999999999999999999999999999999999"})
        CHECK(code_of("--quantity", bad, read) == ErrorCode::order_validation_failed);
    CHECK(code_of("--quantity", std::string(10'000, '9'), read) == ErrorCode::order_validation_failed);
}

TEST_CASE("unknown words", "[input]") {
    const auto side = [](Input& input) { return input.choice<events::Side>("--side"); };
    CHECK(code_of("--side", "buy", side) == std::nullopt);
    for (const char* const bad : {"", "Buy", "BUY", "hold", "buy "})
        CHECK(code_of("--side", bad, side) == ErrorCode::order_validation_failed);
    const auto currency = [](Input& input) { return input.currency("--currency"); };
    CHECK(code_of("--currency", "usd", currency) == ErrorCode::order_validation_failed);
}

TEST_CASE("accounts", "[input]") {
    const auto read = [](Input& input) { return input.account(); };
    CHECK(code_of("--account", "DU1234567", read) == std::nullopt);
    CHECK(code_of("--account", "", read) == ErrorCode::input_missing_account);
    CHECK(code_of("--account", "a b", read) == ErrorCode::input_unauthorized_account);
    CHECK(code_of("--account", "\xff", read) == ErrorCode::input_unauthorized_account);
    CHECK(code_of("--account", std::string(33, 'A'), read) == ErrorCode::input_unauthorized_account);
}

TEST_CASE("texts", "[input]") {
    const auto read = [](Input& input) { return input.text("--rationale", 10); };
    CHECK(code_of("--rationale", "ten bytes.", read) == std::nullopt);
    CHECK(code_of("--rationale", "Zürich", read) == std::nullopt);
    for (const std::string& bad :
         std::vector<std::string>{"", "eleven byte", "a\x1b[0m", "a\nb", "\xff", "\xc0\x80"})
        CHECK(code_of("--rationale", bad, read) == ErrorCode::order_validation_failed);
}

TEST_CASE("idempotency keys", "[input]") {
    const auto read = [](Input& input) { return input.idempotency_key(); };
    CHECK(code_of("--idempotency-key", "morning-1_a.B", read) == std::nullopt);
    CHECK(code_of("--idempotency-key", std::string(40, 'k'), read) == std::nullopt);
    CHECK(code_of("--idempotency-key", "", read) == ErrorCode::paper_idempotency_conflict);
    for (const std::string& bad : std::vector<std::string>{std::string(41, 'k'), std::string("a b"),
                                                           std::string("a/b"), std::string("\xc3\xa9")})
        CHECK(code_of("--idempotency-key", bad, read) == ErrorCode::order_validation_failed);
    // What redaction would touch cannot become part of an event.
    CHECK(code_of("--idempotency-key", "client_secret", read) == ErrorCode::order_validation_failed);
}

TEST_CASE("ids and times", "[input]") {
    const auto id = [](Input& input) { return input.workflow_id("--preview-id"); };
    CHECK(code_of("--preview-id", "01a1facf-210d-7a45-95f4-036379cdf47d", id) == std::nullopt);
    for (const char* const bad : {"", "1", "01A1FACF-210D-7A45-95F4-036379CDF47D", "../../etc/passwd"})
        CHECK(code_of("--preview-id", bad, id) == ErrorCode::order_validation_failed);
    const auto time = [](Input& input) { return input.time("--from"); };
    CHECK(code_of("--from", "2026-01-05T15:00:00Z", time) == std::nullopt);
    CHECK(code_of("--from", "yesterday", time) == ErrorCode::input_invalid_time_range);
    const auto contract = [](Input& input) { return input.contract_id(); };
    CHECK(code_of("--contract-id", "", contract) == ErrorCode::input_invalid_contract);
}

TEST_CASE("everything that is wrong is said at once", "[input]") {
    Arguments arguments = with("--quantity", "many");
    arguments.values["--side"] = "up";
    Input input(arguments);
    (void)input.decimal("--quantity");
    (void)input.choice<events::Side>("--side");
    const events::Error error = input.error().value();
    REQUIRE(error.reasons.size() == 2);
    CHECK(error.message.find("2 things") == 0);
    CHECK(error.reasons[1].message.find("buy, sell") != std::string::npos);
}

TEST_CASE("messages show hostile input only in part and never as it came", "[input]") {
    const Arguments arguments = with("--side", "\x1b[2J" + std::string(5000, 'x'));
    Input input(arguments);
    (void)input.choice<events::Side>("--side");
    const std::string message = input.error().value().message;
    CHECK(message.size() < 200);
    CHECK(message.find('\x1b') == std::string::npos);
}
