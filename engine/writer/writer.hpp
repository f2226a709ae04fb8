#pragma once

#include <span>
#include <vector>

#include "engine/runtime.hpp"
#include "engine/writer/state_reader.hpp"
#include "statemachines/decide/decision.hpp"

namespace ibkr::engine {

/// Commands of one append at most; a larger batch is the caller's error (asserted).
inline constexpr std::size_t batch_commands_max = 256;

/// One command on its way through the writer. Everything is borrowed for the call.
struct Submission {
    const CallContext* context = nullptr;
    const statemachines::Command* command = nullptr;
    const statemachines::Facts* facts = nullptr;
    const Render* render = nullptr;  ///< null: no payload is rendered
    /// False while the disk is nearly full: a refusal, and an answer that is stored already, leave no event
    /// then, so that asking again and again does not use up the room kept for outcomes.
    bool record_answers = true;
};

struct Written {
    Executed executed;
    std::vector<statemachines::BrokerWrite> effects;
};

/// The single writer of design 5.5: for each batch it decides each command against the folded state plus what
/// this batch has folded already (the open projection transaction), makes one synced append, commits the
/// projections with their checkpoint, and only then gives back replies and effects. No network I/O.
/// If the append fails or is uncertain, or the projections fail after it, nothing is given back and the
/// writer is dead. An append that was refused before anything was written leaves it alive, with nothing
/// folded.
class Writer {
public:
    Writer(RuntimeParts& parts, events::Timestamp last_log_time);

    [[nodiscard]] events::Result<std::vector<Written>> write(std::span<const Submission> batch);
    [[nodiscard]] bool alive() const noexcept { return alive_; }
    /// max(clock, last log time): decision time never goes back (design 5.11).
    [[nodiscard]] events::Timestamp now();

private:
    struct Batch;
    [[nodiscard]] events::Result<Written> decide_and_fold(const Submission& submission, Batch& batch);
    [[nodiscard]] events::Result<void> make_durable(const Batch& batch);
    [[nodiscard]] bool pass(SuspensionPoint point) const;
    [[nodiscard]] tl::unexpected<events::Error> die(events::Error why);

    RuntimeParts& parts_;
    StateReader state_;
    events::Timestamp last_log_time_;
    bool alive_ = true;
};

}  // namespace ibkr::engine
