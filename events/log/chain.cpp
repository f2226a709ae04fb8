#include "events/log/chain.hpp"

#include <nlohmann/json.hpp>

namespace ibkr::events {
namespace {

// The closing zero byte keeps the domains apart from each other whatever follows.
constexpr std::string_view record_domain{"ibkr-agent record\0", 18};
constexpr std::uint64_t progress_interval_records = 4'096;

}  // namespace

ChainMac::ChainMac(const LogId& log_id, const Secret& chain_key)
    : log_id_(log_id), hmac_(chain_key.bytes()) {}

Mac ChainMac::mac(SequenceId sequence, const RecordHeader& header, const Mac& previous,
                  std::string_view bytes) {
    std::string number;
    append_be64(number, sequence.value());
    const Digest content = sha256(bytes);
    return hmac_.mac(
        {record_domain, text_of(log_id_), encode(header), number, text_of(previous), text_of(content)});
}

Record ChainMac::extend(Head& head, const LogIdentity& identity, const PendingRecord& pending) {
    Record record;
    record.sequence = head.sequence.next();
    record.header = {record_format, pending.type_number, identity.branch, identity.key_id};
    record.bytes = pending.bytes;
    record.mac = mac(record.sequence, record.header, head.mac, record.bytes);
    head = {record.sequence, record.mac};
    return record;
}

ChainVerifier::ChainVerifier(const LogKeys& keys, Head start)
    : ChainVerifier(keys.identity(), keys.chain_key(), start) {}

ChainVerifier::ChainVerifier(const LogIdentity& identity, const Secret& chain_key, Head start)
    : identity_(identity), mac_(identity.log_id, chain_key) {
    report_.head = start;
}

bool ChainVerifier::add(const Record& record) {
    if (!report_.chain_valid) return false;
    const SequenceId expected = report_.head.sequence.next();
    if (record.sequence != expected)
        break_at_next("record " + std::to_string(expected.value()) + " is missing");
    else if (record.header.key_id != identity_.key_id)
        break_at_next("it names key " + hex(record.header.key_id), record.bytes);
    else if (record.header.branch != identity_.branch)
        break_at_next("it names branch " + std::to_string(record.header.branch), record.bytes);
    else if (record.bytes.empty() || record.bytes.size() > record_bytes_max)
        break_at_next("its length is not allowed", record.bytes);
    else if (!equal_in_constant_time(
                 record.mac, mac_.mac(record.sequence, record.header, report_.head.mac, record.bytes)))
        break_at_next("its mac does not fit its content and its predecessor", record.bytes);
    else {
        ++report_.events_scanned;
        report_.head = {record.sequence, record.mac};
    }
    return report_.chain_valid;
}

void ChainVerifier::break_at_next(std::string reason, std::string_view bytes) {
    if (!report_.chain_valid) return;
    ++report_.events_scanned;
    report_.chain_valid = false;
    report_.first_break_at_sequence = report_.head.sequence.next();
    report_.first_break_event_id = event_id_in(bytes);
    report_.reason = std::move(reason);
}

Result<VerifyReport> verify_chain(const LogReader& log, const LogKeys& keys, const Progress& progress) {
    ChainVerifier verifier(keys);
    auto cursor = log.read(SequenceId(1));
    if (!cursor) return failure(cursor.error());
    Record record;
    while (verifier.report().chain_valid) {
        auto more = (*cursor)->next(record);
        if (!more && more.error().code != ErrorCode::audit_chain_invalid) return failure(more.error());
        if (!more) {
            verifier.break_at_next(more.error().message);
            break;
        }
        if (!*more) break;
        if (!verifier.add(record)) break;
        if (progress && verifier.report().events_scanned % progress_interval_records == 0)
            progress(verifier.report().events_scanned);
    }
    return verifier.report();
}

std::string event_id_in(std::string_view bytes) {
    const auto json = nlohmann::json::parse(bytes, nullptr, false);
    if (!json.is_object()) return {};
    const auto id = json.find("event_id");
    if (id == json.end() || !id->is_string() || !is_uuid(id->get_ref<const std::string&>())) return {};
    return id->get<std::string>();
}

}  // namespace ibkr::events
