#include "cli/input.hpp"

#include <algorithm>

#include "cli/print/text.hpp"
#include "engine/gateway/requests.hpp"
#include "events/json/utf8.hpp"
#include "events/redaction/redaction.hpp"

namespace ibkr::cli {

using events::ErrorCode;

namespace {

constexpr std::size_t shown_bytes_max = 40;

std::string shown(std::string_view given) {
    std::string text = printable(given.substr(0, shown_bytes_max));
    return "'" + text + (given.size() > shown_bytes_max ? "'..." : "'");
}

bool is_plain_text(std::string_view text) {
    return events::is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
           });
}

}  // namespace

void Input::fail(ErrorCode code, std::string message, std::string user_action) {
    events::Error error = events::failure(code, std::move(message)).value();
    if (!user_action.empty()) error.user_action = std::move(user_action);
    errors_.push_back(std::move(error));
}

void Input::wrong(std::string_view name, std::string_view given, const std::string& why, ErrorCode code) {
    fail(code, std::string(name) + " " + shown(given) + " " + why);
}

tl::unexpected<events::Error> Input::error() const {
    events::Error error = errors_.front();
    if (errors_.size() == 1) return events::failure(std::move(error));
    error.message = std::to_string(errors_.size()) + " things are wrong with the call: ";
    for (const events::Error& each : errors_) {
        error.message += (error.reasons.empty() ? "" : "; ") + each.message;
        error.reasons.push_back({std::string(to_string(each.code)), each.message});
    }
    return events::failure(std::move(error));
}

events::AccountId Input::account() {
    const std::string text = arguments_.text("--account");
    if (text.empty())
        fail(ErrorCode::input_missing_account, "the account is missing");
    else if (!events::is_id_text(text, engine::account_id_bytes_max))
        wrong("--account", text, "is not an account id", ErrorCode::input_unauthorized_account);
    return events::AccountId(text);
}

std::optional<events::Decimal> Input::optional_decimal(std::string_view name) {
    if (!arguments_.has(name)) return std::nullopt;
    return decimal(name);
}

events::Decimal Input::decimal(std::string_view name) {
    const std::string text = arguments_.text(name);
    const auto value = events::Decimal::parse(text);
    if (value) return *value;
    wrong(name, text,
          value.error() == events::DecimalError::overflow ? "has too many digits"
                                                          : "is not a decimal number such as 190 or 190.25");
    return {};
}

std::string Input::text(std::string_view name, std::size_t bytes_max, ErrorCode code) {
    std::string text = arguments_.text(name);
    if (text.empty())
        fail(code, std::string(name) + " must not be empty");
    else if (text.size() > bytes_max)
        wrong(name, text, "is longer than " + std::to_string(bytes_max) + " bytes", code);
    else if (!is_plain_text(text))
        wrong(name, text, "is not UTF-8 text without control characters", code);
    else
        return text;
    return {};
}

events::Currency Input::currency(std::string_view name) {
    const std::string text = arguments_.text(name);
    auto value = events::Currency::parse(text);
    if (value) return *value;
    wrong(name, text, "is not a currency: three capital letters such as USD");
    return {};
}

std::optional<events::Timestamp> Input::time(std::string_view name) {
    if (!arguments_.has(name)) return std::nullopt;
    const std::string text = arguments_.text(name);
    auto value = events::Timestamp::parse(text);
    if (value) return *value;
    wrong(name, text, "is not an RFC 3339 time such as 2026-01-05T15:00:00Z",
          ErrorCode::input_invalid_time_range);
    return std::nullopt;
}

events::WorkflowId Input::workflow_id(std::string_view name) {
    const std::string text = arguments_.text(name);
    if (!events::is_uuid(text)) wrong(name, text, "is not an id of this gateway (a lower-case UUID)");
    return events::WorkflowId(text);
}

events::IdempotencyKey Input::idempotency_key() {
    const std::string text = arguments_.text("--idempotency-key");
    if (text.empty())
        fail(
            ErrorCode::paper_idempotency_conflict, "the idempotency key is missing",
            "Give --idempotency-key: a new word of your own for each new order, the same word to ask again.");
    else if (!events::is_idempotency_key(text))
        wrong("--idempotency-key", text, "must be 1 to 40 of A-Z a-z 0-9 . _ -");
    else if (events::redaction_would_touch(text))
        wrong("--idempotency-key", text, "looks like a secret; choose a plain word");
    return events::IdempotencyKey(text);
}

events::BrokerOrderId Input::broker_order_id(std::string_view name) {
    const std::string text = arguments_.text(name);
    if (!events::is_id_text(text, events::BrokerOrderIdTag::length_max))
        wrong(name, text, "is not an order id");
    return events::BrokerOrderId(text);
}

events::ContractId Input::contract_id() {
    const std::string text = arguments_.text("--contract-id");
    if (!events::is_id_text(text, events::ContractIdTag::length_max))
        wrong("--contract-id", text, "is not a contract id", ErrorCode::input_invalid_contract);
    return events::ContractId(text);
}

}  // namespace ibkr::cli
