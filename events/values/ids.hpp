#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "events/values/timestamp.hpp"

namespace ibkr::events {

/// A text identifier that cannot be mistaken for another kind. Empty means "none".
/// `Tag::length_max` bounds its bytes; characters are printable ASCII without spaces, quotes and backslash.
template <class Tag>
class StrongId {
public:
    StrongId() = default;
    explicit StrongId(std::string text) : text_(std::move(text)) {}
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
    friend auto operator<=>(const StrongId&, const StrongId&) = default;

private:
    std::string text_;
};

[[nodiscard]] bool is_id_text(std::string_view text, std::size_t length_max) noexcept;

template <class Tag>
[[nodiscard]] std::string to_text(const StrongId<Tag>& id) {
    return id.text();
}
template <class Tag>
[[nodiscard]] bool from_text(std::string_view text, StrongId<Tag>& id) {
    if (!is_id_text(text, Tag::length_max)) return false;
    id = StrongId<Tag>(std::string(text));
    return true;
}

struct EventIdTag {
    static constexpr std::size_t length_max = 36;
};
struct CommandIdTag {
    static constexpr std::size_t length_max = 64;
};
struct WorkflowIdTag {
    static constexpr std::size_t length_max = 64;
};
struct ContractIdTag {
    static constexpr std::size_t length_max = 32;
};
struct BrokerOrderIdTag {
    static constexpr std::size_t length_max = 64;
};
struct ClientOrderIdTag {
    static constexpr std::size_t length_max = 50;
};
struct ExecutionIdTag {
    static constexpr std::size_t length_max = 64;
};
struct IdempotencyKeyTag {
    static constexpr std::size_t length_max = 40;
};
struct AccountHashTag {
    static constexpr std::size_t length_max = 64;
};

using EventId = StrongId<EventIdTag>;      ///< UUIDv7 of one event
using CommandId = StrongId<CommandIdTag>;  ///< made by the first sender of a command
/// The id of a preview, an approval or an order (UUIDv7), or a fixed word for the two single workflows
/// `kill-switch` and `broker-session`.
using WorkflowId = StrongId<WorkflowIdTag>;
using ContractId = StrongId<ContractIdTag>;  ///< the broker's contract number
using BrokerOrderId = StrongId<BrokerOrderIdTag>;
using ClientOrderId = StrongId<ClientOrderIdTag>;  ///< `cOID`: environment, log prefix, role, key
using ExecutionId = StrongId<ExecutionIdTag>;
/// 1-40 of [A-Za-z0-9._-], checked by `is_idempotency_key`.
using IdempotencyKey = StrongId<IdempotencyKeyTag>;
/// Lower-case hex HMAC-SHA256 of a raw account id under the log's account key; the only form of an account
/// that deciders, events and projections see.
using AccountHash = StrongId<AccountHashTag>;

[[nodiscard]] bool is_idempotency_key(std::string_view text) noexcept;

/// A raw account id as the broker and people write it. Deliberately has no to_text/from_text: it cannot be
/// put into an event, a record or a canonical command by accident.
class AccountId {
public:
    AccountId() = default;
    explicit AccountId(std::string text) : text_(std::move(text)) {}
    [[nodiscard]] const std::string& raw() const noexcept { return text_; }
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
    friend auto operator<=>(const AccountId&, const AccountId&) = default;

private:
    std::string text_;
};

/// Position of an event in the log: 1, 2, 3, ... without gaps; 0 is "before the first".
class SequenceId {
public:
    constexpr SequenceId() noexcept = default;
    constexpr explicit SequenceId(std::uint64_t value) noexcept : value_(value) {}
    [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }
    [[nodiscard]] constexpr SequenceId next() const noexcept { return SequenceId(value_ + 1); }
    friend constexpr auto operator<=>(const SequenceId&, const SequenceId&) noexcept = default;

private:
    std::uint64_t value_ = 0;
};

/// RFC 9562 version 7: 48 bits of `time`, 74 of `random`.
[[nodiscard]] std::string uuid_v7(Timestamp time, const std::array<std::uint8_t, 10>& random);
[[nodiscard]] bool is_uuid(std::string_view text) noexcept;

}  // namespace ibkr::events
