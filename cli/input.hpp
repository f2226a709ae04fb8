#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "events/describe.hpp"
#include "events/result.hpp"
#include "events/values/ids.hpp"
#include "events/values/money.hpp"
#include "events/values/timestamp.hpp"

namespace ibkr::cli {

/// Turns the texts of a command line into values before anything is opened. Collects everything that is
/// wrong; each accessor then answers an empty value, and `finish` the error: the first issue's code, all of
/// them as reasons. Messages show at most the start of what was given, never as it came.
class Input {
public:
    explicit Input(const Arguments& arguments) : arguments_(arguments) {}

    [[nodiscard]] bool has(std::string_view name) const { return arguments_.has(name); }
    /// The account of --account. INPUT_MISSING_ACCOUNT when empty, INPUT_UNAUTHORIZED_ACCOUNT when no account
    /// can have that id.
    [[nodiscard]] events::AccountId account();
    [[nodiscard]] events::Decimal decimal(std::string_view name);
    [[nodiscard]] std::optional<events::Decimal> optional_decimal(std::string_view name);
    /// UTF-8 without control characters, 1 to `bytes_max` bytes.
    [[nodiscard]] std::string text(std::string_view name, std::size_t bytes_max,
                                   events::ErrorCode code = events::ErrorCode::order_validation_failed);
    [[nodiscard]] events::Currency currency(std::string_view name);
    [[nodiscard]] std::optional<events::Timestamp> time(std::string_view name);
    /// A UUID of ours: previews and approvals.
    [[nodiscard]] events::WorkflowId workflow_id(std::string_view name);
    [[nodiscard]] events::IdempotencyKey idempotency_key();
    [[nodiscard]] events::BrokerOrderId broker_order_id(std::string_view name);
    [[nodiscard]] events::ContractId contract_id();

    template <class E>
    [[nodiscard]] E choice(std::string_view name) {
        E value{};
        if (const std::string word = arguments_.text(name); !events::enum_from_name(word, value)) {
            std::string words;
            for (const auto& entry : events_enum_names(value))
                words += (words.empty() ? "" : ", ") + std::string(entry.name);
            wrong(name, word, "must be one of: " + words);
        }
        return value;
    }

    void fail(events::ErrorCode code, std::string message, std::string user_action = {});
    void wrong(std::string_view name, std::string_view given, const std::string& why,
               events::ErrorCode code = events::ErrorCode::order_validation_failed);
    [[nodiscard]] bool ok() const noexcept { return errors_.empty(); }
    /// Precondition: not `ok`.
    [[nodiscard]] tl::unexpected<events::Error> error() const;

private:
    template <class E>
    static auto events_enum_names(E value) {
        return enum_names(value);
    }

    const Arguments& arguments_;
    std::vector<events::Error> errors_;
};

}  // namespace ibkr::cli
