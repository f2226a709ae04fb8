#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/fold/workflow_projection.hpp"
#include "events/log/log.hpp"
#include "projections/store.hpp"

namespace ibkr::engine {

/// Differences a report holds at most; more are counted.
inline constexpr std::size_t differences_max = 100;

/// What the record says and what deciding again gives, at one event.
struct ReplayDifference {
    events::SequenceId sequence_id;
    std::string expected;  ///< of the record
    std::string got;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("expected", self.expected);
        v("got", self.got);
        v("sequence", self.sequence_id);
    }
};

/// One decision as replay made it again: what fixtures expect.
struct ReplayedDecision {
    struct Outcome {
        std::string event_type;
        std::optional<std::string> error_code;

        template <class V, class S>
        static constexpr void describe(V& v, S& self) {
            v("error_code", self.error_code);
            v("event_type", self.event_type);
        }
        friend bool operator==(const Outcome&, const Outcome&) = default;
    };
    events::SequenceId sequence_id;  ///< of the decision's first recorded event
    std::string decision;            ///< allow | refuse | deny, of its last event
    std::vector<Outcome> events;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("decision", self.decision);
        v("events", self.events);
        v("sequence_id", self.sequence_id);
    }
    friend bool operator==(const ReplayedDecision&, const ReplayedDecision&) = default;
};

/// Decisions that another version of the deciders made: what it decided is known, what this one would decide
/// of the same is another question than whether the log tells the truth.
struct OtherVersion {
    std::uint32_t decider_version = 0;
    std::uint64_t decisions = 0;
    events::SequenceId first_sequence_id;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("decider_version", self.decider_version);
        v("decisions", self.decisions);
        v("first_sequence_id", self.first_sequence_id);
    }
};

/// An operator let the log go on after a loss.
struct Resumption {
    events::SequenceId sequence_id;  ///< of the event that attests it
    std::uint64_t events_lost = 0;   ///< that are attested; 0: which ones are gone is not known
    std::optional<events::SequenceId> first_lost;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("events_lost", self.events_lost);
        v("first_lost", self.first_lost);
        v("sequence_id", self.sequence_id);
    }
};

/// Resumptions a report lists at most, the first it met.
inline constexpr std::size_t resumptions_max = 50;

/// What a reader of a history must know of it as a whole. Its members are left out where there is nothing to
/// say.
struct HistoryState {
    std::string held;  ///< why the log is held and may be short; set by who opened it
    std::vector<Resumption> resumptions;
    std::uint64_t resumptions_left_off = 0;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("held", events::omit_empty(self.held));
        v("resumptions", events::omit_empty(self.resumptions));
        v("resumptions_left_off", events::omit_empty(self.resumptions_left_off));
    }
};

/// Versions a report lists at most, the first it met; decisions of all are counted.
inline constexpr std::size_t other_versions_max = 50;

struct ReplayReport {
    std::uint32_t decider_version = 0;  ///< of this build: what decided again
    std::uint64_t events_replayed = 0;
    std::uint64_t decisions_replayed = 0;
    /// Decided by another version of the deciders: folded, not compared.
    std::uint64_t decisions_of_other_versions = 0;
    std::vector<OtherVersion> other_versions;
    /// Decided on a state that a loss took part of, before a resumption attested it: folded, not compared.
    std::uint64_t decisions_on_lost_events = 0;
    std::uint64_t difference_count = 0;
    std::vector<ReplayDifference> differences;
    std::optional<events::SequenceId> last_sequence_id;
    HistoryState history;  ///< as far as it was replayed

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("decider_version", self.decider_version);
        v("decisions_of_other_versions", self.decisions_of_other_versions);
        v("decisions_on_lost_events", self.decisions_on_lost_events);
        v("decisions_replayed", self.decisions_replayed);
        v("difference_count", self.difference_count);
        v("differences", self.differences);
        v("events_replayed", self.events_replayed);
        v("last_sequence_id", self.last_sequence_id);
        v("other_versions", self.other_versions);
        HistoryState::describe(v, self.history);
    }
};

/// Folds a history again and decides again: only outside facts are taken from the record; idempotency,
/// counters, exposure, approvals and the kill switch are folded anew, in memory, and every claim in an event
/// is compared (design section 9). Never touches a broker, a clock or the history's own projections.
class Replay {
public:
    [[nodiscard]] static events::Result<Replay> start();
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;
    Replay(Replay&&) noexcept;
    Replay& operator=(Replay&&) noexcept;
    ~Replay();

    /// Where to stop: after this event, or after the last event not later than this time.
    struct Until {
        std::optional<events::SequenceId> sequence;
        std::optional<events::Timestamp> time;
    };

    /// Replays all records of `cursor`, or up to `until`. Decisions are kept when `keep_decisions`
    /// (fixtures).
    [[nodiscard]] events::Result<ReplayReport> run(events::LogCursor& cursor, const Until& until,
                                                   bool keep_decisions = false);
    [[nodiscard]] const std::vector<ReplayedDecision>& decisions() const noexcept;
    /// Decisions that were folded and not made again, ascending.
    [[nodiscard]] const std::vector<events::SequenceId>& passed_over() const noexcept;
    /// The folded state after `run`: time travel.
    [[nodiscard]] const projections::Queries& state() const;

private:
    struct Run;
    explicit Replay(std::unique_ptr<Run> run);
    std::unique_ptr<Run> run_;
};

}  // namespace ibkr::engine
