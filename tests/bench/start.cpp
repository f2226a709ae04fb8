// Design section 12, row 6: an owner that was killed with a full memtable starts again: its log is opened and
// its tail verified, anchors are compared, the projections are caught up, the engine is at work. The whole
// program's composition is measured, on files in the page cache. Beside it stands the log alone.
//   bench_start [--events N]     events in the log before the first start; 10000000 is the design's bar
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/compose.hpp"
#include "engine/fold/catch_up.hpp"
#include "events/catalogue.hpp"
#include "events/event_codec.hpp"
#include "io/config/offline_profile.hpp"
#include "tests/bench/bench.hpp"

namespace {

using namespace ibkr;
using bench::must;

constexpr std::uint64_t events_default = 200'000;
constexpr std::uint64_t events_max = 1'000'000'000;
constexpr int rounds_max = 5;
constexpr double seconds_max = 60;
constexpr std::size_t batch_events = 256;  ///< of what is written before the kill: as an owner's batches
constexpr double fullness = 0.97;          ///< of the memtable when the process is killed
constexpr const char* builder = "--build";
constexpr const char* filler = "--fill";

std::optional<std::string> environment(const std::string& name) {
    if (name == io::offline_secret_variable) return std::string(64, 's');
    return std::nullopt;
}

/// A read of a client, of about 400 bytes.
events::PendingRecord make_event(events::SequenceId at) {
    events::Event event;
    event.sequence_id = at;
    event.timestamp = events::Timestamp(1'767'625'200'000).plus_ms(static_cast<std::int64_t>(at.value()));
    event.event_id = events::EventId(fmt::format("018f0000-0000-7000-8000-{:012x}", at.value()));
    event.command_id = events::CommandId(fmt::format("018f0000-0000-7000-9000-{:012x}", at.value()));
    event.actor = {"local-user:1000",
                   "session-of-a-bench",
                   fmt::format("request-{}", at.value()),
                   "ibkr_positions",
                   {"ibkr:positions:read"}};
    event.correlation_id = event.actor.request_id;
    event.input_hash = std::string(64, 'a');
    event.output_hash = std::string(64, 'b');
    event.body = events::ToolCompleted{};
    return {events::descriptor(event.body).number, must(events::encode_event(event), "encode")};
}

void append(events::Log& log, std::size_t count) {
    std::vector<events::PendingRecord> batch;
    batch.reserve(count);
    for (events::SequenceId at = log.head().sequence.next(); batch.size() < count; at = at.next())
        batch.push_back(make_event(at));
    must(log.append(batch, log.head().sequence.next()), "append");
}

cli::OwnedDirectory open_directory(const io::Config& config) {
    return must(cli::open_directory(config, environment, true), "data directory");
}

/// A log of so many events, with its read models.
int build(const io::Config& config, std::uint64_t count) {
    auto directory = open_directory(config);
    for (std::uint64_t written = 1; written < count;) {
        const auto batch = std::min<std::uint64_t>(count - written, events::append_records_max);
        append(*directory.log.log, batch);
        written += batch;
    }
    must(cli::rebuild_projections(config, *directory.log.log, {}), "projections");
    return 0;
}

/// Writes as an owner does, log before projections, until the memtable is about to be full, and is killed.
[[noreturn]] void fill_and_die(const io::Config& config, std::uint64_t wal_bytes) {
    auto directory = open_directory(config);
    events::Log& log = *directory.log.log;
    auto models = must(cli::open_read_models(config, log, cli::Rebuild::when_needed, {}), "projections");
    const auto full = static_cast<std::uint64_t>(static_cast<double>(wal_bytes) * fullness);
    while (log.wal_position().bytes < full) {
        append(log, batch_events);
        must(engine::catch_up(log, models.store), "catch up");
    }
    std::raise(SIGKILL);
    std::abort();
}

/// What a write-ahead file holds when its memtable is full: it is followed by the next one.
std::uint64_t full_wal_bytes(const io::Config& config) {
    auto directory = open_directory(config);
    events::Log& log = *directory.log.log;
    append(log, 1);
    events::WalPosition at = log.wal_position();
    for (;;) {
        append(log, batch_events);
        const events::WalPosition next = log.wal_position();
        if (next.number != at.number) return at.bytes;
        at = next;
    }
}

/// Runs this program again for one of the steps above: each owner is a process of its own.
int run_step(const char* step, const std::string& home, std::uint64_t number) {
    const std::string text = std::to_string(number);
    const pid_t child = fork();
    if (child < 0) bench::give_up("fork", std::strerror(errno));
    if (child == 0) {
        execl("/proc/self/exe", "bench_start", step, home.c_str(), text.c_str(), nullptr);
        _exit(127);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child) bench::give_up("wait", std::strerror(errno));
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

void kill_full(const std::string& home, std::uint64_t wal_bytes) {
    if (run_step(filler, home, wal_bytes) != SIGKILL) bench::give_up("owner", "it was not killed");
}

void measure(std::uint64_t count) {
    const bench::TemporaryDirectory directory;
    const std::string home = directory / "home";
    const io::Config config = io::offline_profile(home);
    if (run_step(builder, home, count) != 0) bench::give_up("build", "no log was made");
    const std::uint64_t wal_bytes = full_wal_bytes(config);
    std::vector<double> log_alone, whole;
    std::uint64_t events = 0;
    bench::Rounds rounds(rounds_max, seconds_max);
    while (rounds.next()) {
        kill_full(home, wal_bytes);
        {
            const bench::Stopwatch time;
            const auto opened = open_directory(config);
            log_alone.push_back(time.seconds() * 1000);
            if (opened.log.held) bench::give_up("start", opened.log.held->reason);
        }
        kill_full(home, wal_bytes);
        const bench::Stopwatch time;
        const auto opened = must(cli::Composition::open(config, environment), "start");
        whole.push_back(time.seconds() * 1000);
        if (opened->runtime().held()) bench::give_up("start", opened->runtime().held()->reason);
        events = opened->runtime().log().head().sequence.value();
    }
    fmt::print("start on a log of {} events after kill -9, {} bytes in the write-ahead log: {} rounds\n",
               events, wal_bytes, rounds.done());
    bench::print_head();
    bench::print_row("owner's start, ms", bench::figure_of(whole), 0, "<= 1000 (at 10 million events)");
    bench::print_row("  of which the log, its tail verified, ms", bench::figure_of(log_alone), 0);
}

std::uint64_t number_in(const char* text) {
    char* end = nullptr;
    const std::uint64_t number = std::strtoull(text, &end, 10);
    if (end == text || *end != '\0' || number == 0 || number > events_max)
        bench::give_up("usage", "bench_start [--events N], N from 1 to 1000000000");
    return number;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 4 && std::strcmp(argv[1], builder) == 0)
        return build(io::offline_profile(argv[2]), number_in(argv[3]));
    if (argc == 4 && std::strcmp(argv[1], filler) == 0)
        fill_and_die(io::offline_profile(argv[2]), number_in(argv[3]));
    std::uint64_t count = events_default;
    if (argc == 3 && std::strcmp(argv[1], "--events") == 0) count = number_in(argv[2]);
    if (argc == 2 || argc > 3) number_in("");
    measure(count);
}
