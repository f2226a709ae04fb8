#include <fstream>
#include <sstream>

#include "events/log/anchors/anchor_file.hpp"
#include "events/log/export/export.hpp"
#include "events/log/export/export_lines.hpp"
#include "events/log/memory_log.hpp"
#include "tests/unit/events/chain_support.hpp"
#include "tests/unit/events/temporary_directory.hpp"

// The worked examples of docs/log-format.md, made again and taken in.

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

const std::string& page() {
    static const std::string text = [] {
        std::ifstream file(IBKR_SOURCE_DIR "/docs/log-format.md");
        return std::string{std::istreambuf_iterator<char>(file), {}};
    }();
    return text;
}

std::string block(const std::string& name) {
    const std::string fence = "```" + name + "\n";
    const std::size_t start = page().find(fence);
    REQUIRE(start != std::string::npos);
    const std::size_t text = start + fence.size();
    return page().substr(text, page().find("```", text) - text);
}

/// Each is on the page, in this order.
void check_shown(const std::vector<std::string>& texts) {
    std::size_t at = 0;
    for (const std::string& text : texts) {
        INFO(text);
        const std::size_t found = page().find(text, at);
        REQUIRE(found != std::string::npos);
        at = found + text.size();
    }
}

const Secret& first_page_secret() {
    static const Secret secret{std::string_view("published test secret of the log format page")};
    return secret;
}
const Secret& second_page_secret() {
    static const Secret secret{std::string_view("second published test secret of the format page")};
    return secret;
}

/// A fact of the example's log, at a time that its sequence gives.
PendingRecord page_record(SequenceId at, std::uint16_t type, Body body) {
    Event event;
    event.sequence_id = at;
    event.event_id = EventId("01900000-0000-7000-8000-" + std::to_string(200'000'000'000ULL + at.value()));
    const std::string minute = std::to_string(100 + at.value()).substr(1);
    event.timestamp = Timestamp::parse("2026-01-05T15:" + minute + ":00.000Z").value();
    event.actor.user_id = "operator";
    event.body = std::move(body);
    return {type, must(encode_event(event))};
}

void put(MemoryLog& log, std::uint16_t type, const std::string& text) {
    const SequenceId at = log.head().sequence.next();
    const std::vector<PendingRecord> records{
        {type, "{" + text + ",\"sequence_id\":" + std::to_string(at.value()) + "}"}};
    REQUIRE(log.append(records, at));
}

/// The log of the first example: two records of epoch 1.
struct FirstLog {
    MemoryLog log{must(LogKeys::parse(block("keys"), first_page_secret()))};
    FirstLog() {
        put(log, 1, R"("event_type":"log_created")");
        put(log, 2, R"("event_type":"policy_loaded","note":"\"quoted\"")");
    }
};

/// Goes on as the page tells: rotated, damaged and resumed.
void continue_log(MemoryLog& log) {
    const LogKeys next = must(log.keys().next_epoch(second_page_secret()));
    const std::string old_key = log.identity().key_id_hex();
    must(log.append_rotation(
        page_record(SequenceId(3), audit_key_retired_type, AuditKeyRetired{next.identity().key_id_hex()}),
        page_record(SequenceId(4), audit_key_activated_type, AuditKeyActivated{old_key}), next));
    for (int i = 5; i <= 9; ++i)
        put(log, 11, R"("event_type":"tool_completed")");
    LogResumed body = resumption(SequenceId(10), {SequenceId(7), read_from(log, 7).front().mac},
                                 {{SequenceId(5), SequenceId(5), stored_mac(log, 5)}});
    body.anchor_mac = stored_mac(log, 9);
    body.reason = "the disk was replaced";
    log.truncate(SequenceId(7));
    must(log.append_resumed(page_record(SequenceId(10), log_resumed_type, body), SequenceId(10)));
    put(log, 11, R"("event_type":"tool_completed")");
}

std::string exported(const MemoryLog& log, const ExportRange& range = {}) {
    std::string text;
    must(write_export(log, log.keys(), range, [&](std::string_view part) -> Result<void> {
        text += part;
        return {};
    }));
    return text;
}

VerifyReport checked(const std::string& text, const KeyRing& ring) {
    std::istringstream stream(text);
    return must(verify_export(stream, ring_from_keys(ring)));
}

std::string key_line(std::uint32_t epoch, const char* what, const std::string& value) {
    return std::string(what) + " (epoch " + std::to_string(epoch) + ")" +
           std::string(what == std::string("key id") ? 5 : 2, ' ') + value;
}

/// What the mac of one record is over, as the page lists it.
void check_message(const Record& record, const LogId& log_id, const Mac& previous) {
    std::string position;
    append_be64(position, record.sequence.value());
    check_shown({"domain   " + hex(bytes_of(std::string_view("ibkr-agent record\0", 18))),
                 "log id   " + hex(log_id), "header   " + hex(bytes_of(encode(record.header))),
                 "sequence " + hex(bytes_of(position)), hex(previous),
                 "SHA-256  " + hex(sha256(record.bytes))});
}

}  // namespace

TEST_CASE("the first worked example of the format page is true", "[export][docs]") {
    const LogKeys keys = must(LogKeys::parse(block("keys"), first_page_secret()));
    CHECK(text_of(keys.account_key().bytes()) == std::string(32, 'A'));
    CHECK(text_of(first_page_secret().bytes()).size() == 44);
    check_shown(
        {"secret of epoch 1 is the 44 ASCII bytes `" + std::string(text_of(first_page_secret().bytes())),
         "`" + keys.identity().log_id_hex() + "`; the account key is 32 times `A`",
         key_line(1, "chain key", hex(keys.chain_key().bytes())),
         key_line(1, "key id", keys.identity().key_id_hex())});

    const FirstLog first_log;
    const MemoryLog& log = first_log.log;
    CHECK(exported(log) == block("export"));
    const VerifyReport report = checked(block("export"), keys.ring());
    CHECK(report.chain_valid);
    CHECK(report.events_scanned == 2);
    const Record first = read_from(log, 1).front();
    CHECK(page().find("the bytes `" + first.bytes + "`") != std::string::npos);
    check_message(first, keys.identity().log_id, {});
}

TEST_CASE("the anchor of the format page is one of its log", "[anchor][docs]") {
    std::string slot;
    std::istringstream lines(block("anchor"));
    for (std::string line; std::getline(lines, line);) {
        std::array<std::uint8_t, 32> bytes{};
        REQUIRE(from_hex(line, bytes));
        slot += text_of(bytes);
    }
    REQUIRE(slot.size() == anchor_slot_bytes);
    const FirstLog first_log;
    const MemoryLog& log = first_log.log;
    const Anchor anchor{log.head(), 1, {4, 389}, SequenceId(1)};
    CHECK(page().find("ends at byte 389 of write-ahead log 4") != std::string::npos);

    const TemporaryDirectory temporary;
    const LogIdentity identity = log.identity();
    must(AnchorFile::create(temporary / "anchors", identity.log_id, anchor, identity.key_id,
                            log.keys().chain_key()));
    const std::string file = must(read_small_file(temporary / "anchors", "anchor file", 10'000));
    CHECK(file == slot + std::string(anchor_slot_stride_bytes - slot.size(), '\0') + slot);
    CHECK(page().find("mode 0600, 4,256 bytes") != std::string::npos);
    CHECK(file.size() == 4'256);
}

TEST_CASE("the second worked example of the format page is true", "[export][docs]") {
    const LogKeys rotating = must(LogKeys::parse(block("keys-rotating"), second_page_secret()));
    CHECK(rotating.rotating());
    CHECK(must(LogKeys::parse(block("keys-rotating"), first_page_secret())).identity().epoch == 1);
    const LogKeys keys = must(LogKeys::parse(block("keys-resumed"), second_page_secret()));
    CHECK_FALSE(keys.rotating());
    CHECK(keys.identity().branch == 2);
    CHECK(keys.resumptions() == std::vector<SequenceId>{SequenceId(10)});
    CHECK(text_of(keys.account_key().bytes()) == std::string(32, 'A'));
    CHECK(text_of(second_page_secret().bytes()).size() == 47);
    check_shown({"whose secret is the 47 ASCII bytes", std::string(text_of(second_page_secret().bytes())),
                 key_line(2, "chain key", hex(keys.chain_key().bytes())),
                 key_line(2, "key id", keys.identity().key_id_hex())});
    const KeyRing ring = must(KeyRing::parse(block("key-ring")));
    CHECK(ring.file_text() == keys.ring().file_text());

    FirstLog first_log;
    MemoryLog& log = first_log.log;
    continue_log(log);
    CHECK(log.keys().ring().file_text() == ring.file_text());
    CHECK(exported(log) == block("export-resumed"));
    CHECK(exported(log, {SequenceId(6), SequenceId(10)}) == block("export-part"));
    const VerifyReport whole = checked(block("export-resumed"), ring);
    CHECK(whole.chain_valid);
    CHECK(whole.events_scanned == 8);
    CHECK(whole.attested_gaps.size() == 2);
    const VerifyReport part = checked(block("export-part"), ring);
    CHECK(part.chain_valid);
    CHECK(part.events_scanned == 3);
    check_message(read_from(log, 10).front(), ring.log_id(), read_from(log, 7).front().mac);
    check_shown({"mac[7]   " + stored_mac(log, 7)});
}

TEST_CASE("what the format page says of keys that are not at hand is true", "[export][docs]") {
    const KeyRing ring = must(KeyRing::parse(block("key-ring")));
    const auto names = ring.names();
    REQUIRE(names.size() == 2);
    const auto alone = [&](const EpochKey& name) {
        KeyRing one(ring.log_id());
        one.add(name, ring.find(name.key_id)->copy());
        return checked(block("export-resumed"), one);
    };
    const std::vector<UnverifiedRange> all{{SequenceId(1), SequenceId(11), names[1].key_id}};
    CHECK(alone(names[0]).not_verified == all);
    const std::vector<UnverifiedRange> before{{SequenceId(1), SequenceId(3), names[0].key_id}};
    CHECK(alone(names[1]).not_verified == before);
    check_shown({"1 to 11 under `" + hex(names[1].key_id) + "`", "records 1 to 3 are not verified"});
}
