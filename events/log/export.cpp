#include "events/log/export.hpp"

#include "events/log/export_lines.hpp"
#include "events/redaction/redaction.hpp"

namespace ibkr::events {
namespace {

constexpr std::uint64_t progress_interval_records = 1'024;

tl::unexpected<Error> bad_range(std::string message) {
    return failure(ErrorCode::config_invalid, std::move(message),
                   "Name a range of records that the log holds; audit tail shows the newest.");
}

/// Calls `each` with every record line of the range.
template <class Each>
Result<void> for_each_line(const LogReader& log, const ExportDescription& range, Each each) {
    auto cursor = log.read(range.from);
    if (!cursor) return failure(cursor.error());
    Record record;
    for (SequenceId at = range.from; at <= range.to; at = at.next()) {
        auto more = (*cursor)->next(record);
        if (!more) return failure(more.error());
        if (!*more || record.header.key_id != range.key_id || record.header.branch != range.branch)
            return failure(ErrorCode::audit_chain_invalid,
                           "record " + std::to_string(at.value()) + " is missing or of another key");
        auto line = render_record(record);
        if (!line)
            return failure(ErrorCode::audit_chain_invalid,
                           "record " + std::to_string(at.value()) + " is not canonical JSON");
        if (Result<void> done = each(at, *line); !done) return done;
    }
    return {};
}

Result<ExportDescription> describe_range(const LogReader& log, const LogKeys& keys,
                                         const ExportRange& range) {
    const Head head = log.head();
    const LogIdentity& identity = keys.identity();
    ExportDescription description{identity.log_id,
                                  identity.key_id,
                                  identity.branch,
                                  range.from,
                                  range.to.value_or(head.sequence),
                                  {},
                                  head};
    if (head.sequence == SequenceId()) return bad_range("the log is empty");
    if (range.from == SequenceId()) return bad_range("records are numbered from 1");
    if (description.to > head.sequence || description.from > head.sequence)
        return bad_range("the log ends at record " + std::to_string(head.sequence.value()));
    if (description.from > description.to) return bad_range("the range ends before it begins");
    if (range.from == SequenceId(1)) return description;
    auto cursor = log.read(SequenceId(range.from.value() - 1));
    if (!cursor) return failure(cursor.error());
    Record before;
    auto more = (*cursor)->next(before);
    if (!more) return failure(more.error());
    description.previous_mac = before.mac;
    return description;
}

}  // namespace

Result<ExportDescription> write_export(const LogReader& log, const LogKeys& keys, const ExportRange& range,
                                       const ExportSink& sink, const Progress& progress) {
    auto description = describe_range(log, keys, range);
    if (!description) return failure(description.error());
    auto safe = for_each_line(log, *description, [](SequenceId at, const std::string& line) -> Result<void> {
        if (!has_export_marker(line)) return {};
        return failure(ErrorCode::output_unsafe,
                       "record " + std::to_string(at.value()) + " holds secret-like text");
    });
    if (!safe) return failure(safe.error());

    Sha256Stream content;
    const auto put = [&](std::string line) {
        line.push_back('\n');
        content.update(line);
        return sink(line);
    };
    if (auto sent = put(render_description(*description)); !sent) return failure(sent.error());
    auto sent = for_each_line(log, *description, [&](SequenceId at, std::string& line) {
        const std::uint64_t done = at.value() - description->from.value() + 1;
        if (progress && done % progress_interval_records == 0) progress(done);
        return put(std::move(line));
    });
    if (!sent) return failure(sent.error());
    const Digest mac = export_mac(keys.chain_key(), content.digest());
    if (auto last = sink(render_export_mac(mac, description->key_id) + "\n"); !last)
        return failure(last.error());
    return description;
}

ChainKeyLookup chain_key_from_secret(const Secret& secret) {
    return [&secret](const LogId& log_id, const KeyId& key_id) -> Result<Secret> {
        const KeyId supplied = derive_key_id(secret, log_id, first_epoch);
        if (supplied == key_id) return derive_chain_key(secret, log_id, first_epoch);
        return failure(ErrorCode::log_key_mismatch, "the export was written under key " + hex(key_id) +
                                                        ", the supplied secret gives key " + hex(supplied));
    };
}

ChainKeyLookup chain_key_from_keys(const LogKeys& keys) {
    return [&keys](const LogId& log_id, const KeyId& key_id) -> Result<Secret> {
        const LogIdentity& ours = keys.identity();
        if (ours.log_id == log_id && ours.key_id == key_id) return keys.chain_key().copy();
        return failure(ErrorCode::log_key_mismatch, "the export is of log " + hex(log_id) + " under key " +
                                                        hex(key_id) + ", not of log " + ours.log_id_hex() +
                                                        " under key " + ours.key_id_hex());
    };
}

}  // namespace ibkr::events
