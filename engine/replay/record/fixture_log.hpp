#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/replay/decision_groups.hpp"
#include "engine/replay/record/carried_state.hpp"
#include "engine/replay/record/fixture_redaction.hpp"
#include "engine/replay/record/incident_scope.hpp"
#include "events/log/memory_log.hpp"

namespace ibkr::engine {

/// The events of a fixture as they are chosen, as a log under the published key.
class FixtureLog {
public:
    /// Errors: config_invalid when no keys can be made.
    [[nodiscard]] static events::Result<FixtureLog> create(const events::LogId& log_id,
                                                           const std::vector<std::string>& exact_values);

    /// Somebody whom a text of the fixture may name.
    void know_user(const std::string& name) { redaction_.know_user(name); }
    /// Takes over what belongs in the fixture; groups come in log order. Errors: INPUT_INVALID_TIME_RANGE
    /// beyond `fixture_events_max`, those of redaction.
    [[nodiscard]] events::Result<void> take(const DecisionGroup& group, const IncidentScope& scope,
                                            const CarriedState& carried);

    [[nodiscard]] const events::MemoryLog& log() const noexcept { return *log_; }
    [[nodiscard]] std::uint64_t events() const noexcept { return log_->head().sequence.value(); }
    [[nodiscard]] std::uint64_t events_carried() const noexcept { return carried_; }
    /// Where an event of the fixture stands in the history. Precondition: there is one of that number.
    [[nodiscard]] events::SequenceId origin(events::SequenceId in_fixture) const {
        return origins_.at(in_fixture.value() - 1);
    }

private:
    FixtureLog(std::unique_ptr<events::MemoryLog> log, const std::vector<std::string>& exact_values)
        : log_(std::move(log)), redaction_(exact_values) {}
    /// `why_a_fact`: why the event is not decided again in the fixture; empty when it is.
    [[nodiscard]] events::Result<void> append(const events::Record& record, std::string_view why_a_fact);

    std::unique_ptr<events::MemoryLog> log_;
    FixtureRedaction redaction_;
    std::vector<events::SequenceId> origins_;
    std::uint64_t carried_ = 0;
    bool after_loss_ = false;  ///< between an attested gap and the resumption that attests it
};

}  // namespace ibkr::engine
