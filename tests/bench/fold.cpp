// What an event costs beside its sync: bytes to event and back, folding, deciding. Events are those of paper
// flows of the real engine. The rebuild of all projections stands beside a bare loop that runs the same
// statements (design section 12); the codec beside the JSON library's own parsing and printing of the same
// bytes.
#include <functional>

#include <nlohmann/json.hpp>

#include "engine/replay/replay.hpp"
#include "engine/writer/state_reader.hpp"
#include "events/event_codec.hpp"
#include "projections/rebuild.hpp"
#include "statemachines/command_codec.hpp"
#include "tests/bench/bare_flow_internal.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/flow_engine.hpp"
#include "tests/bench/flow_tape_internal.hpp"

namespace {

using namespace ibkr;
using bench::must;

constexpr double gather_seconds_max = 4;
constexpr std::size_t flows_max = 400;
constexpr int rounds_max = 9;
constexpr double seconds_max = 3;  // of each figure
constexpr int decisions_per_round = 300;

struct History {
    std::vector<events::Record> records;
    std::vector<events::Event> decoded;
    std::size_t bytes = 0;
};

History history_of(const events::LogReader& log) {
    History history;
    const auto cursor = must(log.read(events::SequenceId(1)), "log");
    events::Record record;
    while (must(cursor->next(record), "log")) {
        history.bytes += record.bytes.size();
        history.decoded.push_back(must(events::decode_record(record), "decode"));
        history.records.push_back(record);
    }
    return history;
}

/// Microseconds for each of `count` things that one call of `work` does.
double microseconds(std::size_t count, const std::function<void()>& work) {
    const bench::Stopwatch time;
    work();
    return time.seconds() * 1e6 / static_cast<double>(count);
}

bench::Comparison compare(std::size_t count, const std::function<void()>& ours,
                          const std::function<void()>& reference) {
    bench::Comparison comparison;
    bench::Rounds rounds(rounds_max, seconds_max);
    while (rounds.next()) {
        const double own = microseconds(count, ours);
        comparison.add(own, microseconds(count, reference));
    }
    return comparison;
}

/// How often the reference's time goes into ours: 1 is as fast.
bench::Figure speed(const bench::Comparison& microseconds) {
    return bench::Comparison{microseconds.reference, microseconds.ours}.ratio();
}

void codec(const History& history) {
    const std::size_t count = history.records.size();
    const auto decoding = compare(
        count,
        [&] {
            for (const auto& record : history.records)
                must(events::decode_record(record), "decode");
        },
        [&] {
            for (const auto& record : history.records)
                if (nlohmann::json::parse(record.bytes).empty()) bench::give_up("parse", "empty");
        });
    std::vector<nlohmann::json> trees;
    trees.reserve(count);
    for (const auto& record : history.records)
        trees.push_back(nlohmann::json::parse(record.bytes));
    const auto encoding = compare(
        count,
        [&] {
            for (const auto& event : history.decoded)
                must(events::encode_event(event), "encode");
        },
        [&] {
            for (const auto& tree : trees)
                if (tree.dump().empty()) bench::give_up("dump", "empty");
        });
    bench::print_row("decode_event, us", bench::figure_of(decoding.ours), 1);
    bench::print_row("  bare JSON parse of the bytes, us", bench::figure_of(decoding.reference), 1);
    bench::print_row("  ratio", speed(decoding), 2);
    bench::print_row("encode_event, us", bench::figure_of(encoding.ours), 1);
    bench::print_row("  bare JSON print of the tree, us", bench::figure_of(encoding.reference), 1);
    bench::print_row("  ratio", speed(encoding), 2);
}

projections::ProjectionList all_projections() {
    return engine::all_projections(std::make_unique<engine::WorkflowProjection>());
}

void rebuild(const History& history, const bench::TemporaryDirectory& directory) {
    const auto run = [&](const std::string& name) {
        std::size_t next = 0;
        must(projections::rebuild(directory / name, all_projections(),
                                  [&](projections::LoggedEvent& logged) -> events::Result<bool> {
                                      if (next == history.records.size()) return false;
                                      const auto& record = history.records[next++];
                                      auto event = events::decode_record(record);
                                      if (!event) return events::failure(event.error());
                                      logged.event = std::move(*event);
                                      logged.mac = record.mac;
                                      return true;
                                  }),
             "rebuild");
    };
    bench::FlowTape tape;
    {
        bench::SqlRecorder recorder;
        recorder.tape = &tape;
        run("taped.sqlite3");
    }
    std::size_t statements = 0;
    for (const auto& step : tape.steps)
        statements += step.statements.size();
    int round = 0;
    std::int64_t rows = 0;
    const auto comparison = compare(
        history.records.size(), [&] { run(fmt::format("own-{}.sqlite3", ++round)); },
        [&] {
            bench::BareDatabase bare(
                directory / fmt::format("bare-{}.sqlite3", round), tape,
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-32768");
            for (const auto& step : tape.steps)
                bare.transact(step.statements);
            rows = bare.rows_changed();
        });
    bench::print_row("rebuild with decoding, us per event", bench::figure_of(comparison.ours), 1);
    bench::print_row("  bare statements, us per event", bench::figure_of(comparison.reference), 1);
    bench::print_row("  ratio", speed(comparison), 2, ">= 0.4");
    fmt::print("  in both: {} statements, {} rows, {} transactions\n", statements, rows, tape.steps.size());

    std::vector<double> folded;
    bench::Rounds rounds(rounds_max, seconds_max);
    while (rounds.next()) {
        auto store = must(projections::ProjectionStore::open(":memory:", all_projections())
                              .map_error([](const auto& problem) { return problem.error; }),
                          "projections");
        must(store.begin(), "begin");
        const bench::Stopwatch time;
        for (const auto& event : history.decoded)
            must(store.apply(event), "fold");
        folded.push_back(static_cast<double>(history.decoded.size()) / time.seconds());
    }
    bench::print_row("fold alone, in memory, events/s", bench::figure_of(std::move(folded)));
}

/// The last decision of this command in the history, made again on the state before it.
void decide(const events::LogReader& log, const History& history, std::string_view command_name) {
    const auto found = std::find_if(history.decoded.rbegin(), history.decoded.rend(), [&](const auto& event) {
        return event.decided_from && event.decided_from->command_name == command_name;
    });
    if (found == history.decoded.rend()) bench::give_up(command_name, "no such decision was recorded");
    auto replay = must(engine::Replay::start(), "replay");
    const auto cursor = must(log.read(events::SequenceId(1)), "log");
    engine::Replay::Until before;
    before.sequence = events::SequenceId(found->sequence_id.value() - 1);
    const auto report = must(replay.run(*cursor, before), "replay");
    if (report.difference_count != 0) bench::give_up("replay", "decides differently");

    const auto& from = *found->decided_from;
    std::vector<double> parsing, deciding;
    bench::Rounds rounds(rounds_max, seconds_max);
    while (rounds.next()) {
        parsing.push_back(microseconds(decisions_per_round, [&] {
            for (int i = 0; i < decisions_per_round; ++i)
                must(statemachines::parse_facts(command_name, from.facts), "facts");
        }));
        const auto command = must(statemachines::parse_command(command_name, from.command), "command");
        const auto facts = must(statemachines::parse_facts(command_name, from.facts), "facts");
        engine::StateReader reader(replay.state());
        deciding.push_back(microseconds(decisions_per_round, [&] {
            for (int i = 0; i < decisions_per_round; ++i)
                if (must(reader.decide(command, facts), "decide").refusal)
                    bench::give_up("decide", "refused");
        }));
    }
    bench::print_row(fmt::format("decide {} with its reads, us", command_name), bench::figure_of(deciding),
                     1);
    bench::print_row("  its facts from JSON, us", bench::figure_of(parsing), 1);
}

}  // namespace

int main() {
    const bench::TemporaryDirectory directory;
    bench::FlowEngine engine(directory / "engine");
    const bench::MakeCall call = engine.in_process();
    bench::FlowSeconds ignored;
    const bench::Stopwatch gathering;
    std::size_t flows = 0;
    for (; flows < flows_max && gathering.seconds() < gather_seconds_max; ++flows)
        engine.flow(ignored, call);
    const auto& log = engine.runtime().log();
    const History history = history_of(log);
    fmt::print("{} events of {} paper flows, {} B on average\n", history.records.size(), flows,
               history.bytes / history.records.size());
    bench::print_head();
    codec(history);
    rebuild(history, directory);
    for (const std::string_view command : {"preview_order", "create_approval", "submit_order"})
        decide(log, history, command);
}
