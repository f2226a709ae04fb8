#include "events/log/memory_log.hpp"

#include <thread>

#include "tests/unit/events/chain_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

TEST_CASE("the memory log keeps the port's contract", "[log]") {
    MemoryLog log(fixed_keys());
    check_conformance(log, log.keys());
}

TEST_CASE("the memory log keeps epochs and branches", "[log]") {
    MemoryLog log(fixed_keys());
    const LogKeys keys = check_epochs_and_branches(log, log.keys().copy());
    CHECK(log.keys().identity() == keys.identity());
    CHECK(log.keys().resumptions() == keys.resumptions());
    const auto gaps = log.gaps();
    log.reopen();
    CHECK(log.gaps() == gaps);
    CHECK(log.identity() == keys.identity());
    CHECK(log.wal_position() == WalPosition{});
    CHECK(log.secure_head());
}

TEST_CASE("a rotation that was stored unseen is in force at the next start", "[log]") {
    MemoryLog log(fixed_keys());
    fill(log, 3);
    const LogKeys next = must(fixed_keys().next_epoch(second_secret()));
    const auto [retired, activated] = rotation(log, next);
    log.fail_append(1, AppendFault::stored_unknown);
    CHECK_FALSE(log.append_rotation(retired, activated, next));
    log.reopen();
    CHECK(log.head().sequence == SequenceId(5));
    CHECK(log.identity() == next.identity());
    fill(log, 9);
    CHECK(verify(log, log.keys().ring()).chain_valid);
}

TEST_CASE("a memory log can fail its nth append and is dead from then on", "[log]") {
    MemoryLog log(fixed_keys());
    fill(log, 3);
    const Head before = log.head();
    log.fail_append(2, AppendFault::not_stored);
    REQUIRE(log.append(batch(4, 1), SequenceId(4)));
    const auto failed = log.append(batch(5, 2), SequenceId(5));
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == ErrorCode::audit_write_failed);
    CHECK_FALSE(log.alive());
    CHECK(log.head().sequence == SequenceId(4));
    CHECK_FALSE(log.append(batch(5, 1), SequenceId(5)));
    CHECK(log.head().sequence == before.sequence.next());

    log.reopen();
    CHECK(log.alive());
    CHECK(log.head().sequence == SequenceId(4));
    REQUIRE(log.append(batch(5, 2), SequenceId(5)));
    CHECK(verify_chain(log, log.keys().ring())->chain_valid);
}

TEST_CASE("an uncertain append shows only after the next start", "[log]") {
    MemoryLog log(fixed_keys());
    fill(log, 2);
    log.fail_append(1, AppendFault::stored_unknown);
    REQUIRE_FALSE(log.append(batch(3, 2), SequenceId(3)));
    CHECK(log.head().sequence == SequenceId(2));
    CHECK(read_from(log, 1).size() == 2);
    CHECK_FALSE(log.append(batch(3, 1), SequenceId(3)));

    log.reopen();
    CHECK(log.head().sequence == SequenceId(4));
    CHECK(read_from(log, 1).size() == 4);
    CHECK(verify_chain(log, log.keys().ring())->chain_valid);
}

TEST_CASE("a memory log is read while it is written", "[log]") {
    MemoryLog log(fixed_keys());
    std::thread writer([&log] {
        for (std::uint64_t i = 1; i <= 500; ++i) {
            const auto records = batch(i, 1);
            if (!log.append(records, SequenceId(i))) return;
        }
    });
    std::uint64_t seen = 0;
    while (seen < 500) {
        const auto report = verify_chain(log, log.keys().ring());
        if (!report || !report->chain_valid || report->events_scanned < seen) break;
        seen = report->events_scanned;
    }
    writer.join();
    CHECK(seen == 500);
}
