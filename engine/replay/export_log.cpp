#include "engine/replay/export_log.hpp"

#include <deque>
#include <fstream>
#include <utility>

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::failure;
using events::LogCursor;
using events::Record;
using events::Result;
using events::SequenceId;

/// An export reader with the stream it reads.
class FileCursor final : public LogCursor {
public:
    [[nodiscard]] static Result<std::unique_ptr<FileCursor>> open(const std::string& path,
                                                                  const events::KeyRingLookup& keys,
                                                                  SequenceId from) {
        auto cursor = std::make_unique<FileCursor>();
        cursor->stream_.open(path, std::ios::binary);
        if (!cursor->stream_)
            return failure(ErrorCode::config_invalid, "the export file cannot be read",
                           "Check the path of the export.");
        auto reader = events::ExportReader::open(cursor->stream_, keys);
        if (!reader) return failure(reader.error());
        cursor->reader_ = std::move(*reader);
        cursor->from_ = from;
        return cursor;
    }
    [[nodiscard]] const events::ExportDescription& description() const { return reader_->description(); }
    [[nodiscard]] Result<bool> next(Record& record) override {
        for (;;) {
            auto read = reader_->next(record);
            if (!read || !*read || record.sequence >= from_) return read;
        }
    }

private:
    std::ifstream stream_;
    std::unique_ptr<events::ExportReader> reader_;
    SequenceId from_;
};

/// Newest first: each walk through the file keeps the last records before those already given.
class BackwardCursor final : public LogCursor {
public:
    BackwardCursor(std::string path, events::KeyRingLookup keys, SequenceId below, std::size_t bytes_max)
        : path_(std::move(path)), keys_(std::move(keys)), below_(below), bytes_max_(bytes_max) {}

    [[nodiscard]] Result<bool> next(Record& record) override {
        if (held_.empty() && below_ > SequenceId(1))
            if (auto filled = fill(); !filled) return failure(filled.error());
        if (held_.empty()) return false;
        record = std::move(held_.back());
        held_.pop_back();
        return true;
    }

private:
    [[nodiscard]] Result<void> fill() {
        auto cursor = FileCursor::open(path_, keys_, SequenceId(1));
        if (!cursor) return failure(cursor.error());
        std::size_t bytes = 0;
        Record record;
        for (;;) {
            auto read = (*cursor)->next(record);
            if (!read) return failure(read.error());
            if (!*read || record.sequence >= below_) break;
            bytes += record.bytes.size();
            held_.push_back(std::move(record));
            for (; bytes > bytes_max_ && held_.size() > 1; held_.pop_front())
                bytes -= held_.front().bytes.size();
        }
        below_ = held_.empty() ? SequenceId(1) : held_.front().sequence;
        return {};
    }

    std::string path_;
    events::KeyRingLookup keys_;
    SequenceId below_;
    std::size_t bytes_max_;
    std::deque<Record> held_;
};

}  // namespace

Result<std::unique_ptr<ExportLog>> ExportLog::open(std::string path, events::KeyRingLookup keys,
                                                   std::size_t backward_bytes) {
    std::unique_ptr<ExportLog> log(new ExportLog(std::move(path), std::move(keys), backward_bytes));
    if (auto readable = events::check_export_path(log->path_); !readable) return failure(readable.error());
    if (auto unchanged = events::check_export_form(log->path_); !unchanged) return failure(unchanged.error());
    auto cursor = FileCursor::open(log->path_, log->keys_, SequenceId(1));
    if (!cursor) return failure(cursor.error());
    log->description_ = (*cursor)->description();
    if (log->description_.from != SequenceId(1))
        return failure(ErrorCode::input_invalid_time_range,
                       "the export does not begin with event 1, so nothing can be folded from it",
                       "Export with --from-sequence 1.");
    return log;
}

events::LogIdentity ExportLog::identity() const {
    events::LogIdentity identity;
    identity.log_id = description_.log_id;
    if (!description_.key_ids.empty()) identity.key_id = description_.key_ids.back();
    if (!description_.branches.empty()) identity.branch = description_.branches.back();
    return identity;
}

Result<std::unique_ptr<LogCursor>> ExportLog::read(SequenceId from) const {
    auto cursor = FileCursor::open(path_, keys_, from);
    if (!cursor) return failure(cursor.error());
    return std::unique_ptr<LogCursor>(std::move(*cursor));
}

Result<std::unique_ptr<LogCursor>> ExportLog::read_back(SequenceId from) const {
    return std::unique_ptr<LogCursor>(
        std::make_unique<BackwardCursor>(path_, keys_, from.next(), backward_bytes_));
}

}  // namespace ibkr::engine
