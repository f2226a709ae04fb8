#include "events/log/chain.hpp"

#include "events/crypto/hkdf.hpp"
#include "events/log/memory_log.hpp"
#include "tests/unit/events/log_conformance.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

VerifyReport verified(const MemoryLog& log) {
    auto report = verify_chain(log, log.keys());
    REQUIRE(report);
    return *report;
}

}  // namespace

TEST_CASE("a record header is sixteen bytes, big-endian", "[chain]") {
    const RecordHeader header{1, 0x0102, 0x03040506, {1, 2, 3, 4, 5, 6, 7, 8}};
    CHECK(hex(bytes_of(encode(header))) == "01000102030405060102030405060708");
    CHECK(decode_header(encode(header)) == header);
    CHECK_FALSE(decode_header(encode(header).substr(1)));
    CHECK_FALSE(decode_header(std::string("\x02", 1) + encode(header).substr(1)));
    CHECK_FALSE(decode_header(std::string("\x01\x01", 2) + encode(header).substr(2)));
}

TEST_CASE("a mac is the documented function of its parts", "[chain]") {
    const LogKeys keys = fixed_keys();
    const Secret chain_key = hkdf_sha256(audit_secret().bytes(), text_of(keys.identity().log_id),
                                         std::string("ibkr-agent chain key\0\0\0\1", 24));
    CHECK(equal_in_constant_time(chain_key.bytes(), keys.chain_key().bytes()));

    MemoryLog log(fixed_keys());
    fill(log, 2);
    const auto records = read_from(log, 1);
    std::string message("ibkr-agent record\0", 18);
    message += text_of(keys.identity().log_id);
    message += encode(records[1].header);
    append_be64(message, 2);
    message += text_of(records[0].mac);
    message += text_of(sha256(records[1].bytes));
    CHECK(hmac_sha256(chain_key.bytes(), {message}) == records[1].mac);
}

TEST_CASE("every change of a record breaks the chain at it", "[chain]") {
    const auto change = GENERATE(
        as<void (*)(Record&)>{}, [](Record& record) { record.bytes[3] ^= 1; },
        [](Record& record) { record.bytes.pop_back(); }, [](Record& record) { record.bytes.push_back(' '); },
        [](Record& record) { record.bytes.clear(); }, [](Record& record) { record.mac[31] ^= 1; },
        [](Record& record) { record.header.type_number ^= 1; },
        [](Record& record) { record.header.branch ^= 1; },
        [](Record& record) { record.header.key_id[0] ^= 1; },
        [](Record& record) { record.sequence = SequenceId(9); });
    for (const std::uint64_t at : {1U, 5U, 10U}) {
        MemoryLog log(fixed_keys());
        fill(log, 10);
        log.tamper(SequenceId(at), change);
        const VerifyReport report = verified(log);
        CHECK_FALSE(report.chain_valid);
        CHECK(report.first_break_at_sequence == SequenceId(at));
        CHECK(report.events_scanned == at);
        CHECK(report.head.sequence == SequenceId(at - 1));
        CHECK_FALSE(report.reason.empty());
    }
}

TEST_CASE("a break names the event it can still read", "[chain]") {
    MemoryLog log(fixed_keys());
    fill(log, 3);
    log.tamper(SequenceId(2), [](Record& record) { record.mac[0] ^= 1; });
    CHECK(verified(log).first_break_event_id == "01900000-0000-7000-8000-100000000002");
    log.tamper(SequenceId(2), [](Record& record) { record.bytes = "{\"event_id\":\"not one\"}"; });
    CHECK(verified(log).first_break_event_id.empty());
    CHECK(event_id_in("\xff{").empty());
    CHECK(event_id_in("[1]").empty());
}

TEST_CASE("swapped records break the chain", "[chain]") {
    MemoryLog log(fixed_keys());
    fill(log, 5);
    const auto records = read_from(log, 1);
    log.tamper(SequenceId(2), [&](Record& record) { record = records[2]; });
    log.tamper(SequenceId(3), [&](Record& record) { record = records[1]; });
    CHECK(verified(log).first_break_at_sequence == SequenceId(2));
}

TEST_CASE("a verifier goes on from a trusted head", "[chain]") {
    MemoryLog log(fixed_keys());
    fill(log, 5);
    const auto records = read_from(log, 1);
    ChainVerifier verifier(log.keys(), Head{records[2].sequence, records[2].mac});
    CHECK(verifier.add(records[3]));
    CHECK_FALSE(verifier.add(records[3]));
    CHECK_FALSE(verifier.add(records[4]));
    CHECK(verifier.report().first_break_at_sequence == SequenceId(5));
}

TEST_CASE("verification tells how far it is", "[chain]") {
    MemoryLog log(fixed_keys());
    REQUIRE(log.append(batch(1, 4'096), SequenceId(1)));
    std::uint64_t told = 0;
    CHECK(verify_chain(log, log.keys(), [&](std::uint64_t scanned) { told = scanned; })->chain_valid);
    CHECK(told == 4'096);
}

TEST_CASE("keys come back from their file only under their secret", "[keys]") {
    const auto keys = LogKeys::create(audit_secret());
    const auto others = LogKeys::create(audit_secret());
    REQUIRE((keys && others));
    CHECK(keys->identity().log_id != others->identity().log_id);

    const std::string text = keys->file_text();
    const auto read = LogKeys::parse(text, audit_secret());
    REQUIRE(read);
    CHECK(read->identity() == keys->identity());
    CHECK(equal_in_constant_time(read->account_key().bytes(), keys->account_key().bytes()));
    CHECK(equal_in_constant_time(read->chain_key().bytes(), keys->chain_key().bytes()));
    CHECK(read->file_text() == text);

    const Secret wrong{std::string_view("another secret that is long enough, too")};
    const auto refused = LogKeys::parse(text, wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::log_key_mismatch);
    const KeyId supplied = derive_key_id(wrong, keys->identity().log_id, 1);
    CHECK(refused.error().message.find(keys->identity().key_id_hex()) != std::string::npos);
    CHECK(refused.error().message.find(hex(supplied)) != std::string::npos);
}

TEST_CASE("a damaged keys file is never read as another one", "[keys]") {
    const std::string text = fixed_keys().file_text();
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string damaged = text;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        CHECK_FALSE(LogKeys::parse(damaged, audit_secret()));
        CHECK_FALSE(LogKeys::parse(text.substr(0, i), audit_secret()));
    }
    CHECK_FALSE(LogKeys::parse(text + " ", audit_secret()));
    CHECK_FALSE(LogKeys::parse(std::string(keys_file_bytes_max + 1, ' '), audit_secret()));

    std::string newer = text;
    newer.replace(newer.find("\"format\":1"), 10, "\"format\":2");
    CHECK(LogKeys::parse(newer, audit_secret()).error().code == ErrorCode::log_version_unsupported);
}

TEST_CASE("a short audit secret is refused", "[keys]") {
    CHECK(LogKeys::create(Secret{std::string(31, 's')}).error().code == ErrorCode::config_invalid);
    CHECK(LogKeys::create(Secret{std::string(32, 's')}));
}
