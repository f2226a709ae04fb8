#include <array>
#include <filesystem>

#include "engine/log_records.hpp"
#include "engine/ports/clock.hpp"
#include "events/log/directory/log_directory.hpp"
#include "events/log/rocksdb/rocksdb_log.hpp"
#include "tests/simulation/real_disk/rocksdb_lossy_store.hpp"
#include "tests/unit/events/chain_support.hpp"
#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;
using namespace ibkr::simulation;
namespace fs = std::filesystem;

// A log that is opened, appended to, rotated, closed and opened again on the real store. Power is lost before
// each single operation on its disk, and each disk that this can leave is opened by the starting rules.

namespace {

Result<OwnedLog> start(const std::string& data, const Secret& secret, const LogStore& store) {
    auto lock = OwnerLock::acquire(data, std::chrono::milliseconds(0));
    if (!lock) return failure(lock.error());
    static ibkr::engine::VirtualClock clock(Timestamp(1'767'625'200'000));
    static ibkr::engine::SeededIdSource ids(1);
    return open_or_create_log(*lock, secret, store, ibkr::engine::log_record_maker(clock, ids));
}

/// What stands on a disk after a crash, and what was acknowledged before.
struct Crash {
    std::string data, where;
    SequenceId acknowledged;
    DiskPolicy policy = DiskPolicy::keep;
};

class EveryOperation {
public:
    /// Runs the scenario once; a picture before each operation and after the last, for each policy.
    void run() {
        REQUIRE(prepare_data_directory(data_));
        {
            const auto owned = must(start(data_, audit_secret(), rocksdb_store()));
            fill(*owned.log, 4);
        }
        LossyDisk disk(data_, temporary_ / "files");
        acknowledged_ = SequenceId(4);
        disk.watch([&](std::uint64_t number, const std::string& operation) {
            take_pictures(disk, number, "before " + std::to_string(number) + ", " + operation);
        });
        first_process(disk);
        second_process(disk);
        third_process(disk);
        disk.watch({});
        take_pictures(disk, crashes.size(), "after the last operation");
    }

    std::vector<Crash> crashes;
    std::vector<Record> records;  ///< all there ever were

private:
    void append(OwnedLog& owned, std::size_t count) {
        const SequenceId next = owned.log->head().sequence.next();
        acknowledged_ = must(owned.log->append(batch(next.value(), count), next)).sequence;
    }
    void opened(LossyDisk& disk, const OwnedLog& owned) {
        REQUIRE_FALSE(owned.held);
        acknowledged_ = owned.log->head().sequence;
        disk.note_anchors_synced();
    }
    /// The opening makes a table of what the write-ahead file holds.
    void first_process(LossyDisk& disk) {
        auto owned = must(start(data_, audit_secret(), store_on(disk)));
        opened(disk, owned);
        append(owned, 1);
        append(owned, 3);
        const PendingRecord large{7, std::string(60'000, 'x')};
        const std::vector<PendingRecord> larger_than_a_block(3, large);
        acknowledged_ =
            must(owned.log->append(larger_than_a_block, owned.log->head().sequence.next())).sequence;
    }
    void second_process(LossyDisk& disk) {
        auto owned = must(start(data_, audit_secret(), store_on(disk)));
        opened(disk, owned);
        append(owned, 1);
        const auto lock = must(OwnerLock::acquire(data_, std::chrono::milliseconds(0)));
        static ibkr::engine::VirtualClock clock(Timestamp(1'767'625'200'000));
        static ibkr::engine::SeededIdSource ids(2);
        const auto make = ibkr::engine::log_record_maker(clock, ids);
        REQUIRE(rotate_key(lock, owned, second_secret(), make));
        acknowledged_ = owned.log->head().sequence;
        append(owned, 2);
    }
    void third_process(LossyDisk& disk) {
        auto owned = must(start(data_, second_secret(), store_on(disk)));
        opened(disk, owned);
        append(owned, 2);
        records = read_from(*owned.log, 1);
    }
    void take_pictures(const LossyDisk& disk, std::uint64_t number, const std::string& where) {
        for (std::uint64_t policy = 0; policy < disk_policies; ++policy) {
            const std::string to = temporary_ / ("crash-" + std::to_string(crashes.size()));
            disk.picture(static_cast<DiskPolicy>(policy), number, to);
            crashes.push_back({to, where, acknowledged_, static_cast<DiskPolicy>(policy)});
        }
    }

    TemporaryDirectory temporary_;
    const std::string data_ = temporary_ / "data";
    SequenceId acknowledged_;
};

/// Under the new secret, or the old one before a rotation is on disk.
Result<OwnedLog> start_after(const Crash& crash) {
    auto owned = start(crash.data, second_secret(), rocksdb_store());
    if (!owned && owned.error().code == ErrorCode::log_key_mismatch)
        return start(crash.data, audit_secret(), rocksdb_store());
    return owned;
}

/// Whether the first start had something to note: a torn tail that it cut off, an unfinished rotation.
bool check_starts(const Crash& crash, const std::vector<Record>& records) {
    SequenceId head;
    bool noted = false;
    for (int starts = 0; starts < 2; ++starts) {
        auto owned = start_after(crash);
        INFO((owned ? "" : owned.error().message));
        REQUIRE(owned);
        INFO((owned->held ? owned->held->reason : ""));
        REQUIRE_FALSE(owned->held);
        if (starts > 0) CHECK(owned->notes.empty());
        noted = noted || !owned->notes.empty();
        REQUIRE(owned->log->head().sequence >= std::max(crash.acknowledged, head));
        const auto found = read_from(*owned->log, 1);
        REQUIRE(found.size() == owned->log->head().sequence.value());
        for (std::uint64_t i = 0; i < crash.acknowledged.value(); ++i)
            REQUIRE(found[i].mac == records[i].mac);
        CHECK(verify(*owned->log, owned->keys.ring()).chain_valid);
        const SequenceId next = owned->log->head().sequence.next();
        head = must(owned->log->append(batch(next.value(), 2), next)).sequence;
    }
    return noted;
}

}  // namespace

TEST_CASE("power lost before any operation on the store's disk takes nothing that was acknowledged",
          "[real_disk]") {
    EveryOperation every;
    every.run();
    CHECK(every.crashes.size() > 80 * disk_policies);
    std::array<int, disk_policies> noted{};
    for (const Crash& crash : every.crashes) {
        INFO(crash.where << ", " << name_of(crash.policy) << ", acknowledged " << crash.acknowledged.value());
        if (check_starts(crash, every.records)) ++noted.at(static_cast<std::size_t>(crash.policy));
        fs::remove_all(crash.data);
    }
    // What was torn or garbled was met, and said.
    CHECK(noted.at(static_cast<std::size_t>(DiskPolicy::tear)) > noted.at(0));
    CHECK(noted.at(static_cast<std::size_t>(DiskPolicy::garble)) > noted.at(0));
}
