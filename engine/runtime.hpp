#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/account_directory.hpp"
#include "engine/call.hpp"
#include "engine/effects/one_call_broker.hpp"
#include "engine/effects/writes_in_flight.hpp"
#include "engine/hold_state.hpp"
#include "engine/ports/broker.hpp"
#include "engine/ports/clock.hpp"
#include "engine/ports/suspension.hpp"
#include "events/log/directory/disk_reserve.hpp"
#include "events/log/directory/log_directory.hpp"
#include "events/log/keys/keys.hpp"
#include "events/log/log.hpp"
#include "events/records.hpp"
#include "projections/read_pool.hpp"
#include "projections/store.hpp"
#include "statemachines/commands.hpp"
#include "statemachines/decide/decision.hpp"

namespace ibkr::engine {

class CommandQueue;
class WorkflowProjection;
class Writer;

/// How each anchor stands beside the log just now, for `audit verify`.
using AnchorsLook = std::function<events::Result<std::vector<events::AnchorStanding>>()>;

/// `engine resume` opened this log on a new branch: what the engine records before anything else.
struct AfterResumption {
    std::string actor;
    std::string reason;
    /// Orders and keys of read models that had been ahead of the log.
    std::vector<statemachines::RecordFoundOrder> found;
};

/// Limits of `limits.*` in the configuration.
struct EngineLimits {
    std::size_t queue_commands_max = 1024;  ///< that wait for the writer
    std::size_t batch_events_max = 4096;    ///< of one synced append; the last group of a batch may exceed it
};

/// What the engine runs on. Everything is borrowed and must outlive the runtime.
struct RuntimeParts {
    events::Log& log;
    const events::LogKeys& keys;          ///< for verification and export
    projections::ProjectionStore& store;  ///< its first projection is `workflows`
    WorkflowProjection& workflows;
    Broker& broker;
    Clock& clock;
    IdSource& ids;
    AccountDirectory& accounts;
    SuspensionPoints* suspension = nullptr;
    std::string product_version;
    bool key_is_stored = false;  ///< the audit secret came from this machine's key file, not from the caller
    DayStart day_start = utc_day_start;
    /// The log may have lost acknowledged records: every write answers ENGINE_HELD, reads work unrecorded.
    std::optional<events::Hold> held = {};
    events::DiskSpace* disk = nullptr;  ///< null: there is always room
    AnchorsLook anchors = {};           ///< empty: none to show
    std::optional<AfterResumption> resumed = {};
    EngineLimits limits = {};
    /// Where callers beside the writer read; null: between its batches, on its own connection.
    projections::ReadPool* read_pool = nullptr;
    bool paused = false;  ///< loads, verifies and reconciles; no broker write begins
};

/// The policies in force, from the configuration; recorded as `policy_loaded` when the log's differ.
struct Policies {
    statemachines::GatewaySettings settings;
    std::vector<statemachines::RiskPolicy> risk_policies;
};

/// What a decision came to, after its events are durable.
struct Executed {
    std::optional<events::Error> refusal;
    events::WorkflowId subject;
    events::EventId audit_event_id;  ///< the last event of the decision
    std::optional<events::IdempotencyRecord> stored_answer;
    std::optional<events::Outcome> outcome;  ///< of the broker write, when the command had one
    bool unknown_outcome = false;            ///< set by `render`: what the answer is about is not known
    bool order_ended = false;                ///< set by `render`: the order is in a terminal state
    std::string payload;  ///< what `render` made inside the decision's transaction; empty after a refusal
};

/// Renders the answer's payload (canonical JSON) when the decision is folded and before it is durable; its
/// sha256 goes into the last event as `output_hash`. Reads the store, changes nothing.
using Render = std::function<std::string(Executed&)>;

/// The engine of one process that owns a data directory: commands in, decisions, appends, effects, outcomes
/// (design section 5). Any thread may call; calls of several threads share appends and syncs (CommandQueue).
/// Invariants: 1. nothing is answered before its events are on disk.
/// 2. a broker write begins only after its intent is on disk. 3. after a failed or uncertain append, or a
/// failed projection commit after an append, `alive()` is false, every call fails with AUDIT_WRITE_FAILED,
/// and the process should end; the next start folds what is durable. 4. what the broker's book says of an
/// order is recorded only if no write of that order began since the book was read.
class Runtime {
public:
    /// Timers fired in one round at most; the rest waits for the next.
    static constexpr std::uint32_t timers_per_round_max = 1000;
    /// Executions of one report at most: the command is part of its first event, which is at most 65,535
    /// bytes.
    static constexpr std::size_t executions_per_report_max = 50;

    /// Brings the projections up to the log's head, asks the broker for orders of ours that the log does not
    /// know, records changed policies and what follows a resumption, settles intents without outcome (design
    /// 5.10), and lets due timers fire. A log that is held, or that such an order shows to be rolled back,
    /// gives a runtime that only reads: nothing of this is recorded then. Errors: AUDIT_WRITE_FAILED,
    /// AUDIT_CHAIN_INVALID, LOG_VERSION_UNSUPPORTED, ENGINE_HELD (projections ahead of the log).
    [[nodiscard]] static events::Result<std::unique_ptr<Runtime>> open(RuntimeParts parts,
                                                                       const Policies& policies);
    ~Runtime();
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    /// Decides one command, makes it durable, runs its broker writes one at a time, records their outcomes.
    /// Of a command with a broker write, `render` is called for the outcome's decision, so that the payload
    /// says what it came to. `position_read`: of the position among the facts, begun before it was read; a
    /// reading that does not stand any more is left out of the decision.
    [[nodiscard]] events::Result<Executed> execute(
        const CallContext& context, const statemachines::Command& command, const statemachines::Facts& facts,
        const Render& render, const std::optional<PositionRead>& position_read = std::nullopt);
    [[nodiscard]] PositionRead begin_position_read(const events::AccountHash& account,
                                                   const events::ContractId& contract) const {
        const Holding holding{account, contract};
        return {holding, in_flight_.now(holding)};
    }

    /// Records a finished call (`tool_completed`, `tool_failed`, ...): the one event of a read.
    [[nodiscard]] events::Result<events::EventId> record_call(const CallContext& context,
                                                              const statemachines::RecordCall& call);

    /// Decides and records a command of the engine's own with an operator's facts: what follows a resumption.
    /// `command_id` says what it is for, so that a repetition has the same.
    [[nodiscard]] events::Result<Executed> record_engine_command(const statemachines::Command& command,
                                                                 std::string command_id,
                                                                 std::string tool_name);

    /// Part of a resumption: settles each order of which the log lost an outcome and that the book shows with
    /// other terms, so that the change which was lost too can be recorded. Its fills are left to `reconcile`:
    /// once they are booked, a change to a size that has filled would be refused, and each start would find
    /// it again.
    [[nodiscard]] events::Result<void> settle_changed_orders();
    /// Holds the log when the broker's book has orders of ours that it does not know: it was rolled back
    /// then. Asked once; a broker that could not be asked (its error) is asked again by `reconcile`, and
    /// before a submit.
    [[nodiscard]] events::Result<void> rule_out_lost_orders();
    /// Asks the broker's book about every open order of ours and records what is new. Callers share one look:
    /// who comes while one is under way waits for the next, and one look serves all who wait for it.
    [[nodiscard]] events::Result<void> reconcile();
    /// Fires every timer that is due.
    [[nodiscard]] events::Result<void> fire_due_timers();

    /// Why the log is held; nullptr when it is not. Found at the start, or later when the broker could not be
    /// asked then.
    [[nodiscard]] const events::Hold* held() const noexcept { return hold_.get(); }
    [[nodiscard]] bool paused() const noexcept { return parts_.paused; }
    /// Why nothing but outcomes, cancels and the kill switch is recorded just now, for people: the log is
    /// held, or the disk is nearly full. Empty: everything is recorded.
    [[nodiscard]] std::string unrecorded_reason() const;
    /// Whether work that adds to the log may begin. Errors: ENGINE_HELD, and AUDIT_WRITE_FAILED (retryable)
    /// while the disk is nearly full.
    [[nodiscard]] events::Result<void> admit_new_work() const;
    /// How each anchor stands beside the log just now.
    [[nodiscard]] events::Result<std::vector<events::AnchorStanding>> anchors() const;
    /// What the operator should know of this start. Empty as a rule.
    [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }

    /// Decision time: never behind the log's last event.
    [[nodiscard]] events::Timestamp now();
    [[nodiscard]] std::string new_id();
    [[nodiscard]] events::Result<events::Timestamp> day_start() { return parts_.day_start(now()); }
    [[nodiscard]] bool alive() const;
    /// First 8 hex of the log id.
    [[nodiscard]] std::string log_prefix() const;

    /// The last event that the read models hold.
    [[nodiscard]] events::SequenceId folded() const noexcept;
    /// Commands that wait for the writer or are being written.
    [[nodiscard]] std::size_t waiting() const;

    /// Calls `look(const projections::Queries&)` on one committed moment of the read models and passes on the
    /// Result it returns. Not from within a `render`, which asks `store()`.
    template <class Look>
    [[nodiscard]] auto read(const Look& look) -> decltype(look(std::declval<const projections::Queries&>())) {
        if (parts_.read_pool != nullptr) return parts_.read_pool->read(look);
        const std::unique_lock<std::mutex> between_batches = lock_store();
        return look(parts_.store.queries());
    }

    /// One call at a time goes on to the broker.
    [[nodiscard]] Broker& broker() { return broker_; }
    /// The writer's own read models. Only for a `render`, and for an engine that one thread uses.
    [[nodiscard]] projections::ProjectionStore& store() { return parts_.store; }
    [[nodiscard]] const events::Log& log() const { return parts_.log; }
    [[nodiscard]] const events::LogKeys& keys() const { return parts_.keys; }
    [[nodiscard]] AccountDirectory& accounts() { return parts_.accounts; }
    /// Puts the broker's accounts into the directory, so that hashes can be mapped back and redaction knows
    /// them. Without the broker it knows what it learnt before.
    void learn_accounts();
    [[nodiscard]] const std::string& product_version() const { return parts_.product_version; }
    [[nodiscard]] bool key_is_stored() const { return parts_.key_is_stored; }

private:
    explicit Runtime(RuntimeParts parts);
    /// The order of a start: what is folded, asked and recorded before the first call.
    [[nodiscard]] events::Result<void> start(const Policies& policies);
    [[nodiscard]] events::Result<void> load_policies(const Policies& policies);
    /// Gives every intent without an outcome the one that can be told now (design 5.10).
    [[nodiscard]] events::Result<void> settle_pending_intents();
    [[nodiscard]] events::Result<void> reconcile_once();
    /// What the present look found of this order still stands.
    [[nodiscard]] std::function<bool()> no_write_since_look(const events::WorkflowId& order_id) const;
    /// Makes one broker write and records its outcome.
    [[nodiscard]] events::Result<Executed> run_write(const CallContext& context,
                                                     const statemachines::BrokerWrite& write,
                                                     const Render& render);
    /// Records a write's outcome and, in the same append, what the local book then says of the order.
    /// `executions_first`: the fills that `report` holds happened before the outcome.
    [[nodiscard]] events::Result<Executed> record_outcome(const CallContext& context,
                                                          const statemachines::Command& outcome,
                                                          std::vector<statemachines::ReportOrder> report,
                                                          bool executions_first, const Render& render);
    /// `report` without the executions that are recorded already, in pieces whose events fit a record: at
    /// most `executions_per_report_max` executions each, oldest first; the last piece has the word on the
    /// order.
    [[nodiscard]] events::Result<std::vector<statemachines::ReportOrder>> pieces_of(
        statemachines::ReportOrder report, const events::AccountHash& account);
    /// Records every piece of a report on an order of `account`; what it says of the order only if
    /// `still_holds`.
    [[nodiscard]] events::Result<void> record_report(statemachines::ReportOrder report,
                                                     const events::AccountHash& account,
                                                     std::string_view command_prefix,
                                                     const std::function<bool()>& still_holds = {});
    /// What the book holds of the order with this client order id. nullopt: it has none, or could not be read
    /// (`book_was_read` tells).
    [[nodiscard]] std::optional<statemachines::ReportOrder> book_report(
        const events::WorkflowId& order_id, const events::AccountHash& account,
        const events::ClientOrderId& client_order_id, bool* book_was_read = nullptr);
    [[nodiscard]] events::Result<void> reconcile_order(const events::OrderRecord& order);
    /// Books executions that no record holds yet to the order whose broker id they carry, ended ones
    /// included.
    [[nodiscard]] events::Result<void> book_late_executions();
    /// A command of the engine's own: timers, recovery, reports. With `still_holds`, dropped when it says no.
    [[nodiscard]] events::Result<void> engine_command(const statemachines::Command& command,
                                                      std::string command_id, std::string tool_name,
                                                      const std::function<bool()>& still_holds = {});
    [[nodiscard]] std::unique_lock<std::mutex> lock_store();

    RuntimeParts parts_;
    HoldState hold_;
    OneCallBroker broker_;
    WritesInFlight in_flight_;
    std::unique_ptr<Writer> writer_;
    std::unique_ptr<CommandQueue> queue_;
    std::mutex reconciling_;
    std::atomic<std::uint64_t> reconciles_asked_ = 0;
    std::uint64_t reconciled_up_to_ = 0;  ///< of `reconciles_asked_`, when the last one began
    std::mutex asking_for_lost_orders_;
    bool broker_was_asked_ = false;  ///< for orders that the log does not know
    std::vector<std::string> notes_;
};

}  // namespace ibkr::engine
