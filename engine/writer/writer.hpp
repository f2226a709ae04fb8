#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/effects/writes_in_flight.hpp"
#include "engine/hold_state.hpp"
#include "engine/runtime.hpp"
#include "engine/writer/state_reader.hpp"
#include "statemachines/decide/decision.hpp"

namespace ibkr::engine {

/// Commands of one group at most; a larger one is the caller's error (asserted).
inline constexpr std::size_t batch_commands_max = 256;

/// Whether what a command was made from still stands when its turn comes.
using StillHolds = std::function<bool()>;

/// One command on its way through the writer. Everything is borrowed for the call.
struct Submission {
    const CallContext* context = nullptr;
    const statemachines::Command* command = nullptr;
    const statemachines::Facts* facts = nullptr;
    const Render* render = nullptr;  ///< null: no payload is rendered
    /// False while the disk is nearly full: a refusal, and an answer that is stored already, leave no event
    /// then, so that asking again and again does not use up the room kept for outcomes.
    bool record_answers = true;
    /// Null: always. When it says no, the command is dropped: no event, an empty answer.
    const StillHolds* still_holds = nullptr;
    /// Of the position among the facts, which is left out when it does not stand any more. Null: there is
    /// none.
    const PositionRead* position_read = nullptr;
};

struct Written {
    Executed executed;
    std::vector<statemachines::BrokerWrite> effects;
};

/// Commands that are decided one after another and become durable together or not at all.
using CommandGroup = std::span<const Submission>;
using GroupAnswer = events::Result<std::vector<Written>>;

/// The single writer of design 5.5: for each batch it decides each command against the folded state plus what
/// this batch has folded already (the open projection transaction), makes one synced append, commits the
/// projections with their checkpoint, and only then gives back replies and effects. No network I/O. One
/// thread at a time (`CommandQueue`); `now` and `alive` may be asked by any.
/// If the append fails or is uncertain, or the projections fail after it, nothing is given back and the
/// writer is dead. An append that was refused before anything was written leaves it alive, with nothing
/// folded.
class Writer {
public:
    struct Parts {
        RuntimeParts& runtime;
        const HoldState& hold;
        WritesInFlight& in_flight;  ///< each effect given back was begun there, for the caller to end
    };
    Writer(Parts parts, events::Timestamp last_log_time);

    /// Writes groups from the front, in one append, until `batch_events_max` events are reached, and gives
    /// one answer for each of these, at least one. A group that fails before the append fails alone.
    [[nodiscard]] std::vector<GroupAnswer> write(std::span<const CommandGroup> groups);
    [[nodiscard]] bool alive() const noexcept { return alive_.load(); }
    /// The last event that the read models hold.
    [[nodiscard]] events::SequenceId folded() const noexcept { return events::SequenceId(folded_.load()); }
    /// max(clock, last log time): decision time never goes back (design 5.11).
    [[nodiscard]] events::Timestamp now() const;

private:
    struct Batch;
    /// Nullopt: one of several groups failed with nothing written; each is to be written by itself.
    [[nodiscard]] std::optional<std::vector<GroupAnswer>> write_together(
        std::span<const CommandGroup> groups);
    [[nodiscard]] GroupAnswer fold_group(CommandGroup group, Batch& batch);
    [[nodiscard]] events::Result<Written> decide_and_fold(const Submission& submission, Batch& batch);
    [[nodiscard]] events::Result<void> make_durable(const Batch& batch);
    [[nodiscard]] events::Result<void> ready() const;
    [[nodiscard]] bool pass(SuspensionPoint point) const;
    [[nodiscard]] tl::unexpected<events::Error> die(events::Error why);

    RuntimeParts& parts_;
    const HoldState& hold_;
    WritesInFlight& in_flight_;
    StateReader state_;
    std::atomic<std::int64_t> last_log_ms_;
    std::atomic<std::uint64_t> folded_;
    std::atomic<bool> alive_ = true;
};

}  // namespace ibkr::engine
