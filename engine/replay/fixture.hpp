#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/replay/export_log.hpp"
#include "engine/replay/replay.hpp"

namespace ibkr::engine {

/// The audit secret every fixture's events are MACed under. Published: a fixture proves nothing but itself.
inline constexpr std::string_view fixture_secret =
    "ibkr-agent replay fixture secret: not a secret, published";

/// Bytes of a fixture's expected.json at most.
inline constexpr std::size_t expected_bytes_max = 1'048'576;  ///< 1 MiB

/// A recorded incident: `events.jsonl` (an export under the published key), `expected.json` (the decisions
/// that are expected: [{sequence_id, decision, events: [{event_type, error_code?}]}]), `README.md`, and where
/// it is of one workflow `incident.json` ({workflow_id}).
/// Replays the events and compares the decisions made again with the record and with expected.json.
/// Errors: CONFIG_INVALID when a file is missing or not of that form, AUDIT_CHAIN_INVALID when the events do
/// not verify under the published key.
[[nodiscard]] events::Result<ReplayReport> run_fixture(const std::string& directory);

/// The events of a fixture as a log to read. Errors as `run_fixture`.
[[nodiscard]] events::Result<std::unique_ptr<ExportLog>> open_fixture(const std::string& directory);

/// The decisions that a fixture expects. Errors as `run_fixture`.
[[nodiscard]] events::Result<std::vector<ReplayedDecision>> expected_of(const std::string& directory);

/// The workflow whose incident the fixture was recorded of; nothing for one without an incident.json. Errors
/// as `run_fixture`.
[[nodiscard]] events::Result<std::optional<events::WorkflowId>> incident_of(const std::string& directory);

/// The incident.json of a workflow.
[[nodiscard]] std::string incident_json(const events::WorkflowId& workflow);

/// Adds to the report what differs between the decisions that were expected and those that `replay` made
/// again. Those it passed over, because another version made them, are not compared.
void compare_expected(std::vector<ReplayedDecision> expected, const Replay& replay, ReplayReport& report);

/// The expected.json of these decisions.
[[nodiscard]] std::string expected_json(const std::vector<ReplayedDecision>& decisions);

}  // namespace ibkr::engine
