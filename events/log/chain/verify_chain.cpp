#include <algorithm>
#include <cassert>
#include <map>
#include <mutex>
#include <thread>

#include "events/log/chain/chain.hpp"
#include "events/log/chain/resumption.hpp"

namespace ibkr::events {
namespace {

constexpr std::uint64_t parallel_part_of_segment = 8;  ///< a shorter walk gains nothing from more threads
constexpr std::uint64_t progress_interval_records = 4'096;

struct Segment {
    std::uint64_t number = 0;
    SequenceId from;
    SequenceId to;
};

/// One segment verified; an error when the log could not be read.
struct Outcome {
    VerifyReport report;
    std::optional<Error> error;
    [[nodiscard]] bool ends_the_walk() const {
        return error.has_value() || report.first_break_at_sequence.has_value();
    }
};

/// One walk of a log, shared by its threads. Each takes the next segment until none is left.
class Walk {
public:
    Walk(const LogReader& log, const KeyRing& keys, const VerifyOptions& options, SequenceId head,
         std::vector<AttestedGap> gaps)
        : log_(log),
          keys_(keys),
          options_(options),
          head_(head),
          gaps_(std::move(gaps)),
          next_(options.from) {}

    void work() {
        while (const auto segment = take())
            done(segment->number, verify(*segment));
    }
    /// After every thread has finished.
    [[nodiscard]] Result<VerifyReport> result() {
        assert(finished_.empty());
        if (error_) return failure(std::move(*error_));
        return std::move(merged_);
    }

private:
    /// Segments end at a record that stands, never inside a gap, so that the next one has a predecessor.
    [[nodiscard]] std::optional<Segment> take() {
        const std::scoped_lock lock(mutex_);
        if (next_ > head_ || taken_ > stopped_by_) return {};
        Segment segment{taken_++, next_, head_};
        if (head_.value() - next_.value() >= options_.segment_records)
            segment.to = SequenceId(next_.value() + options_.segment_records - 1);
        if (const AttestedGap* gap = gap_at(gaps_, segment.to)) segment.to = gap->to.next();
        segment.to = std::min(segment.to, head_);
        next_ = segment.to.next();
        return segment;
    }

    [[nodiscard]] Outcome verify(const Segment& segment) {
        Outcome outcome;
        Record record;
        std::optional<ChainVerifier> verifier;
        auto cursor = begin(segment, verifier, record);
        if (!cursor) {
            outcome.error = std::move(cursor.error());
            return outcome;
        }
        std::uint64_t told = 0;
        while (*cursor && verifier->report().head.sequence < segment.to) {
            auto more = (*cursor)->next(record);
            if (!more && more.error().code != ErrorCode::audit_chain_invalid) {
                outcome.error = std::move(more.error());
                return outcome;
            }
            if (!more)
                verifier->break_at_next(more.error().message);
            else if (!*more)
                verifier->break_at_next("the log ends before its head");
            if (!more || !*more || !verifier->add(record)) break;
            if (++told % progress_interval_records == 0 && !go_on(segment)) break;
        }
        if (segment.to == head_) verifier->finish();
        outcome.report = verifier->report();
        return outcome;
    }

    /// A cursor at the segment's first record, and a verifier that knows what stands before it.
    [[nodiscard]] Result<std::unique_ptr<LogCursor>> begin(const Segment& segment,
                                                           std::optional<ChainVerifier>& verifier,
                                                           Record& record) {
        if (segment.from == SequenceId(1)) {
            verifier.emplace(keys_, Head{}, gaps_);
            return log_.read(segment.from);
        }
        const SequenceId before(segment.from.value() - 1);
        if (const AttestedGap* gap = gap_at(gaps_, before)) {
            verifier.emplace(keys_, Head{gap->to, gap->mac}, gaps_);
            return log_.read(gap->to.next());
        }
        auto cursor = log_.read(before);
        if (!cursor) return cursor;
        auto more = (*cursor)->next(record);
        if (!more && more.error().code != ErrorCode::audit_chain_invalid) return failure(more.error());
        if (more && *more) {
            verifier.emplace(keys_, Head{record.sequence, record.mac}, gaps_, record.header);
            return cursor;
        }
        // The record before cannot be read: that is where the chain breaks.
        verifier.emplace(keys_, Head{SequenceId(before.value() - 1), {}}, std::vector<AttestedGap>());
        verifier->break_at_next(more ? "the log ends before its head" : more.error().message);
        return std::unique_ptr<LogCursor>();
    }

    /// Tells how far the walk is; false when an earlier segment has ended it.
    [[nodiscard]] bool go_on(const Segment& segment) {
        const std::scoped_lock lock(mutex_);
        scanned_ += progress_interval_records;
        if (segment.number > stopped_by_) return false;
        if (options_.progress) options_.progress(scanned_);
        return true;
    }

    void done(std::uint64_t number, Outcome outcome) {
        const std::scoped_lock lock(mutex_);
        if (outcome.ends_the_walk()) stopped_by_ = std::min(stopped_by_, number);
        finished_.emplace(number, std::move(outcome));
        for (auto next = finished_.begin(); next != finished_.end() && next->first == merged_count_;
             next = finished_.erase(next)) {
            if (merged_count_ <= stopped_by_) merge(std::move(next->second));
            ++merged_count_;
        }
    }

    void merge(Outcome outcome) {
        if (outcome.error) {
            error_ = std::move(outcome.error);
            return;
        }
        VerifyReport& next = outcome.report;
        if (!next.chain_valid && (merged_.chain_valid || next.first_break_at_sequence))
            merged_.reason = std::move(next.reason);
        merged_.events_scanned += next.events_scanned;
        merged_.chain_valid = merged_.chain_valid && next.chain_valid;
        merged_.first_break_at_sequence = next.first_break_at_sequence;
        merged_.first_break_event_id = std::move(next.first_break_event_id);
        merged_.head = next.head;
        for (const UnverifiedRange& range : next.not_verified) {
            auto& ranges = merged_.not_verified;
            const bool goes_on = !ranges.empty() && ranges.back().key_id == range.key_id &&
                                 ranges.back().to.next() == range.from;
            if (goes_on)
                ranges.back().to = range.to;
            else
                ranges.push_back(range);
        }
        merged_.attested_gaps.insert(merged_.attested_gaps.end(), next.attested_gaps.begin(),
                                     next.attested_gaps.end());
        auto& resumptions = merged_.resumptions;
        resumptions.insert(resumptions.end(), next.resumptions.begin(), next.resumptions.end());
        if (resumptions.size() > resumptions_kept_max)
            resumptions.erase(resumptions.begin(), resumptions.end() - resumptions_kept_max);
        for (const EpochKey& used : next.keys_used)
            if (std::ranges::find(merged_.keys_used, used) == merged_.keys_used.end())
                merged_.keys_used.push_back(used);
        std::ranges::sort(merged_.keys_used, {}, &EpochKey::epoch);
    }

    const LogReader& log_;
    const KeyRing& keys_;
    const VerifyOptions& options_;
    const SequenceId head_;
    const std::vector<AttestedGap> gaps_;

    std::mutex mutex_;  ///< guards everything below; progress is called under it
    SequenceId next_;
    std::uint64_t taken_ = 0;
    std::uint64_t stopped_by_ = std::numeric_limits<std::uint64_t>::max();  ///< lowest segment that ends it
    std::map<std::uint64_t, Outcome> finished_;                             ///< ahead of `merged_count_`
    std::uint64_t merged_count_ = 0;
    VerifyReport merged_;
    std::optional<Error> error_;
    std::uint64_t scanned_ = 0;
};

/// Of the gaps the log names those whose record says so. A record that cannot be checked for want of its key
/// is believed here: it is itself reported as not verified.
Result<std::vector<AttestedGap>> checked_gaps(const LogReader& log, const KeyRing& keys) {
    std::vector<AttestedGap> checked;
    Record record;
    for (const AttestedGap& gap : log.gaps()) {
        auto cursor = log.read(gap.attested_by);
        if (!cursor) return failure(cursor.error());
        const auto more = (*cursor)->next(record);
        if (!more && more.error().code != ErrorCode::audit_chain_invalid) return failure(more.error());
        if (!more || !*more || record.sequence != gap.attested_by) continue;
        if (keys.find(record.header.key_id) != nullptr) {
            const auto attested = read_resumption(record, keys);
            if (!attested || gap_at(*attested, gap.to) == nullptr) continue;
        }
        checked.push_back(gap);
    }
    return checked;
}

}  // namespace

Result<VerifyReport> verify_chain(const LogReader& log, const KeyRing& keys, const VerifyOptions& options) {
    assert(options.from >= SequenceId(1) && options.threads >= 1 && options.segment_records >= 1);
    const SequenceId head = log.head().sequence;
    auto gaps = checked_gaps(log, keys);
    if (!gaps) return failure(gaps.error());
    const std::uint64_t count = options.from <= head ? head.value() - options.from.value() + 1 : 0;
    Walk walk(log, keys, options, head, std::move(*gaps));
    {
        std::vector<std::jthread> helpers;
        const unsigned threads = std::min(options.threads, verify_threads_max);
        for (unsigned i = 1; i < threads && count >= options.segment_records / parallel_part_of_segment; ++i)
            helpers.emplace_back([&walk] { walk.work(); });
        walk.work();
    }
    return walk.result();
}

}  // namespace ibkr::events
