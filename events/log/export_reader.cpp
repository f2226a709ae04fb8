#include <array>
#include <istream>

#include "events/log/export.hpp"
#include "events/log/export_lines.hpp"

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

LogIdentity identity_of(const ExportDescription& description) {
    return {description.log_id, description.key_id, first_epoch, description.branch};
}

Head head_before(const ExportDescription& description) {
    return {SequenceId(description.from.value() - 1), description.previous_mac};
}

}  // namespace

struct ExportReader::State {
    State(LineReader line_reader, const ExportDescription& first_line, Secret key)
        : lines(std::move(line_reader)),
          description(first_line),
          chain_key(std::move(key)),
          verifier(identity_of(first_line), chain_key, head_before(first_line)) {}

    LineReader lines;
    ExportDescription description;
    Secret chain_key;
    ChainVerifier verifier;
    Sha256Stream content;
    std::string line;
    std::string file_break;  ///< what is wrong with the file though every record verified
    bool ended = false;
    VerifyReport report;

    void update_report() {
        report = verifier.report();
        if (file_break.empty()) return;
        report.chain_valid = false;
        report.reason = file_break;
    }

    void take_line() {
        content.update(line);
        content.update("\n");
    }

    void read_record(Record& record) {
        const SequenceId expected = verifier.report().head.sequence.next();
        if (!lines.next(line))
            verifier.break_at_next("record " + std::to_string(expected.value()) + " is missing");
        else if (!parse_record(line, record))
            verifier.break_at_next("its line is not that of a record in the canonical form");
        else if (verifier.add(record))
            take_line();
        update_report();
    }

    void read_last_line() {
        const Digest mac = export_mac(chain_key, content.digest());
        const Head& last = verifier.report().head;
        if (!lines.next(line) || line != render_export_mac(mac, description.key_id))
            file_break = "the last line does not fit the export";
        else if (!lines.at_end())
            file_break = "something follows the last line";
        else if (last.sequence == description.head.sequence && last.mac != description.head.mac)
            file_break = "the head in the first line is not the last record";
        ended = true;
        update_report();
    }
};

ExportReader::ExportReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ExportReader::~ExportReader() = default;

Result<std::unique_ptr<ExportReader>> ExportReader::open(std::istream& stream, const ChainKeyLookup& keys) {
    LineReader lines(stream);
    std::string first_line;
    if (!lines.next(first_line))
        return failure(ErrorCode::audit_chain_invalid, "the file holds no first line of an export");
    auto description = parse_description(first_line);
    if (!description) return failure(description.error());
    auto key = keys(description->log_id, description->key_id);
    if (!key) return failure(key.error());
    auto state = std::make_unique<State>(std::move(lines), *description, std::move(*key));
    state->line = std::move(first_line);
    state->take_line();
    state->update_report();
    return std::make_unique<ExportReader>(std::move(state));
}

Result<bool> ExportReader::next(Record& record) {
    State& state = *state_;
    const bool more = state.verifier.report().head.sequence < state.description.to;
    if (state.report.chain_valid && !state.ended) more ? state.read_record(record) : state.read_last_line();
    if (state.report.chain_valid) return more && !state.ended;
    std::string where = "the export does not verify";
    if (state.report.first_break_at_sequence)
        where += " at record " + std::to_string(state.report.first_break_at_sequence->value());
    return failure(ErrorCode::audit_chain_invalid, where + ": " + state.report.reason);
}

const ExportDescription& ExportReader::description() const noexcept {
    return state_->description;
}
const VerifyReport& ExportReader::report() const noexcept {
    return state_->report;
}

Result<VerifyReport> verify_export(std::istream& stream, const ChainKeyLookup& keys,
                                   const Progress& progress) {
    auto reader = ExportReader::open(stream, keys);
    if (!reader && reader.error().code == ErrorCode::audit_chain_invalid) {
        VerifyReport report;
        report.chain_valid = false;
        report.reason = reader.error().message;
        return report;
    }
    if (!reader) return failure(reader.error());
    Record record;
    while (true) {
        const auto more = (*reader)->next(record);
        if (!more || !*more) return (*reader)->report();
        const std::uint64_t scanned = (*reader)->report().events_scanned;
        if (progress && scanned % progress_interval_records == 0) progress(scanned);
    }
}

}  // namespace ibkr::events
