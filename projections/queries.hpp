#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/records.hpp"
#include "events/result.hpp"
#include "projections/sqlite.hpp"

namespace ibkr::projections {

/// What the user can do when the file or a row of it is damaged: nothing in it is the only copy.
inline constexpr std::string_view rebuild_advice =
    "Run 'ibkr-agent projections rebuild': everything in it is derived from the log.";

/// Rows of one answer, at most; a larger limit is cut to it.
inline constexpr std::uint32_t rows_max = 1'000;

enum class DueKind : std::uint8_t { preview, approval };

/// A workflow whose expiry is to be recorded.
struct DueTimer {
    DueKind kind = DueKind::preview;
    events::WorkflowId workflow_id;
    events::Timestamp due_at;
    friend bool operator==(const DueTimer&, const DueTimer&) = default;
};

struct RecordedExecution {
    events::SequenceId sequence;
    events::AccountHash account;
    events::WorkflowId order_id;
    events::Execution execution;
    friend bool operator==(const RecordedExecution&, const RecordedExecution&) = default;
};

/// One line of the counters: what one account, environment and policy has counted in one currency.
struct CountedOrders {
    events::AccountHash account;
    events::Environment environment = events::Environment::paper;
    std::string policy_name;
    events::Currency currency;
    events::OrderCount count;
    friend bool operator==(const CountedOrders&, const CountedOrders&) = default;
};

/// Where an event is in the log and what its envelope says; texts as in the envelope.
struct AuditEntry {
    events::SequenceId sequence;
    events::EventId event_id;
    std::string event_type;
    events::Timestamp timestamp;
    events::WorkflowId workflow_id;
    events::CommandId command_id;
    events::AccountHash account;
    std::string user_id;
    std::string request_id;
    std::string tool_name;
    std::string decision;
    std::string result_status;
    std::string error_code;
    friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

/// Empty members do not narrow.
struct AuditFilter {
    events::WorkflowId workflow_id{};
    events::AccountHash account{};
    std::string event_type{};
    std::string tool_name{};
    std::string decision{};
    std::string error_code{};
    std::uint32_t limit = 100;
};

struct ApprovalFilter {
    events::AccountHash account{};
    events::WorkflowId preview_id{};
    std::string state{};
    std::uint32_t limit = 100;
};

/// How far a walk through a table has come.
struct TablePosition {
    std::int64_t row = 0;  ///< SQLite's number of the last row seen
};

/// Every question to the read models. On the writer's connection the answers include what the open
/// transaction has folded; a reader sees one committed moment. One thread. Failures: AUDIT_WRITE_FAILED with
/// the advice to rebuild when a row is damaged, ENGINE_BUSY when a lock was not to be had.
class Queries {
public:
    explicit Queries(Database database) : database_(std::make_unique<Database>(std::move(database))) {}

    [[nodiscard]] Database& database() const noexcept { return *database_; }

    // Workflows.
    [[nodiscard]] events::Result<std::optional<events::PreviewRecord>> preview(
        const events::WorkflowId& id) const;
    [[nodiscard]] events::Result<std::optional<events::ApprovalRecord>> approval(
        const events::WorkflowId& id) const;
    [[nodiscard]] events::Result<std::optional<events::OrderRecord>> order(
        const events::WorkflowId& id) const;
    /// `kill-switch` or `broker-session`; nullopt before its first event.
    [[nodiscard]] events::Result<std::optional<events::GatewayRecord>> gateway(
        const events::WorkflowId& id) const;

    /// Newest first. An empty account: all accounts.
    [[nodiscard]] events::Result<std::vector<events::PreviewRecord>> previews(
        const events::AccountHash& account, std::uint32_t limit) const;
    /// Newest first.
    [[nodiscard]] events::Result<std::vector<events::ApprovalRecord>> approvals(
        const ApprovalFilter& filter) const;
    /// The one approval of a preview that is pending, approved or reserved.
    [[nodiscard]] events::Result<std::optional<events::ApprovalRecord>> open_approval_of(
        const events::WorkflowId& preview_id) const;

    /// Newest first. An empty account: all accounts.
    [[nodiscard]] events::Result<std::vector<events::OrderRecord>> orders(const events::AccountHash& account,
                                                                          std::uint32_t limit) const;
    /// The backlog: orders that are not in a terminal state, oldest first; of one account, or of all.
    [[nodiscard]] events::Result<std::vector<events::OrderRecord>> open_orders(
        const events::AccountHash& account = {}, std::uint32_t limit = rows_max) const;
    [[nodiscard]] events::Result<std::vector<events::OrderRecord>> open_orders_of(
        const events::AccountHash& account, const events::ContractId& contract) const;
    /// Orders with an intent that has no outcome yet, oldest first.
    [[nodiscard]] events::Result<std::vector<events::OrderRecord>> orders_with_pending_intent() const;
    /// Orders in the state `unknown`, oldest first.
    [[nodiscard]] events::Result<std::vector<events::OrderRecord>> unknown_orders() const;
    /// The newest open one with this broker id, which brokers give out again; else the newest.
    [[nodiscard]] events::Result<std::optional<events::OrderRecord>> order_by_broker_id(
        const events::AccountHash& account, const events::BrokerOrderId& id) const;
    /// All with this broker id: the open ones first, and the newest first among each.
    [[nodiscard]] events::Result<std::vector<events::OrderRecord>> orders_by_broker_id(
        const events::AccountHash& account, const events::BrokerOrderId& id) const;
    [[nodiscard]] events::Result<std::optional<events::OrderRecord>> order_by_client_id(
        const events::ClientOrderId& id) const;
    /// Of this account: a key, and the client order id made of it, may be used in several.
    [[nodiscard]] events::Result<std::optional<events::OrderRecord>> order_by_client_id(
        const events::AccountHash& account, const events::ClientOrderId& id) const;

    /// Previews and approvals whose expiry is due at `now` and not yet recorded, earliest first.
    [[nodiscard]] events::Result<std::vector<DueTimer>> due_timers(events::Timestamp now,
                                                                   std::uint32_t limit) const;
    [[nodiscard]] events::Result<std::optional<events::Timestamp>> earliest_due() const;

    // Keys, counters, exposure.
    [[nodiscard]] events::Result<std::optional<events::IdempotencyRecord>> idempotency(
        events::Environment environment, const events::AccountHash& account,
        const events::IdempotencyKey& key) const;

    /// Orders counted at or after `since`, in any currency, and the notional counted in `currency`.
    [[nodiscard]] events::Result<events::OrderCount> count(const events::AccountHash& account,
                                                           events::Environment environment,
                                                           std::string_view policy_name,
                                                           events::Timestamp since,
                                                           events::Currency currency = {}) const;
    [[nodiscard]] events::Result<std::vector<CountedOrders>> counts(events::Timestamp since) const;

    /// Design 5.6. An order counts with what its quantity leaves unfilled; under an open or unanswered modify
    /// with the larger of the old and the new quantity.
    [[nodiscard]] events::Result<events::Exposure> exposure(const events::AccountHash& account,
                                                            const events::ContractId& contract) const;
    /// Those of `ids` that are recorded already.
    [[nodiscard]] events::Result<std::set<events::ExecutionId>> known_executions(
        const events::AccountHash& account, std::span<const events::ExecutionId> ids) const;
    /// Executed at or after `since`, newest first. An empty account: all accounts.
    [[nodiscard]] events::Result<std::vector<RecordedExecution>> executions(
        const events::AccountHash& account, events::Timestamp since, std::uint32_t limit) const;

    // Whole tables in pieces, in log order, to compare two stores. After a row that cannot be understood the
    // position is at it; after a table that cannot be read further, where it was.
    /// The orders after `position`, which moves on. Empty: no more.
    [[nodiscard]] events::Result<std::vector<events::WorkflowId>> orders_after(
        TablePosition& position, std::uint32_t limit = rows_max) const;
    /// The bound keys, likewise.
    [[nodiscard]] events::Result<std::vector<events::IdempotencyRecord>> keys_after(
        TablePosition& position, std::uint32_t limit = rows_max) const;
    /// The approvals that are pending, approved or reserved, likewise.
    [[nodiscard]] events::Result<std::vector<events::ApprovalRecord>> open_approvals_after(
        TablePosition& position, std::uint32_t limit = rows_max) const;
    [[nodiscard]] events::Result<bool> has_order(const events::WorkflowId& id) const;
    /// What the counters counted for one intent; nullopt when they counted none.
    [[nodiscard]] events::Result<std::optional<events::Money>> counted_notional(
        const events::WorkflowId& order_id, std::string_view intent_id) const;

    // Policies.
    [[nodiscard]] events::Result<std::optional<events::PolicyRecord>> policy(std::string_view kind,
                                                                             std::string_view name) const;
    [[nodiscard]] events::Result<std::vector<events::PolicyRecord>> policies() const;

    // Audit index.
    [[nodiscard]] events::Result<std::optional<AuditEntry>> event_by_id(const events::EventId& id) const;
    /// The events of one command, in log order.
    [[nodiscard]] events::Result<std::vector<AuditEntry>> events_of_command(
        const events::CommandId& id) const;
    /// Where the events of one workflow stand from `from` to `up_to`, both included, in log order.
    [[nodiscard]] events::Result<std::vector<events::SequenceId>> sequences_of_workflow(
        const events::WorkflowId& id, events::SequenceId from, events::SequenceId up_to,
        std::uint32_t limit = rows_max) const;
    /// Newest first.
    [[nodiscard]] events::Result<std::vector<AuditEntry>> find_events(const AuditFilter& filter) const;

private:
    std::unique_ptr<Database> database_;
};

}  // namespace ibkr::projections
