#include "events/log/memory_log.hpp"

#include <algorithm>
#include <cassert>

namespace ibkr::events {

class MemoryCursor final : public LogCursor {
public:
    /// Visits `left` records starting at `index`, by steps of +1 or -1.
    MemoryCursor(const MemoryLog& log, std::size_t index, std::size_t left, bool forward)
        : log_(log), index_(index), left_(left), forward_(forward) {}

    Result<bool> next(Record& record) override {
        if (left_ == 0) return false;
        const SequenceId expected(index_ + 1);
        if (!log_.copy_record(index_, record) || record.sequence != expected) {
            left_ = 0;
            return failure(ErrorCode::audit_chain_invalid,
                           "record " + std::to_string(expected.value()) + " is missing");
        }
        --left_;
        index_ = forward_ ? index_ + 1 : index_ - 1;
        return true;
    }

private:
    const MemoryLog& log_;
    std::size_t index_;
    std::size_t left_;
    bool forward_;
};

MemoryLog::MemoryLog(LogKeys keys) : keys_(std::move(keys)), mac_(keys_) {}

Result<Head> MemoryLog::append(std::span<const PendingRecord> records, SequenceId expected_next) {
    const std::scoped_lock lock(mutex_);
    const auto failed = [] {
        return failure(ErrorCode::audit_write_failed, "the log could not be written; it takes no more");
    };
    if (!alive_) return failed();
    if (auto checked = check_append(records, expected_next, head_); !checked) return failure(checked.error());
    const bool faulty = fail_in_ == 1;
    if (fail_in_ > 0) --fail_in_;
    if (faulty) alive_ = false;
    if (faulty && fault_ == AppendFault::not_stored) return failed();
    Head head = head_;
    for (const PendingRecord& pending : records)
        records_.push_back(mac_.extend(head, keys_.identity(), pending));
    if (faulty) return failed();  // stored, but this process never learns it
    head_ = head;
    ++appends_;
    return head_;
}

bool MemoryLog::alive() const {
    const std::scoped_lock lock(mutex_);
    return alive_;
}

Head MemoryLog::head() const {
    const std::scoped_lock lock(mutex_);
    return head_;
}

Result<std::unique_ptr<LogCursor>> MemoryLog::read(SequenceId from) const {
    assert(from.value() >= 1);
    const std::size_t total = acknowledged();
    const std::size_t index = std::min<std::size_t>(from.value() - 1, total);
    return std::make_unique<MemoryCursor>(*this, index, total - index, true);
}

Result<std::unique_ptr<LogCursor>> MemoryLog::read_back(SequenceId from) const {
    const std::size_t left = std::min<std::size_t>(from.value(), acknowledged());
    return std::make_unique<MemoryCursor>(*this, left - 1, left, false);
}

void MemoryLog::fail_append(std::uint64_t nth, AppendFault fault) {
    assert(nth >= 1);
    const std::scoped_lock lock(mutex_);
    fail_in_ = nth;
    fault_ = fault;
}

std::uint64_t MemoryLog::appends() const {
    const std::scoped_lock lock(mutex_);
    return appends_;
}

void MemoryLog::reopen() {
    const std::scoped_lock lock(mutex_);
    alive_ = true;
    fail_in_ = 0;
    head_ = records_.empty() ? Head{} : Head{records_.back().sequence, records_.back().mac};
}

void MemoryLog::tamper(SequenceId sequence, const std::function<void(Record&)>& change) {
    const std::scoped_lock lock(mutex_);
    assert(sequence.value() >= 1 && sequence.value() <= records_.size());
    change(records_[sequence.value() - 1]);
}

void MemoryLog::truncate(SequenceId last) {
    const std::scoped_lock lock(mutex_);
    if (last.value() < records_.size()) records_.resize(last.value());
    head_ = records_.empty() ? Head{} : Head{records_.back().sequence, records_.back().mac};
}

std::size_t MemoryLog::acknowledged() const {
    const std::scoped_lock lock(mutex_);
    return head_.sequence.value();
}

bool MemoryLog::copy_record(std::size_t index, Record& record) const {
    const std::scoped_lock lock(mutex_);
    if (index >= records_.size()) return false;
    record = records_[index];
    return true;
}

}  // namespace ibkr::events
