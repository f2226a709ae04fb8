#include "engine/replay/fixture.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "events/json/describe_codec.hpp"
#include "events/log/directory/files.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

struct Expected {
    std::vector<ReplayedDecision> decisions;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("decisions", self.decisions);
    }
};

struct Incident {
    events::WorkflowId workflow_id;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("workflow_id", self.workflow_id);
    }
};

tl::unexpected<events::Error> unusable(const std::string& what) {
    return failure(ErrorCode::config_invalid, what,
                   "A fixture is a folder with events.jsonl, expected.json and README.md; see "
                   "docs/incident-review.md and replay-fixtures/.");
}

Result<void> check_folder(const std::string& directory) {
    if (events::path_exists(directory)) return {};
    return unusable("the fixture's folder is not there");
}

/// One byte more than `bytes_max` at most, so that a larger file shows.
std::string read_file(std::ifstream& file, std::size_t bytes_max) {
    std::string text(bytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

Result<std::vector<ReplayedDecision>> read_expected(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return unusable("the fixture has no readable expected.json");
    const std::string text = read_file(file, expected_bytes_max);
    if (text.size() > expected_bytes_max) return unusable("expected.json is larger than 1 MiB");
    const std::string document = "{\"decisions\":" + text + "}";
    events::JsonLimits limits = events::JsonLimits::own();
    limits.bytes_max = document.size();
    auto expected = events::from_json_text<Expected>(document, limits);
    if (!expected) return unusable("expected.json: " + expected.error().message);
    return std::move(expected->decisions);
}

std::string text_of(const ReplayedDecision& decision) {
    return events::to_canonical_json(decision);
}

}  // namespace

void compare_expected(std::vector<ReplayedDecision> expected, const Replay& replay, ReplayReport& report) {
    std::erase_if(expected, [&](const ReplayedDecision& decision) {
        return std::ranges::binary_search(replay.passed_over(), decision.sequence_id);
    });
    const std::vector<ReplayedDecision>& got = replay.decisions();
    const auto differ = [&](events::SequenceId at, std::string want, std::string have) {
        ++report.difference_count;
        if (report.differences.size() < differences_max)
            report.differences.push_back({at, std::move(want), std::move(have)});
    };
    // Side by side by sequence: one decision too many or too few is one difference.
    std::ranges::sort(expected, {}, &ReplayedDecision::sequence_id);
    auto want = expected.begin();
    auto have = got.begin();
    while (want != expected.end() || have != got.end()) {
        if (have == got.end() || (want != expected.end() && want->sequence_id < have->sequence_id)) {
            differ(want->sequence_id, text_of(*want), "no such decision");
            ++want;
        } else if (want == expected.end() || have->sequence_id < want->sequence_id) {
            differ(have->sequence_id, "no such decision", text_of(*have));
            ++have;
        } else {
            if (*want != *have) differ(have->sequence_id, text_of(*want), text_of(*have));
            ++want, ++have;
        }
    }
}

Result<std::vector<ReplayedDecision>> expected_of(const std::string& directory) {
    if (auto checked = check_folder(directory); !checked) return failure(checked.error());
    return read_expected(directory + "/expected.json");
}

Result<std::optional<events::WorkflowId>> incident_of(const std::string& directory) {
    std::ifstream file(directory + "/incident.json", std::ios::binary);
    if (!file) return std::optional<events::WorkflowId>{};
    const std::string text = read_file(file, events::JsonLimits::own().bytes_max);
    auto incident = events::from_json_text<Incident>(text);
    if (!incident) return unusable("incident.json: " + incident.error().message);
    if (incident->workflow_id.empty()) return unusable("incident.json names no workflow");
    return std::optional(std::move(incident->workflow_id));
}

std::string incident_json(const events::WorkflowId& workflow) {
    return events::to_canonical_json(Incident{workflow}) + "\n";
}

Result<std::unique_ptr<ExportLog>> open_fixture(const std::string& directory) {
    static const events::Secret secret{std::string(fixture_secret)};
    if (auto checked = check_folder(directory); !checked) return failure(checked.error());
    const std::string path = directory + "/events.jsonl";
    if (!std::ifstream(path, std::ios::binary)) return unusable("the fixture has no readable events.jsonl");
    auto log = ExportLog::open(path, events::ring_from_secret(secret));
    if (!log && log.error().code == ErrorCode::log_key_mismatch)
        return failure(ErrorCode::log_key_mismatch,
                       "events.jsonl is not under the published key of fixtures: " + log.error().message,
                       "Replay an export of a log with --file; 'ibkr-agent replay record' makes a fixture.");
    return log;
}

Result<ReplayReport> run_fixture(const std::string& directory) {
    auto expected = expected_of(directory);
    if (!expected) return failure(expected.error());
    auto log = open_fixture(directory);
    if (!log) return failure(log.error());
    auto cursor = (*log)->read(events::SequenceId(1));
    if (!cursor) return failure(cursor.error());
    auto replay = Replay::start();
    if (!replay) return failure(replay.error());
    auto report = replay->run(**cursor, {}, true);
    if (!report) return failure(report.error());
    compare_expected(std::move(*expected), *replay, *report);
    return report;
}

std::string expected_json(const std::vector<ReplayedDecision>& decisions) {
    const auto tree = nlohmann::json::parse(events::to_canonical_json(Expected{decisions}));
    return tree.at("decisions").dump(2) + "\n";
}

}  // namespace ibkr::engine
