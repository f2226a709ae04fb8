// Design section 12, row 3: preview, approve and submit through the gateway, against a bare loop with the
// same syncs, bytes and rows (bare_flow_internal.hpp). Both start from copies of one data directory; their
// rounds take turns. One flow at a time and 64, called in process and through the owner's socket; what a
// batch of several callers writes in one append, the bare loop writes in one, too. `bench_paper_flow engine
// [FLOWS [IN_FLIGHT]]` runs only the engine's side, for a profiler.
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "tests/bench/bare_flow_internal.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/disk_counts.hpp"
#include "tests/bench/flow_engine.hpp"
#include "tests/bench/flow_socket.hpp"
#include "tests/bench/flow_tape_internal.hpp"

namespace {

using namespace ibkr;

constexpr int rounds_max = 15;
constexpr double seconds_max = 10;

void copy_directory(const std::string& from, const std::string& to) {
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

/// How a round's flows reach the engine.
struct Way {
    std::string_view name;
    std::size_t in_flight = 1;
    bool through_socket = false;
    std::size_t flows = 50;  ///< of one round
};

struct Round {
    double seconds = 0;
    bench::FlowSeconds calls;
    bench::DiskCounts disk;
};

/// Runs the flows of one round, so many at a time, each thread with its own connection.
void run_flows(bench::FlowEngine& engine, const std::string& directory, const Way& way, Round& round) {
    std::optional<bench::FlowSocket> socket;
    if (way.through_socket) socket.emplace(engine, directory);
    std::vector<bench::MakeCall> calls;
    for (std::size_t i = 0; i < way.in_flight; ++i)
        calls.push_back(socket ? socket->connect() : engine.in_process());
    std::vector<bench::FlowSeconds> spent(way.in_flight);
    std::atomic<std::size_t> left = way.flows;
    const auto work = [&](std::size_t thread) {
        for (std::size_t before = left; before > 0;)
            if (left.compare_exchange_weak(before, before - 1)) {
                engine.flow(spent[thread], calls[thread]);
                before = left;
            }
    };
    const auto before = bench::disk_counts();
    const bench::Stopwatch time;
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < way.in_flight; ++i)
            threads.emplace_back(work, i);
        work(0);
    }
    round.seconds = time.seconds();
    round.disk = bench::disk_counts() - before;
    for (const auto& one : spent) {
        round.calls.preview += one.preview;
        round.calls.approve += one.approve;
        round.calls.submit += one.submit;
    }
}

void record_tape(const std::string& directory, const Way& way, bench::FlowTape& tape) {
    bench::SqlRecorder recorder;
    bench::FlowTape* taping = nullptr;
    bench::FlowEngine engine(
        directory, [&](events::Log& log) { return std::make_unique<bench::TapingLog>(log, taping); });
    taping = recorder.tape = &tape;
    Round ignored;
    run_flows(engine, directory, way, ignored);
    taping = recorder.tape = nullptr;
}

Round run_engine(const std::string& directory, const Way& way) {
    bench::FlowEngine engine(directory);
    Round round;
    run_flows(engine, directory, way, round);
    return round;
}

Round run_bare(const std::string& directory, const Way& way, const bench::FlowTape& tape, bool show) {
    bench::BareFlow bare(directory, tape);
    Round round;
    const auto before = bench::disk_counts();
    const bench::Stopwatch time;
    bare.play();
    round.seconds = time.seconds();
    round.disk = bench::disk_counts() - before;
    if (show) {
        const auto flows = static_cast<double>(way.flows);
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

void print_disk(std::string_view who, const Way& way, const Round& round) {
    const auto flows = static_cast<double>(way.flows);
    const auto& disk = round.disk;
    fmt::print(
        "per flow, {:<6} {:.2f} syncs (log {:.2f}, venue {:.2f}, projections {:.2f}, other {:.2f}), {:.0f} B "
        "written, {:.2f} ms of {:.2f} ms waiting for syncs\n",
        who, static_cast<double>(disk.syncs()) / flows, static_cast<double>(disk.log_syncs) / flows,
        static_cast<double>(disk.venue_syncs) / flows, static_cast<double>(disk.projection_syncs) / flows,
        static_cast<double>(disk.other_syncs) / flows, static_cast<double>(disk.bytes_written) / flows,
        disk.sync_seconds * 1000 / flows, round.seconds * 1000 / flows);
}

void compare(const Way& way) {
    const bench::TemporaryDirectory directory;
    const std::string start = directory / "start";
    {
        const bench::FlowEngine made(start);
    }
    copy_directory(start, directory / "tape");
    bench::FlowTape tape;
    record_tape(directory / "tape", way, tape);

    fmt::print("\npaper flow, {}\n", way.name);
    const auto flows = static_cast<double>(way.flows);
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
        ours = run_engine(own, way);
        reference = run_bare(bare, way, tape, i == 1);
        flows_per_second.add(flows / ours.seconds, flows / reference.seconds);
        preview.push_back(ours.calls.preview * 1000 / flows);
        approve.push_back(ours.calls.approve * 1000 / flows);
        submit.push_back(ours.calls.submit * 1000 / flows);
        std::filesystem::remove_all(own);
        std::filesystem::remove_all(bare);
    }
    print_disk("engine", way, ours);
    print_disk("bare", way, reference);
    fmt::print("{} rounds of {} flows\n", rounds.done(), way.flows);
    bench::print_head();
    bench::print_row("engine, flows/s", bench::figure_of(flows_per_second.ours), 0,
                     way.in_flight == 1 ? "guide: 400" : "guide: 2000");
    bench::print_row("bare loop, flows/s", bench::figure_of(flows_per_second.reference));
    bench::print_row("ratio", flows_per_second.ratio(), 2, ">= 0.4");
    bench::print_row("preview, ms", bench::figure_of(preview), 2);
    bench::print_row("approve, ms", bench::figure_of(approve), 2);
    bench::print_row("submit, ms", bench::figure_of(submit), 2);
}

constexpr auto ways = std::to_array<Way>({
    {"1 in flight, in process", 1, false, 50},
    {"64 in flight, in process", 64, false, 640},
    {"1 in flight, through the socket", 1, true, 50},
    {"64 in flight, through the socket", 64, true, 640},
});

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || std::strcmp(argv[1], "engine") != 0) {
        for (const Way& way : ways)
            compare(way);
        return 0;
    }
    Way way = ways[0];
    if (argc > 2) way.flows = std::strtoul(argv[2], nullptr, 10);
    if (argc > 3) way.in_flight = std::strtoul(argv[3], nullptr, 10);
    const bench::TemporaryDirectory directory;
    const Round round = run_engine(directory / "engine", way);
    fmt::print("{} flows, {:.2f} ms each\n", way.flows,
               round.seconds * 1000 / static_cast<double>(way.flows));
}
