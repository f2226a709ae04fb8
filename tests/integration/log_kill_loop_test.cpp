#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "events/log/directory/files.hpp"
#include "tests/integration/cli_support.hpp"
#include "tests/integration/log_damage_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;
namespace fs = std::filesystem;

// Processes that append to a log of `rocksdb_store()` and are killed at any moment: nothing acknowledged is
// ever lost, the next start is never held, and torn tails are among what it meets.

namespace {

constexpr std::uint64_t seed = 20'260'105;
constexpr std::uint64_t log_bytes_max = 150'000'000;  ///< then the next round begins a new log

constexpr std::uint64_t starts_after_kill = 3;

/// Long loops are asked for from outside.
std::uint64_t rounds_max(std::uint64_t by_default) {
    const char* const rounds = std::getenv("IBKR_KILL_LOOP_ROUNDS");
    return rounds != nullptr ? std::strtoull(rounds, nullptr, 10) : by_default;
}

/// A record that says which one it is and is `bytes` long at least.
PendingRecord sized(std::uint64_t sequence, std::size_t bytes) {
    PendingRecord record = pending(sequence);
    if (record.bytes.size() < bytes) record.bytes.append(bytes - record.bytes.size(), ' ');
    return record;
}

struct Load {
    std::size_t records_min = 1, records_max = 1;  ///< of a batch
    std::size_t record_bytes = 0;
};

Result<OwnedLog> start_in(const std::string& data) {
    auto lock = OwnerLock::acquire(data, std::chrono::seconds(10));
    if (!lock) return failure(lock.error());
    return open_or_create_log(*lock, audit_secret(), rocksdb_store(), make_log_record);
}

/// Appends batch after batch and says each head once it is acknowledged. The number of batches appended.
std::size_t append_batches(const std::string& data, const Load& load, std::uint64_t batch_seed, int pipe,
                           std::size_t batches_max) {
    std::mt19937_64 random(batch_seed);
    const auto owned = start_in(data);
    if (!owned || owned->held) return 0;
    for (std::size_t batches = 0; batches < batches_max; ++batches) {
        const std::uint64_t next = owned->log->head().sequence.value() + 1;
        const std::size_t count = load.records_min + random() % (load.records_max - load.records_min + 1);
        std::vector<PendingRecord> records;
        records.reserve(count);
        for (std::uint64_t i = 0; i < count; ++i)
            records.push_back(sized(next + i, load.record_bytes));
        const auto head = owned->log->append(records, SequenceId(next));
        if (!head) return batches;
        const std::uint64_t acknowledged = head->sequence.value();
        if (::write(pipe, &acknowledged, sizeof acknowledged) != sizeof acknowledged) return batches;
    }
    return batches_max;
}

constexpr const char* child_test = "a process that appends says each head that is acknowledged";

/// What the child process is to do: its test case finds it in the environment.
struct ChildTask {
    std::string data;
    Load load;
    std::uint64_t seed = 0;
    int pipe = -1;

    void put_into_environment() const {
        const auto put = [](const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); };
        put("IBKR_KILL_LOOP_DATA", data);
        put("IBKR_KILL_LOOP_LOAD", std::to_string(load.records_min) + " " + std::to_string(load.records_max) +
                                       " " + std::to_string(load.record_bytes) + " " + std::to_string(seed) +
                                       " " + std::to_string(pipe));
    }
    [[nodiscard]] static std::optional<ChildTask> of_this_process() {
        const char* const data = std::getenv("IBKR_KILL_LOOP_DATA");
        const char* const load = std::getenv("IBKR_KILL_LOOP_LOAD");
        if (data == nullptr || load == nullptr) return {};
        ChildTask task;
        task.data = data;
        std::istringstream(load) >> task.load.records_min >> task.load.records_max >>
            task.load.record_bytes >> task.seed >> task.pipe;
        return task;
    }
};

class KillLoop {
public:
    KillLoop(Load load, std::uint64_t stream) : load_(load), random_(seed + stream) { begin(); }

    /// One process, from its start to its end by SIGKILL, and the starts after it: what the first one repairs
    /// must stay repaired.
    void round() {
        if (appended_bytes() > log_bytes_max) begin();
        const std::uint64_t acknowledged = run_and_kill();
        acknowledged_ += acknowledged - known_;
        std::uint64_t head = 0;
        for (std::uint64_t starts = 0; starts < starts_after_kill; ++starts) {
            INFO("start " << starts);
            const auto owned = start();
            REQUIRE(owned);
            INFO((owned->held ? owned->held->reason : ""));
            REQUIRE_FALSE(owned->held);
            if (starts > 0) CHECK(owned->notes.empty());
            if (!owned->notes.empty()) ++torn_tails_;
            if (starts > 0) CHECK(owned->log->head().sequence.value() == head);
            head = owned->log->head().sequence.value();
            CHECK(head >= acknowledged);
            check_records(*owned, acknowledged);
        }
        known_ = head;
    }

    [[nodiscard]] std::uint64_t torn_tails() const noexcept { return torn_tails_; }
    [[nodiscard]] std::uint64_t acknowledged() const noexcept { return acknowledged_; }

private:
    void begin() {
        fs::remove_all(data_);
        REQUIRE(prepare_data_directory(data_));
        const auto owned = start();
        REQUIRE(owned);
        REQUIRE(owned->created);
        known_ = 1;
    }

    [[nodiscard]] Result<OwnedLog> start() const { return start_in(data_); }

    [[nodiscard]] std::uint64_t appended_bytes() const { return known_ * (load_.record_bytes + 100); }

    /// A process of its own program: a forked one would lack the store's background threads.
    [[nodiscard]] static pid_t begin_child(const ChildTask& task) {
        const pid_t child = ::fork();
        if (child != 0) return child;
        task.put_into_environment();
        ::execl("/proc/self/exe", "integration_tests", child_test, static_cast<char*>(nullptr));
        ::_exit(127);
    }

    /// The highest sequence that was acknowledged before the process was killed.
    [[nodiscard]] std::uint64_t run_and_kill() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        const FileDescriptor reader(ends[0]);
        FileDescriptor writer(ends[1]);
        const pid_t child = begin_child({data_, load_, random_(), writer.get()});
        REQUIRE(child >= 0);
        {
            const FileDescriptor closed = std::move(writer);
        }
        // Killed a little after a few acknowledgements, so that it is in the middle of the next.
        std::uint64_t acknowledged = known_;
        for (std::uint64_t wanted = random_() % 6; wanted > 0; --wanted)
            if (!read_one(reader.get(), acknowledged)) break;
        std::this_thread::sleep_for(std::chrono::microseconds(random_() % 12'000));
        CHECK(::kill(child, SIGKILL) == 0);
        int status = 0;
        CHECK(::waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
        while (read_one(reader.get(), acknowledged)) {
        }
        return acknowledged;
    }

    [[nodiscard]] static bool read_one(int pipe, std::uint64_t& acknowledged) {
        std::uint64_t value = 0;
        if (::read(pipe, &value, sizeof value) != sizeof value) return false;
        acknowledged = value;
        return true;
    }

    /// Every record since the last look is the one that was appended, or one of the log's own.
    void check_records(const OwnedLog& owned, std::uint64_t acknowledged) const {
        auto cursor = owned.log->read(SequenceId(known_));
        REQUIRE(cursor);
        Record record;
        std::uint64_t seen = known_ - 1;
        while (true) {
            const auto more = (*cursor)->next(record);
            REQUIRE(more);
            if (!*more) break;
            ++seen;
            if (!record.bytes.starts_with(R"({"body":{"n":)")) continue;
            if (record.bytes != sized(seen, load_.record_bytes).bytes)
                FAIL("record " << seen << " is another");
        }
        CHECK(seen >= acknowledged);
        const auto report =
            verify_chain(*owned.log, owned.keys.ring(), VerifyOptions{SequenceId(known_), 1, {}});
        REQUIRE(report);
        CHECK(report->chain_valid);
    }

    Load load_;
    TemporaryDirectory temporary_;
    std::string data_ = temporary_ / "data";
    std::mt19937_64 random_;
    std::uint64_t known_ = 1;  ///< the log's head at the last look
    std::uint64_t torn_tails_ = 0;
    std::uint64_t acknowledged_ = 0;
};

}  // namespace

TEST_CASE("a process that appends says each head that is acknowledged", "[log_kill_loop]") {
    if (const auto task = ChildTask::of_this_process()) {
        // Until it is killed.
        CHECK(append_batches(task->data, task->load, task->seed, task->pipe, 1'000'000) == 1'000'000);
        return;
    }
    const TemporaryDirectory temporary;
    REQUIRE(prepare_data_directory(temporary / "data"));
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const FileDescriptor reader(ends[0]), writer(ends[1]);
    CHECK(append_batches(temporary / "data", {2, 2, 100}, seed, writer.get(), 3) == 3);
    for (const std::uint64_t expected : {3, 5, 7}) {
        std::uint64_t said = 0;
        CHECK(::read(reader.get(), &said, sizeof said) == sizeof said);
        CHECK(said == expected);
    }
    CHECK(start_in(temporary / "data")->log->head().sequence == SequenceId(7));
}

TEST_CASE("kill -9 among single records loses nothing that was acknowledged", "[log_kill_loop]") {
    KillLoop loop({1, 1, 0}, 1);
    const std::uint64_t rounds = rounds_max(25);
    for (std::uint64_t round = 0; round < rounds; ++round) {
        INFO("round " << round);
        loop.round();
    }
    CHECK(loop.acknowledged() > rounds);
}

TEST_CASE("kill -9 among large single records loses nothing that was acknowledged", "[log_kill_loop]") {
    KillLoop loop({1, 1, 60'000}, 3);
    const std::uint64_t rounds = rounds_max(15);
    for (std::uint64_t round = 0; round < rounds; ++round) {
        INFO("round " << round);
        loop.round();
    }
    CHECK(loop.acknowledged() > rounds);
}

TEST_CASE("kill -9 among batches of megabytes loses nothing that was acknowledged", "[log_kill_loop]") {
    KillLoop loop({64, 160, 32'000}, 2);
    constexpr std::uint64_t rounds_min = 15, torn_tails_wanted = 3;
    // A sanitized process is too slow to be met in the middle of a write.
    const std::uint64_t rounds = rounds_max(ibkr::integration::sanitized ? rounds_min : 120);
    const bool longer = std::getenv("IBKR_KILL_LOOP_ROUNDS") != nullptr;
    std::uint64_t round = 0;
    for (; round < rounds; ++round) {
        if (!longer && round >= rounds_min && loop.torn_tails() >= torn_tails_wanted) break;
        INFO("round " << round);
        loop.round();
    }
    const std::string count = std::to_string(loop.torn_tails()) + " torn tails in " + std::to_string(round) +
                              " rounds, " + std::to_string(loop.acknowledged()) + " records acknowledged";
    INFO(count);
    if (longer) WARN(count);
    if (!ibkr::integration::sanitized) CHECK(loop.torn_tails() > 0);
}
