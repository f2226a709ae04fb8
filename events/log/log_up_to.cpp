#include "events/log/log_up_to.hpp"

#include <algorithm>
#include <utility>

namespace ibkr::events {
namespace {

class CursorUpTo final : public LogCursor {
public:
    CursorUpTo(std::unique_ptr<LogCursor> cursor, SequenceId last)
        : cursor_(std::move(cursor)), last_(last) {}

    [[nodiscard]] Result<bool> next(Record& record) override {
        if (ended_) return false;
        auto more = cursor_->next(record);
        ended_ = !more || !*more || record.sequence > last_;
        if (!more) return more;
        return !ended_;
    }

private:
    std::unique_ptr<LogCursor> cursor_;
    SequenceId last_;
    bool ended_ = false;
};

}  // namespace

LogUpTo::LogUpTo(const LogReader& log, const Head& acknowledged) : log_(log), head_(log.head()) {
    if (acknowledged.sequence < head_.sequence) head_ = acknowledged;
}

Result<std::unique_ptr<LogCursor>> LogUpTo::read(SequenceId from) const {
    auto cursor = log_.read(from);
    if (!cursor) return cursor;
    return std::unique_ptr<LogCursor>(std::make_unique<CursorUpTo>(std::move(*cursor), head_.sequence));
}

Result<std::unique_ptr<LogCursor>> LogUpTo::read_back(SequenceId from) const {
    return log_.read_back(std::min(from, head_.sequence));
}

}  // namespace ibkr::events
