#include "events/log/memory_log.hpp"

#include <algorithm>
#include <cassert>

namespace ibkr::events {
namespace {

/// What stands in `rows`, borrowed.
RawRecords raw_records(const std::map<SequenceId, Record>& rows) {
    using Found = Result<std::optional<Record>>;
    return {[&rows](SequenceId sequence) -> Found {
                const auto row = rows.find(sequence);
                if (row == rows.end() || row->second.sequence != sequence) return std::optional<Record>();
                return row->second;
            },
            [&rows](SequenceId sequence) -> Found {
                const auto after = rows.upper_bound(sequence);
                if (after == rows.begin()) return std::optional<Record>();
                return std::prev(after)->second;
            }};
}

}  // namespace

class MemoryCursor final : public LogCursor {
public:
    /// From `at` to `last`, both included; empty when `at` is beyond it.
    MemoryCursor(const MemoryLog& log, std::vector<AttestedGap> gaps, SequenceId at, SequenceId last,
                 bool forward)
        : log_(log), walk_(std::move(gaps), at, last, forward) {}

    Result<bool> next(Record& record) override {
        if (walk_.ended()) return false;
        const SequenceId expected = walk_.at();
        if (!log_.copy_record(expected, record) || record.sequence != expected) {
            walk_.end();
            return failure(ErrorCode::audit_chain_invalid,
                           "record " + std::to_string(expected.value()) + " is missing");
        }
        walk_.step();
        return true;
    }

private:
    const MemoryLog& log_;
    GapWalk walk_;
};

MemoryLog::MemoryLog(LogKeys keys) : keys_(std::move(keys)), writer_(keys_) {}

Result<Head> MemoryLog::store(const std::function<Result<ChainWriter::Next>(const ChainWriter::Sink&)>& make,
                              const std::function<void()>& stored) {
    const std::scoped_lock lock(mutex_);
    const auto failed = [] {
        return failure(ErrorCode::audit_write_failed, "the log could not be written; it takes no more");
    };
    if (!alive_) return failed();
    std::vector<Record> records;
    auto next = make([&](const Record& record) { records.push_back(record); });
    if (!next) return failure(next.error());
    const bool faulty = fail_in_ == 1;
    if (fail_in_ > 0) --fail_in_;
    if (faulty) alive_ = false;
    if (faulty && fault_ == AppendFault::not_stored) return failed();
    for (Record& record : records)
        records_.insert_or_assign(record.sequence, std::move(record));
    if (stored) stored();
    if (faulty) return failed();  // stored, but this process never learns it
    writer_.commit(std::move(*next));
    ++appends_;
    return writer_.tip().head;
}

Result<Head> MemoryLog::append(std::span<const PendingRecord> records, SequenceId expected_next) {
    return store([&](const auto& sink) { return writer_.append(records, expected_next, sink); }, {});
}

Result<Head> MemoryLog::append_resumed(const PendingRecord& record, SequenceId at) {
    return store([&](const auto& sink) { return writer_.append_resumed(record, at, sink); },
                 [&] { keys_ = keys_.resumed(at); });
}

Result<Head> MemoryLog::append_rotation(const PendingRecord& retired, const PendingRecord& activated,
                                        const LogKeys& next) {
    return store([&](const auto& sink) { return writer_.append_rotation(retired, activated, next, sink); },
                 [&] { keys_ = next.settled(); });
}

bool MemoryLog::alive() const {
    const std::scoped_lock lock(mutex_);
    return alive_;
}

Head MemoryLog::head() const {
    const std::scoped_lock lock(mutex_);
    return writer_.tip().head;
}

LogIdentity MemoryLog::identity() const {
    const std::scoped_lock lock(mutex_);
    return writer_.tip().identity;
}

std::vector<AttestedGap> MemoryLog::gaps() const {
    const std::scoped_lock lock(mutex_);
    return writer_.tip().gaps;
}

Result<std::unique_ptr<LogCursor>> MemoryLog::read(SequenceId from) const {
    assert(from.value() >= 1);
    const std::scoped_lock lock(mutex_);
    const ChainTip& tip = writer_.tip();
    return std::make_unique<MemoryCursor>(*this, tip.gaps, from, tip.head.sequence, true);
}

Result<std::unique_ptr<LogCursor>> MemoryLog::read_back(SequenceId from) const {
    const std::scoped_lock lock(mutex_);
    const ChainTip& tip = writer_.tip();
    return std::make_unique<MemoryCursor>(*this, tip.gaps, std::min(from, tip.head.sequence), SequenceId(1),
                                          false);
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
    if (records_.empty()) {
        writer_ = ChainWriter(keys_);
        return;
    }
    auto opened = ChainWriter::open(keys_, records_.rbegin()->second, raw_records(records_));
    assert(opened);
    writer_ = std::move(*opened);
}

void MemoryLog::tamper(SequenceId sequence, const std::function<void(Record&)>& change) {
    const std::scoped_lock lock(mutex_);
    const auto record = records_.find(sequence);
    assert(record != records_.end());
    change(record->second);
}

void MemoryLog::truncate(SequenceId last) {
    {
        const std::scoped_lock lock(mutex_);
        records_.erase(records_.upper_bound(last), records_.end());
    }
    reopen();
}

bool MemoryLog::copy_record(SequenceId sequence, Record& record) const {
    const std::scoped_lock lock(mutex_);
    const auto row = records_.find(sequence);
    if (row == records_.end()) return false;
    record = row->second;
    return true;
}

}  // namespace ibkr::events
