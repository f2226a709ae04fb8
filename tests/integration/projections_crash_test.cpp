#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "projections/read_store.hpp"
#include "projections/store.hpp"

using namespace ibkr::events;
using namespace ibkr::projections;

namespace {

constexpr std::uint64_t events_per_commit = 7;

Event call(std::uint64_t sequence) {
    Event event;
    event.sequence_id = SequenceId(sequence);
    event.event_id = EventId("event-" + std::to_string(sequence));
    event.body = ToolCompleted{};
    return event;
}

Checkpoint checkpoint_at(std::uint64_t sequence) {
    Checkpoint checkpoint{SequenceId(sequence), {}};
    checkpoint.mac.fill(static_cast<std::uint8_t>(sequence));
    return checkpoint;
}

/// Folds until it is killed, and says after each commit how far it is.
[[noreturn]] void write_for_ever(const std::string& path, int told) {
    auto store = ProjectionStore::open(path, standard_projections());
    if (!store) ::_exit(1);
    for (std::uint64_t next = store->checkpoint().sequence.value() + 1;;) {
        if (!store->begin()) ::_exit(2);
        for (std::uint64_t i = 0; i < events_per_commit; ++i)
            if (!store->apply(call(next++))) ::_exit(3);
        if (!store->commit(checkpoint_at(next - 1))) ::_exit(4);
        if (::write(told, "c", 1) != 1) ::_exit(5);
    }
}

}  // namespace

TEST_CASE("a writer killed at any moment leaves whole commits, each with its checkpoint") {
    auto pattern = (std::filesystem::temp_directory_path() / "ibkr-crash-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    const std::string path = pattern + "/projections.sqlite3";
    std::uint64_t committed = 0;
    for (int round = 0; round < 8; ++round) {
        int channel[2];
        REQUIRE(::pipe(channel) == 0);
        const ::pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::close(channel[0]);
            write_for_ever(path, channel[1]);
        }
        ::close(channel[1]);
        char tick = 0;
        for (int i = 0; i < 5 + 11 * round && ::read(channel[0], &tick, 1) == 1; ++i)
            committed += events_per_commit;
        if (round % 2 == 1) {
            auto reader = ReadStore::open(path, standard_projections());
            REQUIRE(reader);
            CHECK(reader->checkpoint().value().sequence.value() >= committed);
        }
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
        while (::read(channel[0], &tick, 1) == 1)
            committed += events_per_commit;
        ::close(channel[0]);

        auto store = ProjectionStore::open(path, standard_projections());
        REQUIRE(store);
        const std::uint64_t at = store->checkpoint().sequence.value();
        // The last commit may have come before its word.
        CHECK((at == committed || at == committed + events_per_commit));
        committed = at;
        CHECK(store->checkpoint() == checkpoint_at(at));
        AuditFilter newest;
        newest.limit = 1;
        CHECK(store->find_events(newest).value().front().sequence.value() == at);
        const auto counts = table_counts(store->database());
        REQUIRE(counts);
        CHECK(counts->front() == TableCount{"audit_index", static_cast<std::int64_t>(at)});
    }
    std::filesystem::remove_all(pattern);
}
