#include "events/log/anchors/anchor_file.hpp"

#include <algorithm>
#include <filesystem>

#include "tests/unit/events/anchor_support.hpp"
#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

/// Keys of the worked example (docs/log-format.md).
LogKeys published_keys() {
    LogId log_id{};
    for (std::size_t i = 0; i < log_id.size(); ++i)
        log_id[i] = static_cast<std::uint8_t>(0xa0 + i);
    const Secret secret(std::string_view("published test secret of the log format page"));
    auto keys = LogKeys::create(secret, log_id, Secret(std::string(32, 'A')));
    REQUIRE(keys);
    return std::move(*keys);
}

/// The published slot: record 2 of the worked example, which ends at byte 389 of WAL 4.
constexpr std::string_view published_slot =
    "01000000000000018d7e62522accb291a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
    "000000000000000203f30d22229828031aa9f9ec1fb118affed38102d1427977"
    "af8d60a354915f5e000000000000000400000000000001850000000000000001"
    "28594e4d50d6fbb2c94b52cf2ee6639553f72d501a4ad0674deb98537d382de6"
    "1357b3046bb41ce1a01bd4751a48c3c318bce51f1376310e78c53dc801d846e2";

constexpr std::size_t file_bytes = anchor_slot_stride_bytes + anchor_slot_bytes;

bool usable(const AnchorReading& reading, std::initializer_list<std::uint64_t> sequences) {
    std::vector<Anchor> expected;
    for (const std::uint64_t sequence : sequences)
        expected.push_back(anchor_at(sequence));
    return reading == AnchorReading{true, std::move(expected), anchor_slots - sequences.size()};
}

}  // namespace

TEST_CASE("an anchor slot is the published one", "[anchor]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = published_keys();
    Anchor anchor;
    anchor.head.sequence = SequenceId(2);
    REQUIRE(from_hex("03f30d22229828031aa9f9ec1fb118affed38102d1427977af8d60a354915f5e", anchor.head.mac));
    anchor.wal = {4, 389};
    anchor.synced_sequence = SequenceId(1);
    (void)made_anchors(temporary / "anchors", keys, anchor);

    const std::string content = content_of(temporary / "anchors");
    REQUIRE(content.size() == file_bytes);
    CHECK(hex(bytes_of(content).first(anchor_slot_bytes)) == published_slot);
    CHECK(hex(bytes_of(content).last(anchor_slot_bytes)) == published_slot);
    const std::string between =
        content.substr(anchor_slot_bytes, anchor_slot_stride_bytes - anchor_slot_bytes);
    CHECK(std::ranges::all_of(between, [](char byte) { return byte == 0; }));
    CHECK(read_anchors(temporary / "anchors", keys.ring()).anchors == std::vector<Anchor>{anchor, anchor});
    struct stat status{};
    REQUIRE(::stat((temporary / "anchors").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
}

TEST_CASE("anchors are written into both slots in turn", "[anchor]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    const std::string path = temporary / "anchors";
    {
        AnchorFile file = made_anchors(path, keys, anchor_at(1));
        CHECK(file.synced_before() == SequenceId(1));
        CHECK(usable(read_anchors(path, keys.ring()), {1, 1}));
        for (std::uint64_t sequence = 2; sequence < 6; ++sequence) {
            REQUIRE(file.write(anchor_at(sequence)));
            CHECK(usable(read_anchors(path, keys.ring()), {sequence, sequence - 1}));
        }
        REQUIRE(file.sync());
    }
    // Whoever opens it later goes on with the older slot, whichever that is.
    for (std::uint64_t sequence = 6; sequence < 9; ++sequence) {
        AnchorFile file = opened_anchors(path, keys);
        CHECK(file.synced_before() == anchor_at(sequence - 1).synced_sequence);
        REQUIRE(file.write(anchor_at(sequence)));
        CHECK(usable(read_anchors(path, keys.ring()), {sequence, sequence - 1}));
    }
    CHECK(content_of(path).size() == file_bytes);
}

TEST_CASE("a damaged slot is written over, never the usable one", "[anchor]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    const std::string path = temporary / "anchors";
    AnchorFile made = made_anchors(path, keys, anchor_at(1));
    REQUIRE(made.write(anchor_at(2)));
    REQUIRE(made.write(anchor_at(3)));
    const std::string whole = content_of(path);
    for (const std::size_t damaged : {std::size_t{0}, anchor_slot_stride_bytes}) {
        std::string content = whole;
        content[damaged + 40] = static_cast<char>(content[damaged + 40] ^ 1);
        write_content(path, content);
        const auto left = read_anchors(path, keys.ring());
        REQUIRE(left.anchors.size() == 1);
        AnchorFile file = opened_anchors(path, keys);
        REQUIRE(file.write(anchor_at(9)));
        const auto repaired = read_anchors(path, keys.ring());
        REQUIRE(repaired.anchors.size() == 2);
        CHECK(repaired.anchors[0] == anchor_at(9));
        CHECK(repaired.anchors[1] == left.anchors[0]);
    }
}

TEST_CASE("an anchor file is read whatever its condition", "[anchor]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    const std::string path = temporary / "anchors";
    CHECK(read_anchors(path, keys.ring()) == AnchorReading{});
    CHECK(read_anchors(path + "/below", keys.ring()) == AnchorReading{});
    AnchorFile made = made_anchors(path, keys, anchor_at(4));
    CHECK(read_anchors(path + "/below", keys.ring()) == AnchorReading{});
    REQUIRE(made.write(anchor_at(5)));
    REQUIRE(made.write(anchor_at(6)));  // slot 0: 5, slot 1: 6, as the first write takes slot 1 or 0
    const std::string whole = content_of(path);
    const auto both = read_anchors(path, keys.ring());
    REQUIRE(usable(both, {6, 5}));

    SECTION("cut anywhere") {
        for (std::size_t bytes = 0; bytes < file_bytes; bytes += bytes < 200 || bytes > 4'080 ? 1 : 97) {
            write_content(path, whole.substr(0, bytes));
            const auto reading = read_anchors(path, keys.ring());
            CAPTURE(bytes);
            CHECK(reading.file_exists);
            CHECK(reading.anchors.size() == (bytes >= anchor_slot_bytes ? 1 : 0));
            CHECK(reading.unusable_slots == anchor_slots - reading.anchors.size());
        }
    }
    SECTION("any byte changed") {
        for (std::size_t at = 0; at < file_bytes; ++at) {
            const bool in_a_slot = at % anchor_slot_stride_bytes < anchor_slot_bytes;
            if (!in_a_slot && at % 97 != 0) continue;
            std::string content = whole;
            content[at] = static_cast<char>(content[at] ^ 0x10);
            write_content(path, content);
            const auto reading = read_anchors(path, keys.ring());
            CAPTURE(at);
            CHECK(reading.anchors.size() == (in_a_slot ? 1 : 2));
            CHECK(std::ranges::all_of(reading.anchors, [&](const Anchor& anchor) {
                return std::ranges::find(both.anchors, anchor) != both.anchors.end();
            }));
        }
    }
    SECTION("both slots changed, or more behind them") {
        std::string content = whole;
        content[0] = content[anchor_slot_stride_bytes] = 2;
        write_content(path, content);
        CHECK(read_anchors(path, keys.ring()) == AnchorReading{true, {}, 2});
        write_content(path, whole + "more");
        CHECK(read_anchors(path, keys.ring()) == both);
    }
    SECTION("something else in its place") {
        std::filesystem::remove(path);
        std::filesystem::create_directory(path);
        CHECK(read_anchors(path, keys.ring()) == AnchorReading{true, {}, 2});
        CHECK(AnchorFile::open(path, keys.ring(), keys.identity().key_id, keys.chain_key()).error().code ==
              ErrorCode::config_invalid);
        std::filesystem::remove(path);
        std::filesystem::create_symlink("elsewhere", path);
        CHECK(read_anchors(path, keys.ring()) == AnchorReading{true, {}, 2});
        std::filesystem::remove(path);
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        CHECK(read_anchors(path, keys.ring()) == AnchorReading{true, {}, 2});
    }
}

TEST_CASE("an anchor counts only for its log and under a key at hand", "[anchor]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    const LogIdentity& identity = keys.identity();
    const std::string path = temporary / "anchors";
    AnchorFile file = made_anchors(path, keys, anchor_at(1));

    KeyRing other_log(published_keys().identity().log_id);
    other_log.add({identity.epoch, identity.key_id}, keys.chain_key().copy());
    CHECK(read_anchors(path, other_log) == AnchorReading{true, {}, 2, 2});
    CHECK(read_anchors(path, KeyRing(identity.log_id)) == AnchorReading{true, {}, 2});
    KeyRing wrong_key(identity.log_id);
    wrong_key.add({identity.epoch, identity.key_id}, Secret(std::string(32, 'w')));
    CHECK(read_anchors(path, wrong_key) == AnchorReading{true, {}, 2});

    // Another key from here on: each slot is read under its own.
    const Secret next_key(std::string(32, 'n'));
    const KeyId next_id{1, 2, 3, 4, 5, 6, 7, 8};
    KeyRing both = keys.ring().copy();
    both.add({identity.epoch + 1, next_id}, next_key.copy());
    file.change_key(next_id, next_key);
    REQUIRE(file.write(anchor_at(2)));
    CHECK(usable(read_anchors(path, both), {2, 1}));
    CHECK(usable(read_anchors(path, keys.ring()), {1}));
    KeyRing next_only(identity.log_id);
    next_only.add({identity.epoch + 1, next_id}, next_key.copy());
    CHECK(usable(read_anchors(path, next_only), {2}));
}

TEST_CASE("a right checksum does not make a forged anchor", "[anchor]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    const std::string path = temporary / "anchors";
    (void)made_anchors(path, keys, anchor_at(9));
    std::string content = content_of(path);
    constexpr std::size_t sequence_at = 39, checksum_at = 96;
    REQUIRE(content[sequence_at] == 9);
    content[sequence_at] = 8;
    const Digest checksum = sha256(std::string_view(content).substr(0, checksum_at));
    std::ranges::copy(checksum, content.begin() + checksum_at);
    write_content(path, content);
    CHECK(usable(read_anchors(path, keys.ring()), {9}));
}

TEST_CASE("a new anchor file takes the place of what stands there", "[anchor]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    const std::string path = temporary / "anchors";
    write_content(path, std::string(10'000, 'x'));
    (void)made_anchors(path, keys, anchor_at(3));
    CHECK(usable(read_anchors(path, keys.ring()), {3, 3}));
    CHECK(content_of(path).size() == file_bytes);
    CHECK(std::distance(std::filesystem::directory_iterator(temporary.path()), {}) == 1);
    CHECK_FALSE(AnchorFile::create(temporary / "missing/anchors", keys.identity().log_id, anchor_at(1),
                                   keys.identity().key_id, keys.chain_key()));
}

TEST_CASE("a refused write or sync of an anchor is an error without a path", "[anchor]") {
    const TemporaryDirectory temporary;
    const LogKeys keys = fixed_keys();
    const std::string path = temporary / "anchors";
    const auto check = [&](const Result<void>& result) {
        REQUIRE_FALSE(result);
        CHECK(result.error().code == ErrorCode::audit_write_failed);
        CHECK(result.error().message.find(temporary.path()) == std::string::npos);
        CHECK_FALSE(result.error().user_action.empty());
    };
    AnchorFile full = made_anchors(path, keys, anchor_at(1));
    break_file(path, "/dev/full");
    check(full.write(anchor_at(2)));
    AnchorFile unsyncable = opened_anchors(path, keys);
    break_file(path, "/dev/null");
    REQUIRE(unsyncable.write(anchor_at(2)));
    check(unsyncable.sync());
    const auto missing =
        AnchorFile::open(temporary / "none", keys.ring(), keys.identity().key_id, keys.chain_key());
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ErrorCode::audit_write_failed);
}
