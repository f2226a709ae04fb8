#include <algorithm>
#include <istream>

#include "events/log/export/export.hpp"
#include "events/log/export/export_lines.hpp"

namespace ibkr::events {
namespace {

constexpr std::uint64_t progress_interval_records = 1'024;

/// Lines of limited length; the last one must end with a newline, too.
class LineReader {
public:
    explicit LineReader(std::istream& stream) : stream_(stream) {}

    /// False at the end, or when what is left is no line.
    bool next(std::string& line) {
        line.clear();
        while (true) {
            const std::string_view waiting = std::string_view(buffer_).substr(used_);
            const std::size_t length = waiting.find('\n');
            const std::size_t part = length == std::string_view::npos ? waiting.size() : length;
            if (line.size() + part > export_line_bytes_max) return false;
            line.append(waiting.substr(0, part));
            used_ += part;
            if (length != std::string_view::npos) {
                ++used_;
                return true;
            }
            if (!refill()) return false;
        }
    }

    /// True when nothing at all is left.
    bool at_end() { return used_ == buffer_.size() && !refill(); }

private:
    static constexpr std::size_t buffer_bytes = 65'536;

    bool refill() {
        buffer_.resize(buffer_bytes);
        stream_.read(buffer_.data(), static_cast<std::streamsize>(buffer_bytes));
        buffer_.resize(static_cast<std::size_t>(stream_.gcount()));
        used_ = 0;
        return !buffer_.empty();
    }

    std::istream& stream_;
    std::string buffer_;
    std::size_t used_ = 0;
};

Head head_before(const ExportDescription& description) {
    return {SequenceId(description.from.value() - 1), description.previous_mac};
}

std::string number(SequenceId sequence) {
    return std::to_string(sequence.value());
}

}  // namespace

struct ExportReader::State {
    State(LineReader line_reader, const ExportDescription& first_line, KeyRing keys)
        : lines(std::move(line_reader)),
          description(first_line),
          ring(std::move(keys)),
          last_key(ring.find(first_line.key_ids.back())),
          verifier(ring, head_before(first_line), first_line.gaps) {}

    LineReader lines;
    ExportDescription description;
    KeyRing ring;
    const Secret* last_key;  ///< of the last line; nullptr: not at hand, so nothing of the export is verified
    ChainVerifier verifier;
    Sha256Stream content;
    std::string line;
    std::vector<KeyId> key_ids;           ///< of the records so far
    std::vector<std::uint32_t> branches;  ///< likewise
    std::string file_break;               ///< what is wrong with the file though every record stands
    bool ended = false;
    VerifyReport report;  ///< for `current_report`

    [[nodiscard]] bool broken() const { return verifier.report().broken() || !file_break.empty(); }
    [[nodiscard]] bool records_left() const { return verifier.report().head.sequence < description.to; }

    [[nodiscard]] const VerifyReport& current_report() {
        report = verifier.report();
        if (!file_break.empty()) {
            report.chain_valid = false;
            report.reason = file_break;
            report.not_verified.clear();
        } else if (last_key == nullptr && !report.broken()) {
            const KeyId& newest = description.key_ids.back();
            report.chain_valid = false;
            report.reason = "the last line is under key " + hex(newest) +
                            ", which is not at hand, so nothing in the export is verified";
            report.keys_used.clear();
            report.not_verified = {{description.from, description.to, newest}};
        }
        return report;
    }

    void take_line() {
        content.update(line);
        content.update("\n");
    }

    /// True when the record stands in the chain, verified or not.
    bool read_record(Record& record) {
        const SequenceId next = record_at_or_after(description.gaps, verifier.report().head.sequence.next());
        if (!lines.next(line))
            verifier.break_at_next("record " + number(next) + " is missing");
        else if (!parse_record(line, record))
            verifier.break_at_next("its line is not that of a record in the canonical form");
        else if (!fits_description(record))
            verifier.break_at_next("the first line says something else of its key, its branch or its gap",
                                   record.sequence == next ? record.bytes : "");
        else if (verifier.add(record))
            take_line();
        return !broken();
    }

    [[nodiscard]] bool fits_description(const Record& record) {
        if (!note_header(record.header, key_ids, branches)) return false;
        const auto attests = [&](const AttestedGap& gap) { return gap.attested_by == record.sequence; };
        return record.header.type_number == log_resumed_type ||
               std::ranges::none_of(description.gaps, attests);
    }

    void read_last_line() {
        // The log itself ends with a record that leaves nothing open; a part of it may.
        if (description.to == description.head.sequence) verifier.finish();
        ended = true;
        if (!verifier.report().broken()) file_break = why_last_line_breaks();
    }

    std::string why_last_line_breaks() {
        const Head& last = verifier.report().head;
        const KeyId& newest = description.key_ids.back();
        if (last.sequence == description.head.sequence && last.mac != description.head.mac)
            return "the head in the first line is not the last record";
        if (key_ids != description.key_ids || branches != description.branches)
            return "the first line names other keys or branches than the records";
        if (!lines.next(line)) return "the last line is missing";
        const bool fits = last_key == nullptr
                              ? is_export_mac(line, newest)
                              : line == render_export_mac(export_mac(*last_key, content.digest()), newest);
        if (!fits) return "the last line does not fit the export";
        if (!lines.at_end()) return "something follows the last line";
        return {};
    }
};

ExportReader::ExportReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ExportReader::~ExportReader() = default;

Result<std::unique_ptr<ExportReader>> ExportReader::open(std::istream& stream, const KeyRingLookup& keys) {
    LineReader lines(stream);
    std::string first_line;
    if (!lines.next(first_line))
        return failure(ErrorCode::audit_chain_invalid, "the file holds no first line of an export",
                       std::string(broken_export_action));
    auto description = parse_description(first_line);
    if (!description) return failure(description.error());
    auto ring = keys(description->log_id, description->key_ids);
    if (!ring) return failure(ring.error());
    auto state = std::make_unique<State>(std::move(lines), *description, std::move(*ring));
    state->line = std::move(first_line);
    state->take_line();
    return std::make_unique<ExportReader>(std::move(state));
}

Result<bool> ExportReader::next(Record& record) {
    State& state = *state_;
    const auto not_verified = [&](const KeyId& key_id) {
        return failure(ErrorCode::log_key_mismatch,
                       "the export is under key " + hex(key_id) + " as well, which was not supplied");
    };
    if (state.last_key == nullptr) return not_verified(state.description.key_ids.back());
    const bool more = state.records_left();
    const VerifyReport& report = state.verifier.report();
    if (!state.broken() && report.chain_valid && !state.ended) {
        if (more)
            (void)state.read_record(record);
        else
            state.read_last_line();
    }
    if (!state.broken()) {
        if (report.not_verified.empty()) return more;
        return not_verified(report.not_verified.front().key_id);
    }
    std::string where = "the export does not verify";
    if (report.first_break_at_sequence) where += " at record " + number(*report.first_break_at_sequence);
    return failure(ErrorCode::audit_chain_invalid, where + ": " + state.current_report().reason,
                   std::string(broken_export_action));
}

const ExportDescription& ExportReader::description() const noexcept {
    return state_->description;
}
const VerifyReport& ExportReader::report() const noexcept {
    return state_->current_report();
}

const VerifyReport& ExportReader::read_to_end(const Progress& progress) {
    State& state = *state_;
    Record record;
    while (state.records_left() && state.read_record(record)) {
        const std::uint64_t scanned = state.verifier.report().events_scanned;
        if (progress && scanned % progress_interval_records == 0) progress(scanned);
    }
    if (!state.broken() && !state.ended) state.read_last_line();
    return state.current_report();
}

Result<VerifyReport> verify_export(std::istream& stream, const KeyRingLookup& keys,
                                   const Progress& progress) {
    auto reader = ExportReader::open(stream, keys);
    if (!reader && reader.error().code == ErrorCode::audit_chain_invalid) {
        VerifyReport report;
        report.chain_valid = false;
        report.reason = reader.error().message;
        return report;
    }
    if (!reader) return failure(reader.error());
    return (*reader)->read_to_end(progress);
}

}  // namespace ibkr::events
