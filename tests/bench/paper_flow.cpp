// Design section 12, row 3: preview, approve and submit through the gateway, against a bare loop with the
// same syncs, bytes and rows (bare_flow_internal.hpp). Both start from copies of one data directory; their
// rounds take turns. One flow at a time: calls come one after another until the engine has a resident owner.
// `bench_paper_flow engine [FLOWS]` runs only the engine's side, for a profiler.
#include <cstdlib>
#include <cstring>

#include "tests/bench/bare_flow_internal.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/disk_counts.hpp"
#include "tests/bench/flow_engine.hpp"
#include "tests/bench/flow_tape_internal.hpp"

namespace {

using namespace ibkr;

constexpr int rounds_max = 15;
constexpr double seconds_max = 10;
constexpr std::size_t flows_per_round = 50;

void copy_directory(const std::string& from, const std::string& to) {
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

bench::FlowTape record_tape(const std::string& directory) {
    bench::FlowTape tape;
    bench::SqlRecorder recorder;
    bench::FlowTape* taping = nullptr;
    bench::FlowEngine engine(
        directory, [&](events::Log& log) { return std::make_unique<bench::TapingLog>(log, taping); });
    bench::FlowSeconds ignored;
    taping = recorder.tape = &tape;
    for (std::size_t i = 0; i < flows_per_round; ++i)
        engine.flow(ignored);
    taping = recorder.tape = nullptr;
    return tape;
}

struct Round {
    double seconds = 0;
    bench::FlowSeconds calls;
    bench::DiskCounts disk;
};

Round run_engine(const std::string& directory, std::size_t flows) {
    bench::FlowEngine engine(directory);
    Round round;
    const auto before = bench::disk_counts();
    const bench::Stopwatch time;
    for (std::size_t i = 0; i < flows; ++i)
        engine.flow(round.calls);
    round.seconds = time.seconds();
    round.disk = bench::disk_counts() - before;
    return round;
}

Round run_bare(const std::string& directory, const bench::FlowTape& tape, bool show) {
    bench::BareFlow bare(directory, tape);
    Round round;
    const auto before = bench::disk_counts();
    const bench::Stopwatch time;
    bare.play();
    round.seconds = time.seconds();
    round.disk = bench::disk_counts() - before;
    if (show) {
        const double flows = flows_per_round;
        fmt::print(
            "per flow, in both: {:.1f} log records in {:.1f} appends, {:.1f} projection rows, {:.1f} venue "
            "rows\n",
            static_cast<double>(bare.records()) / flows,
            static_cast<double>(std::ranges::count(tape.steps, bench::Store::log, &bench::TapeStep::store)) /
                flows,
            static_cast<double>(bare.projection_rows()) / flows,
            static_cast<double>(bare.venue_rows()) / flows);
    }
    return round;
}

void print_disk(std::string_view who, const Round& round) {
    const double flows = flows_per_round;
    const auto& disk = round.disk;
    fmt::print(
        "per flow, {:<6} {:.2f} syncs (log {:.2f}, venue {:.2f}, projections {:.2f}, other {:.2f}), {:.0f} B "
        "written, {:.2f} ms of {:.2f} ms waiting for syncs\n",
        who, static_cast<double>(disk.syncs()) / flows, static_cast<double>(disk.log_syncs) / flows,
        static_cast<double>(disk.venue_syncs) / flows, static_cast<double>(disk.projection_syncs) / flows,
        static_cast<double>(disk.other_syncs) / flows, static_cast<double>(disk.bytes_written) / flows,
        disk.sync_seconds * 1000 / flows, round.seconds * 1000 / flows);
}

void compare() {
    const bench::TemporaryDirectory directory;
    const std::string start = directory / "start";
    {
        const bench::FlowEngine made(start);
    }
    copy_directory(start, directory / "tape");
    const auto tape = record_tape(directory / "tape");

    bench::Comparison flows_per_second;
    std::vector<double> preview, approve, submit;
    bench::Rounds rounds(rounds_max, seconds_max);
    Round ours, reference;
    while (rounds.next()) {
        const int i = rounds.done();
        const std::string own = directory / fmt::format("own-{}", i);
        const std::string bare = directory / fmt::format("bare-{}", i);
        copy_directory(start, own);
        copy_directory(start, bare);
        std::filesystem::create_directories(bare + "/bare");
        ours = run_engine(own, flows_per_round);
        reference = run_bare(bare, tape, i == 1);
        const double flows = flows_per_round;
        flows_per_second.add(flows / ours.seconds, flows / reference.seconds);
        preview.push_back(ours.calls.preview * 1000 / flows);
        approve.push_back(ours.calls.approve * 1000 / flows);
        submit.push_back(ours.calls.submit * 1000 / flows);
        std::filesystem::remove_all(own);
        std::filesystem::remove_all(bare);
    }
    print_disk("engine", ours);
    print_disk("bare", reference);
    fmt::print("\npaper flow, 1 in flight: {} rounds of {} flows\n", rounds.done(), flows_per_round);
    bench::print_head();
    bench::print_row("engine, flows/s", bench::figure_of(flows_per_second.ours), 0, "guide: 400");
    bench::print_row("bare loop, flows/s", bench::figure_of(flows_per_second.reference));
    bench::print_row("ratio", flows_per_second.ratio(), 2, ">= 0.4");
    bench::print_row("preview, ms", bench::figure_of(preview), 2);
    bench::print_row("approve, ms", bench::figure_of(approve), 2);
    bench::print_row("submit, ms", bench::figure_of(submit), 2);
    fmt::print("64 in flight: measured once calls can overlap; until then they come one after another.\n");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || std::strcmp(argv[1], "engine") != 0) return compare(), 0;
    const std::size_t flows = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : flows_per_round;
    const bench::TemporaryDirectory directory;
    const Round round = run_engine(directory / "engine", flows);
    fmt::print("{} flows, {:.2f} ms each\n", flows, round.seconds * 1000 / static_cast<double>(flows));
}
