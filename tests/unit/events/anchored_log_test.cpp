#include "events/log/anchors/anchored_log.hpp"

#include <atomic>
#include <functional>
#include <thread>

#include "events/log/memory_log.hpp"
#include "tests/unit/events/anchor_support.hpp"
#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

constexpr std::chrono::hours never{1};
constexpr std::chrono::milliseconds at_once{1};

/// The least a log can be: heads and a position, no records.
class ScriptedLog final : public Log {
public:
    explicit ScriptedLog(const LogIdentity& identity) : identity_(identity) {}

    Result<Head> append(std::span<const PendingRecord> records, SequenceId expected_next) override {
        if (during_append) during_append();
        return move_to(SequenceId(expected_next.value() + records.size() - 1));
    }
    Result<Head> append_resumed(const PendingRecord&, SequenceId at) override {
        ++identity_.branch;
        return move_to(at);
    }
    Result<Head> append_rotation(const PendingRecord&, const PendingRecord&, const LogKeys& next) override {
        identity_ = next.identity();
        return move_to(SequenceId(head_.sequence.value() + 2));
    }
    Result<void> secure_head() override { return {}; }
    WalPosition wal_position() const override { return {3, 100 * head_.sequence.value()}; }
    bool alive() const override { return true; }
    Head head() const override { return head_; }
    LogIdentity identity() const override { return identity_; }
    std::vector<AttestedGap> gaps() const override { return {}; }
    Result<std::unique_ptr<LogCursor>> read(SequenceId) const override { return unreadable(); }
    Result<std::unique_ptr<LogCursor>> read_back(SequenceId) const override { return unreadable(); }

    Head move_to(SequenceId sequence) {
        head_.sequence = sequence;
        head_.mac.fill(static_cast<std::uint8_t>(sequence.value()));
        return head_;
    }
    std::function<void()> during_append;

private:
    static tl::unexpected<Error> unreadable() {
        return failure(ErrorCode::audit_chain_invalid, "no records");
    }
    LogIdentity identity_;
    Head head_;
};

struct Options {
    std::chrono::milliseconds sync_interval = never;
    std::size_t files = 1;
    std::size_t broken_file = 99;
    const char* broken_by = "/dev/null";
};

/// Anchor files that say the head of `log`, which may be broken.
std::vector<AnchorFile> anchor_files(const std::vector<std::string>& paths, const LogKeys& keys,
                                     const Log& log, const Options& options) {
    const Anchor first{log.head(), keys.identity().branch, log.wal_position(), log.head().sequence};
    std::vector<AnchorFile> files;
    files.reserve(paths.size());
    for (const std::string& path : paths)
        files.push_back(made_anchors(path, keys, first));
    if (options.broken_file < paths.size()) break_file(paths[options.broken_file], options.broken_by);
    return files;
}

/// An anchored log over one in memory that holds record 1, which the anchor files say.
struct Rig {
    explicit Rig(const Options& options = {}) {
        auto log = std::make_unique<MemoryLog>(keys.copy());
        fill(*log, 1);
        memory = log.get();
        for (std::size_t i = 0; i < options.files; ++i)
            paths.push_back(temporary / ("anchors-" + std::to_string(i)));
        auto files = anchor_files(paths, keys, *log, options);
        anchored = std::make_unique<AnchoredLog>(std::move(log), std::move(files), options.sync_interval);
    }
    Result<Head> try_append(std::size_t count = 1) {
        const SequenceId next = anchored->head().sequence.next();
        const auto records = batch(next.value(), count);
        return anchored->append(records, next);
    }
    Head append(std::size_t count = 1) {
        const auto head = try_append(count);
        REQUIRE(head);
        return *head;
    }
    [[nodiscard]] Anchor newest(std::size_t number = 0) const {
        const auto reading = read_anchors(paths[number], keys.ring());
        REQUIRE(reading.anchors.size() == anchor_slots);
        return reading.anchors.front();
    }

    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    std::vector<std::string> paths;
    MemoryLog* memory = nullptr;
    std::unique_ptr<AnchoredLog> anchored;
};

void check_dead(const Error& error, Rig& rig) {
    CHECK(error.code == ErrorCode::audit_write_failed);
    CHECK(error.message.find(rig.temporary.path()) == std::string::npos);
    CHECK_FALSE(rig.anchored->alive());
    const std::uint64_t appends = rig.memory->appends();
    const auto next = rig.try_append();
    REQUIRE_FALSE(next);
    CHECK(next.error().code == ErrorCode::audit_write_failed);
    CHECK(rig.memory->appends() == appends);
    CHECK_FALSE(rig.anchored->secure_head());
    CHECK(read_from(*rig.anchored, 1).size() == rig.memory->head().sequence.value());
}

}  // namespace

TEST_CASE("an anchored log keeps the port's contract", "[anchor][log]") {
    const LogKeys keys = fixed_keys();
    AnchoredLog without(std::make_unique<MemoryLog>(keys.copy()), {}, never);
    check_conformance(without, keys);
    CHECK(without.secure_head());

    const TemporaryDirectory temporary;
    auto log = std::make_unique<MemoryLog>(keys.copy());
    auto files = anchor_files({temporary / "a", temporary / "b"}, keys, *log, {});
    AnchoredLog with(std::move(log), std::move(files), at_once);
    check_conformance(with, keys);
    CHECK(read_anchors(temporary / "a", keys.ring()).anchors.front().head == with.head());
}

TEST_CASE("every append is in every anchor file when it returns", "[anchor][log]") {
    Rig rig({.files = 3});
    for (const std::size_t count : {1U, 5U, 64U}) {
        const Head head = rig.append(count);
        for (std::size_t number = 0; number < 3; ++number) {
            CHECK(rig.newest(number).head == head);
            CHECK(rig.newest(number).branch == first_branch);
        }
    }
    CHECK(rig.anchored->wal_position() == rig.memory->wal_position());
}

TEST_CASE("an anchor says what was synced before it was written", "[anchor][log]") {
    Rig rig({.files = 2});
    rig.append();
    rig.append();
    CHECK(rig.newest().synced_sequence == SequenceId(1));  // by the creation
    REQUIRE(rig.anchored->secure_head());
    CHECK(rig.newest().synced_sequence == SequenceId(1));
    rig.append(4);
    CHECK(rig.newest().head.sequence == SequenceId(7));
    CHECK(rig.newest().synced_sequence == SequenceId(3));
    CHECK(rig.newest(1) == rig.newest());

    // A clean stop syncs, and says so to the next start.
    rig.append(2);
    rig.anchored.reset();
    CHECK(rig.newest().head.sequence == SequenceId(9));
    CHECK(rig.newest().synced_sequence == SequenceId(9));
    CHECK(rig.newest(1) == rig.newest());
}

TEST_CASE("anchors are synced by themselves after the interval", "[anchor][log]") {
    Rig rig({.sync_interval = at_once, .files = 2});
    rig.append();
    // Ends when the thread of the log has synced; a log that never does runs into the test's limit.
    while (rig.newest().synced_sequence < SequenceId(2)) {
        std::this_thread::sleep_for(at_once);
        rig.append();
    }
    CHECK(rig.newest().synced_sequence < rig.newest().head.sequence);
    CHECK(rig.anchored->alive());
}

TEST_CASE("the next process goes on with what was synced, and secures a head without an anchor",
          "[anchor][log]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    const std::string path = temporary / "anchors";
    auto made = made_anchors(path, keys, anchor_at(8));  // says that 4 is synced
    REQUIRE(made.write(anchor_at(9)));
    auto log = std::make_unique<ScriptedLog>(keys.identity());
    const Head head = log->move_to(SequenceId(12));  // killed before 12 had its anchor
    std::vector<AnchorFile> files;
    files.push_back(opened_anchors(path, keys));
    AnchoredLog anchored(std::move(log), std::move(files), never);
    REQUIRE(anchored.secure_head());
    const auto secured = read_anchors(path, keys.ring()).anchors.front();
    CHECK(secured == Anchor{head, first_branch, {3, 1'200}, SequenceId(4)});
    REQUIRE(anchored.append(batch(13, 1), SequenceId(13)));
    CHECK(read_anchors(path, keys.ring()).anchors.front().synced_sequence == SequenceId(12));
}

TEST_CASE("after a resumption or a rotation both slots say the new head", "[anchor][log]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    auto log = std::make_unique<ScriptedLog>(keys.identity());
    log->move_to(SequenceId(5));
    const std::vector<std::string> paths{temporary / "a", temporary / "b"};
    auto files = anchor_files(paths, keys, *log, {});
    AnchoredLog anchored(std::move(log), std::move(files), never);

    const auto resumed = anchored.append_resumed(pending(9, log_resumed_type), SequenceId(9));
    REQUIRE(resumed);
    for (const std::string& path : paths) {
        const Anchor expected{*resumed, first_branch + 1, {3, 900}, SequenceId(5)};
        CHECK(read_anchors(path, keys.ring()) == AnchorReading{true, {expected, expected}, 0});
    }
    REQUIRE(anchored.append(batch(10, 1), SequenceId(10)));
    const Anchor after = read_anchors(paths[1], keys.ring()).anchors.front();
    CHECK(after.branch == first_branch + 1);
    CHECK(after.synced_sequence == SequenceId(9));

    const auto next = keys.next_epoch(Secret(std::string(32, 'n')));
    REQUIRE(next);
    KeyRing next_only(keys.identity().log_id);
    const LogIdentity rotated_identity = next->settled().identity();
    REQUIRE(next_only.add_from_secret(Secret(std::string(32, 'n')), rotated_identity.key_id));
    const auto rotated = anchored.append_rotation(pending(11, audit_key_retired_type),
                                                  pending(12, audit_key_activated_type), *next);
    REQUIRE(rotated);
    for (const std::string& path : paths) {
        CHECK(read_anchors(path, keys.ring()).anchors.empty());
        const auto reading = read_anchors(path, next_only);
        REQUIRE(reading.anchors.size() == anchor_slots);
        CHECK(reading.anchors[0].head == *rotated);
        CHECK(reading.anchors[0] == reading.anchors[1]);
    }
}

TEST_CASE("a resumption or rotation whose anchors cannot be synced is not acknowledged", "[anchor][log]") {
    const LogKeys keys = fixed_keys();
    const auto next = keys.next_epoch(Secret(std::string(32, 'n')));
    REQUIRE(next);
    for (const char* const device : {"/dev/full", "/dev/null"}) {
        for (const bool rotation : {false, true}) {
            const TemporaryDirectory temporary;
            auto log = std::make_unique<ScriptedLog>(keys.identity());
            log->move_to(SequenceId(5));
            const Options options{.files = 1, .broken_file = 0, .broken_by = device};
            auto files = anchor_files({temporary / "a"}, keys, *log, options);
            AnchoredLog anchored(std::move(log), std::move(files), never);
            const auto done = rotation ? anchored.append_rotation(pending(6, audit_key_retired_type),
                                                                  pending(7, audit_key_activated_type), *next)
                                       : anchored.append_resumed(pending(9, log_resumed_type), SequenceId(9));
            REQUIRE_FALSE(done);
            CHECK(done.error().code == ErrorCode::audit_write_failed);
            CHECK_FALSE(anchored.alive());
        }
    }
}

TEST_CASE("an append that the log refuses or fails leaves the anchors alone", "[anchor][log]") {
    Rig rig;
    const Head head = rig.append();
    const auto records = batch(9, 1);
    CHECK_FALSE(rig.anchored->append(records, SequenceId(9)));
    CHECK(rig.anchored->alive());
    rig.append();
    rig.memory->fail_append(1, AppendFault::stored_unknown);
    REQUIRE_FALSE(rig.try_append());
    CHECK_FALSE(rig.anchored->alive());
    CHECK_FALSE(rig.anchored->secure_head());
    CHECK(rig.newest().head.sequence == head.sequence.next());
    rig.anchored.reset();  // what was acknowledged is synced all the same
    CHECK(rig.newest().synced_sequence == head.sequence.next());
}

TEST_CASE("an anchor that cannot be written ends the log", "[anchor][log]") {
    for (const std::size_t broken : {0U, 1U}) {
        Rig rig({.files = 2, .broken_file = broken, .broken_by = "/dev/full"});
        const auto failed = rig.try_append();
        REQUIRE_FALSE(failed);
        CHECK(rig.memory->head().sequence == SequenceId(2));  // on disk, but not acknowledged
        check_dead(failed.error(), rig);
    }
}

TEST_CASE("an anchor that cannot be synced ends the log", "[anchor][log]") {
    for (const std::size_t broken : {0U, 1U}) {
        {
            Rig rig({.files = 2, .broken_file = broken});
            rig.append();
            const auto failed = rig.anchored->secure_head();
            REQUIRE_FALSE(failed);
            check_dead(failed.error(), rig);
        }
        {
            // Nobody waits for the sync of the log's own thread; the next append says that it failed.
            Rig rig({.sync_interval = at_once, .files = 2, .broken_file = broken});
            rig.append();
            while (rig.anchored->alive())
                std::this_thread::sleep_for(at_once);
            const auto failed = rig.try_append();
            REQUIRE_FALSE(failed);
            CHECK(rig.memory->head().sequence == SequenceId(2));
            check_dead(failed.error(), rig);
        }
    }
}

TEST_CASE("a sync that fails while an append is under way leaves it unacknowledged", "[anchor][log]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    auto log = std::make_unique<ScriptedLog>(keys.identity());
    ScriptedLog& scripted = *log;
    auto files = anchor_files({temporary / "a"}, keys, *log, {.broken_file = 0});
    AnchoredLog anchored(std::move(log), std::move(files), never);
    CHECK(anchored.secure_head());  // nothing was written, so nothing is synced
    REQUIRE(anchored.append(batch(1, 1), SequenceId(1)));
    bool secured = true;
    scripted.during_append = [&] { secured = anchored.secure_head().has_value(); };
    CHECK_FALSE(anchored.append(batch(2, 1), SequenceId(2)));
    CHECK_FALSE(secured);
    CHECK(anchored.head().sequence == SequenceId(2));
    CHECK_FALSE(anchored.alive());
}

TEST_CASE("an anchored log is read and secured while it is written", "[anchor][log]") {
    Rig rig({.sync_interval = at_once, .files = 2});
    constexpr std::uint64_t last = 400;
    std::atomic<bool> failed = false;
    std::vector<std::thread> threads;
    threads.reserve(5);
    for (int reader = 0; reader < 3; ++reader) {
        threads.emplace_back([&rig, &failed] {
            for (std::uint64_t seen = 0; seen < last && !failed;) {
                const auto cursor = rig.anchored->read(SequenceId(1));
                Record record;
                for (seen = 0; cursor && (*cursor)->next(record).value_or(false); ++seen)
                    if (record.sequence != SequenceId(seen + 1)) failed = true;
                if (!rig.anchored->alive() || seen > rig.anchored->head().sequence.value()) failed = true;
            }
        });
    }
    for (int effect = 0; effect < 2; ++effect) {
        threads.emplace_back([&rig, &failed] {
            while (rig.anchored->head().sequence < SequenceId(last) && !failed)
                if (!rig.anchored->secure_head()) failed = true;
        });
    }
    for (std::uint64_t next = 2; next <= last && !failed; ++next) {
        const auto records = batch(next, 1);
        if (!rig.anchored->append(records, SequenceId(next))) failed = true;
    }
    for (std::thread& thread : threads)
        thread.join();
    CHECK_FALSE(failed);
    CHECK(rig.newest().head == rig.memory->head());
    CHECK(rig.newest(1).head == rig.memory->head());
}
