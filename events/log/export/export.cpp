#include "events/log/export/export.hpp"

#include <algorithm>
#include <cassert>

#include "events/log/chain/predecessor.hpp"
#include "events/log/chain/resumption.hpp"
#include "events/log/export/export_lines.hpp"
#include "events/redaction/redaction.hpp"

namespace ibkr::events {
namespace {

constexpr std::uint64_t progress_interval_records = 1'024;

tl::unexpected<Error> bad_range(std::string message) {
    return failure(ErrorCode::config_invalid, std::move(message),
                   "Name a range of records that the log holds; audit tail shows the newest.");
}

std::string number(SequenceId sequence) {
    return std::to_string(sequence.value());
}

/// Calls `each` with every record of the range and its line.
template <class Each>
Result<void> for_each_line(const LogReader& log, const ExportDescription& range, Each each) {
    auto cursor = log.read(range.from);
    if (!cursor) return failure(cursor.error());
    Record record;
    for (SequenceId at = record_at_or_after(range.gaps, range.from); at <= range.to;
         at = record_at_or_after(range.gaps, at.next())) {
        auto more = (*cursor)->next(record);
        if (!more) return failure(more.error());
        if (!*more || record.sequence != at)
            return failure(ErrorCode::audit_chain_invalid, "record " + number(at) + " is missing");
        auto line = render_record(record);
        if (!line)
            return failure(ErrorCode::audit_chain_invalid, "record " + number(at) + " is not canonical JSON");
        if (Result<void> done = each(record, *line); !done) return done;
    }
    return {};
}

/// The range that is meant, less the parts of attested gaps that it would cut through, so that it ends with a
/// record.
Result<ExportDescription> range_of(const LogReader& log, const LogKeys& keys, const ExportRange& range) {
    const Head head = log.head();
    ExportDescription description;
    description.log_id = keys.identity().log_id;
    description.from = range.from;
    description.to = range.to.value_or(head.sequence);
    description.head = head;
    if (head.sequence == SequenceId()) return bad_range("the log is empty");
    if (range.from == SequenceId()) return bad_range("records are numbered from 1");
    if (description.to > head.sequence || description.from > head.sequence)
        return bad_range("the log ends at record " + number(head.sequence));
    if (description.from > description.to) return bad_range("the range ends before it begins");
    const std::vector<AttestedGap> gaps = log.gaps();
    const AttestedGap* const first = gap_at(gaps, description.from);
    const AttestedGap* const last = gap_at(gaps, description.to);
    if (first != nullptr && first->from < description.from) description.from = first->to.next();
    if (last != nullptr) description.to = SequenceId(last->from.value() - 1);
    if (description.from > description.to) {
        const AttestedGap* const around = first != nullptr ? first : last;
        assert(around != nullptr);
        return bad_range("the range lies within a gap that record " + number(around->attested_by) +
                         " attests");
    }
    std::ranges::copy_if(gaps, std::back_inserter(description.gaps), [&](const AttestedGap& gap) {
        return description.from <= gap.from && gap.to < description.to;
    });
    return description;
}

/// Reads the range once: says under which keys and on which branches it stands, and that it may leave.
Result<void> look_through(const LogReader& log, ExportDescription& description) {
    return for_each_line(
        log, description, [&](const Record& record, const std::string& line) -> Result<void> {
            if (has_export_marker(line))
                return failure(ErrorCode::output_unsafe,
                               "record " + number(record.sequence) + " holds secret-like text");
            return note_header(record.header, description.key_ids, description.branches)
                       ? Result<void>{}
                       : failure(ErrorCode::audit_chain_invalid,
                                 "record " + number(record.sequence) +
                                     " names a key or a branch that ended before it");
        });
}

}  // namespace

Result<ExportDescription> write_export(const LogReader& log, const LogKeys& keys, const ExportRange& range,
                                       const ExportSink& sink, const Progress& progress) {
    auto description = range_of(log, keys, range);
    if (!description) return failure(description.error());
    const auto before = predecessor_of(log, description->from);
    if (!before) return failure(before.error());
    description->previous_mac = before->head.mac;
    if (auto safe = look_through(log, *description); !safe) return failure(safe.error());
    const KeyId& newest = description->key_ids.back();
    const Secret* const key = keys.ring().find(newest);
    if (key == nullptr)
        return failure(ErrorCode::log_key_mismatch, "the export would end under key " + hex(newest) +
                                                        ", which is not among the log's keys");
    const std::string first_line = render_description(*description);
    if (first_line.size() > export_line_bytes_max)
        return bad_range("the range holds too many gaps for one export; export it in parts");

    Sha256Stream content;
    const auto put = [&](std::string line) {
        assert(line.size() <= export_line_bytes_max);
        line.push_back('\n');
        content.update(line);
        return sink(line);
    };
    if (auto sent = put(first_line); !sent) return failure(sent.error());
    std::uint64_t done = 0;
    auto sent = for_each_line(log, *description, [&](const Record&, std::string& line) {
        if (progress && ++done % progress_interval_records == 0) progress(done);
        return put(std::move(line));
    });
    if (!sent) return failure(sent.error());
    if (auto last = sink(render_export_mac(export_mac(*key, content.digest()), newest) + "\n"); !last)
        return failure(last.error());
    return description;
}

}  // namespace ibkr::events
