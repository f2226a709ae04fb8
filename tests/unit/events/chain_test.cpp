#include "events/log/chain/chain.hpp"

#include "events/crypto/hkdf.hpp"
#include "events/log/memory_log.hpp"
#include "tests/unit/events/chain_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

VerifyReport verified(const MemoryLog& log) {
    return verify(log, log.keys().ring());
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
    ChainVerifier verifier(log.keys().ring(), Head{records[2].sequence, records[2].mac});
    CHECK(verifier.add(records[3]));
    CHECK_FALSE(verifier.add(records[3]));
    CHECK_FALSE(verifier.add(records[4]));
    CHECK(verifier.report().first_break_at_sequence == SequenceId(5));
}
