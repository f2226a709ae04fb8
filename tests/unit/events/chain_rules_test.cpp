#include "events/log/memory_log.hpp"
#include "tests/unit/events/chain_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

KeyRing without(const KeyRing& ring, std::uint32_t epoch) {
    KeyRing less(ring.log_id());
    for (const EpochKey& name : ring.names())
        if (name.epoch != epoch) less.add(name, ring.find(name.key_id)->copy());
    return less;
}

/// Epochs 1 (records 1 to 6), 2 (7 to 11) and 3 (from 12 on, to 15).
struct RotatedLog {
    MemoryLog log{fixed_keys()};
    RotatedLog() {
        fill(log, 5);
        const LogKeys second = rotate(log, fixed_keys(), second_secret());
        fill(log, 10);
        rotate(log, second, third_secret());
        fill(log, 15);
    }
    [[nodiscard]] const KeyRing& ring() const { return log.keys().ring(); }
};

/// A log written by hand, so that its macs hold whatever its headers say.
class ForgedLog {
public:
    explicit ForgedLog(std::vector<LogKeys> epochs) : epochs_(std::move(epochs)) {}

    void add(std::size_t epoch, std::uint16_t type, std::uint32_t branch = first_branch) {
        ChainMac mac(epochs_[epoch - 1]);
        LogIdentity identity = epochs_[epoch - 1].identity();
        identity.branch = branch;
        records_.push_back(mac.extend(head_, identity, pending(head_.sequence.value() + 1, type)));
    }
    void skip_to(std::uint64_t sequence) { head_.sequence = SequenceId(sequence - 1); }
    [[nodiscard]] const Head& head() const { return head_; }

    /// Verified against all its keys; says where it breaks, or nothing.
    [[nodiscard]] std::optional<SequenceId> first_break(std::vector<AttestedGap> gaps = {}) const {
        ChainVerifier verifier(epochs_.back().ring(), {}, std::move(gaps));
        for (const Record& record : records_)
            if (!verifier.add(record)) break;
        verifier.finish();
        CHECK(verifier.report().chain_valid == !verifier.report().first_break_at_sequence.has_value());
        return verifier.report().first_break_at_sequence;
    }

private:
    std::vector<LogKeys> epochs_;
    std::vector<Record> records_;
    Head head_;
};

ForgedLog forged() {
    std::vector<LogKeys> epochs;
    epochs.push_back(fixed_keys());
    epochs.push_back(must(fixed_keys().next_epoch(second_secret())).settled());
    epochs.push_back(must(epochs[1].next_epoch(third_secret())).settled());
    return ForgedLog(std::move(epochs));
}

constexpr std::uint16_t plain = 7;

}  // namespace

TEST_CASE("a rotated log verifies under all its keys", "[chain]") {
    const RotatedLog rotated;
    const VerifyReport report = verify(rotated.log, rotated.ring());
    CHECK(report.chain_valid);
    CHECK(report.events_scanned == 15);
    CHECK(report.keys_used == rotated.ring().names());
    CHECK(report.not_verified.empty());
    CHECK(report.reason.empty());
}

TEST_CASE("what stands under a missing key is not verified, never valid", "[chain]") {
    const RotatedLog rotated;
    const auto names = rotated.ring().names();
    const std::vector<UnverifiedRange> ranges{{SequenceId(1), SequenceId(6), names[0].key_id},
                                              {SequenceId(7), SequenceId(11), names[1].key_id},
                                              {SequenceId(12), SequenceId(15), names[2].key_id}};
    for (std::uint32_t missing = 1; missing <= 3; ++missing) {
        const VerifyReport report = verify(rotated.log, without(rotated.ring(), missing));
        CHECK_FALSE(report.chain_valid);
        CHECK_FALSE(report.broken());
        CHECK_FALSE(report.first_break_at_sequence);
        CHECK(report.events_scanned == 15);
        CHECK(report.head == rotated.log.head());
        CHECK(report.not_verified == std::vector<UnverifiedRange>{ranges[missing - 1]});
        CHECK(report.keys_used.size() == 2);
        CHECK(report.reason.find(hex(names[missing - 1].key_id)) != std::string::npos);
    }
    const VerifyReport nothing = verify(rotated.log, KeyRing(rotated.ring().log_id()));
    CHECK_FALSE(nothing.chain_valid);
    CHECK(nothing.not_verified == ranges);
    CHECK(nothing.keys_used.empty());
}

TEST_CASE("a break beside unverified records is a break", "[chain]") {
    RotatedLog rotated;
    rotated.log.tamper(SequenceId(14), [](Record& record) { record.bytes[3] ^= 1; });
    const VerifyReport report = verify(rotated.log, without(rotated.ring(), 1));
    CHECK(report.broken());
    CHECK(report.first_break_at_sequence == SequenceId(14));
    CHECK(report.not_verified.size() == 1);
    CHECK(report.events_scanned == 14);
}

TEST_CASE("renaming a record's key does not hide that it was changed", "[chain]") {
    for (std::uint64_t at = 1; at <= 15; ++at) {
        RotatedLog rotated;
        rotated.log.tamper(SequenceId(at), [](Record& record) { record.header.key_id[0] ^= 1; });
        const VerifyReport report = verify(rotated.log, rotated.ring());
        CHECK(report.broken());
        // A record that activates a key may name one that is not at hand; the next record tells.
        const bool activates = at == 7 || at == 12;
        CHECK(report.first_break_at_sequence == SequenceId(activates ? at + 1 : at));
    }
}

TEST_CASE("what a missing key leaves open is still chained", "[chain]") {
    RotatedLog rotated;
    SECTION("a record under the missing key is gone") {
        rotated.log.tamper(SequenceId(9), [](Record& record) { record.sequence = SequenceId(10); });
        CHECK(verify(rotated.log, without(rotated.ring(), 2)).first_break_at_sequence == SequenceId(9));
    }
    SECTION("its last mac was changed") {
        rotated.log.tamper(SequenceId(11), [](Record& record) { record.mac[0] ^= 1; });
        CHECK(verify(rotated.log, without(rotated.ring(), 2)).first_break_at_sequence == SequenceId(12));
    }
    SECTION("it changed branch") {
        rotated.log.tamper(SequenceId(9), [](Record& record) { record.header.branch = 2; });
        CHECK(verify(rotated.log, without(rotated.ring(), 2)).first_break_at_sequence == SequenceId(9));
    }
}

TEST_CASE("a key changes by the two records of a rotation alone", "[chain]") {
    ForgedLog log = forged();
    log.add(1, plain);
    SECTION("as it should") {
        log.add(1, audit_key_retired_type);
        log.add(2, audit_key_activated_type);
        log.add(2, plain);
        CHECK_FALSE(log.first_break());
    }
    SECTION("without either") {
        log.add(2, plain);
        CHECK(log.first_break() == SequenceId(2));
    }
    SECTION("without the first") {
        log.add(2, audit_key_activated_type);
        CHECK(log.first_break() == SequenceId(2));
    }
    SECTION("without the second") {
        log.add(1, audit_key_retired_type);
        log.add(1, plain);
        CHECK(log.first_break() == SequenceId(3));
    }
    SECTION("with something in between") {
        log.add(1, audit_key_retired_type);
        log.add(1, plain);
        log.add(2, audit_key_activated_type);
        CHECK(log.first_break() == SequenceId(3));
    }
    SECTION("left open at the end") {
        log.add(1, audit_key_retired_type);
        CHECK(log.first_break() == SequenceId(3));
    }
    SECTION("to the same key") {
        log.add(1, audit_key_retired_type);
        log.add(1, audit_key_activated_type);
        CHECK(log.first_break() == SequenceId(3));
    }
    SECTION("back to an earlier one") {
        log.add(1, audit_key_retired_type);
        log.add(3, audit_key_activated_type);
        log.add(3, audit_key_retired_type);
        log.add(2, audit_key_activated_type);
        CHECK(log.first_break() == SequenceId(5));
    }
}

TEST_CASE("a log begins with the first epoch and the first branch", "[chain]") {
    ForgedLog log = forged();
    const auto [epoch, type, branch] = GENERATE(table<std::size_t, std::uint16_t, std::uint32_t>(
        {{2, plain, 1}, {1, audit_key_activated_type, 1}, {1, plain, 2}, {1, log_resumed_type, 2}}));
    log.add(epoch, type, branch);
    CHECK(log.first_break() == SequenceId(1));
}

TEST_CASE("a branch changes by a resumption alone, and by one", "[chain]") {
    ForgedLog log = forged();
    log.add(1, plain);
    SECTION("as it should") {
        log.add(1, log_resumed_type, 2);
        log.add(1, plain, 2);
        log.add(1, log_resumed_type, 3);
        CHECK_FALSE(log.first_break());
    }
    SECTION("by another record") {
        log.add(1, plain, 2);
        CHECK(log.first_break() == SequenceId(2));
    }
    SECTION("by two") {
        log.add(1, log_resumed_type, 3);
        CHECK(log.first_break() == SequenceId(2));
    }
    SECTION("not at all") {
        log.add(1, log_resumed_type, 1);
        CHECK(log.first_break() == SequenceId(2));
    }
    SECTION("back") {
        log.add(1, log_resumed_type, 2);
        log.add(1, plain, 1);
        CHECK(log.first_break() == SequenceId(3));
    }
}

TEST_CASE("a gap is passed where it is attested, and nowhere else", "[chain]") {
    ForgedLog log = forged();
    log.add(1, plain);
    const Head before = log.head();
    log.skip_to(10);
    const auto gap = [&](std::uint64_t from, std::uint64_t to, std::uint64_t by = 10) {
        return std::vector<AttestedGap>{{SequenceId(from), SequenceId(to), before.mac, SequenceId(by)}};
    };
    SECTION("as it should") {
        log.add(1, log_resumed_type, 2);
        CHECK_FALSE(log.first_break(gap(2, 9)));
        CHECK(log.first_break() == SequenceId(2));
        CHECK(log.first_break(gap(2, 8)) == SequenceId(9));
        CHECK(log.first_break(gap(3, 9)) == SequenceId(2));
        CHECK(log.first_break(gap(2, 10)) == SequenceId(11));
        auto wrong = gap(2, 9);
        wrong[0].mac[0] ^= 1;
        CHECK(log.first_break(wrong) == SequenceId(10));
    }
    SECTION("but not when its record never comes") {
        log.add(1, log_resumed_type, 2);
        CHECK(log.first_break(gap(2, 9, 11)) == SequenceId(11));
    }
    SECTION("key and branch may have moved on in it") {
        log.add(3, log_resumed_type, 5);
        log.add(3, plain, 5);
        CHECK_FALSE(log.first_break(gap(2, 9)));
    }
    SECTION("a rotation may have been cut in two") {
        log.add(2, audit_key_activated_type, 1);
        log.add(2, log_resumed_type, 2);
        CHECK_FALSE(log.first_break(gap(2, 9, 11)));
    }
    SECTION("a resumption is still a new branch") {
        log.add(1, log_resumed_type, 1);
        CHECK(log.first_break(gap(2, 9)) == SequenceId(10));
    }
}

TEST_CASE("neither key nor branch move back over a gap", "[chain]") {
    ForgedLog log = forged();
    log.add(1, plain);
    log.add(1, log_resumed_type, 2);
    log.add(1, audit_key_retired_type, 2);
    log.add(2, audit_key_activated_type, 2);
    const Head before = log.head();
    log.skip_to(10);
    const auto [epoch, branch] = GENERATE(table<std::size_t, std::uint32_t>({{1, 2}, {2, 1}}));
    log.add(epoch, plain, branch);
    CHECK(log.first_break({{SequenceId(5), SequenceId(9), before.mac, SequenceId(10)}}) == SequenceId(10));
}
