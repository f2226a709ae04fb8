#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>

#include "events/values/ids.hpp"

namespace ibkr::engine {

/// One account's stake in one contract.
struct Holding {
    events::AccountHash account;
    events::ContractId contract;
    friend auto operator<=>(const Holding&, const Holding&) = default;
};

/// The broker writes that are under way, each from before its intent is durable until its outcome is
/// recorded, or could not be. What was read of the broker meanwhile proves nothing about that order and its
/// holding:
/// - the reconciler passes the order over, and does not record what it read of it before a write began or
///   ended;
/// - a position that was read while a write of its holding was under way, or before one began or ended, is
/// not
///   used by a decision: it may or may not hold the fills of that write.
/// Any thread.
class WritesInFlight {
public:
    /// What was under way at one moment, to be compared with a later one.
    struct Moment {
        std::uint64_t changes = 0;
        bool writing = false;
    };

    void begin(const events::WorkflowId& order_id, const Holding& holding);
    /// Nothing to do for an order that was not begun.
    void end(const events::WorkflowId& order_id);
    [[nodiscard]] bool contains(const events::WorkflowId& order_id) const;

    /// The reconciler begins to look at the broker's book. One look at a time.
    void begin_look();
    /// Whether a write of the order began or ended since.
    [[nodiscard]] bool changed_since_look(const events::WorkflowId& order_id) const;

    /// Fills of this holding are about to be recorded that no write of ours brought.
    void note_fills(const Holding& holding);
    [[nodiscard]] Moment now(const Holding& holding) const;
    /// Nothing of the holding was under way at `then`, nor is now, nor was in between.
    [[nodiscard]] bool was_quiet_since(const Moment& then, const Holding& holding) const;

private:
    struct Writing {
        Holding holding;
        int count = 0;
    };
    struct Activity {
        std::uint64_t changes = 0;
        int writing = 0;
    };

    mutable std::mutex mutex_;
    std::map<events::WorkflowId, Writing> orders_;
    std::set<events::WorkflowId> since_look_;  ///< at most the writes of one look
    std::map<Holding, Activity> holdings_;     ///< one for each contract an account wrote orders of
};

/// A reading of a position that has begun: the writer asks whether it still stands.
struct PositionRead {
    Holding holding;
    WritesInFlight::Moment begun;
};

}  // namespace ibkr::engine
