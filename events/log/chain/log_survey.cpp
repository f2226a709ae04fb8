#include "events/log/chain/log_survey.hpp"

#include <algorithm>
#include <cassert>
#include <optional>

#include "events/log/chain/chain.hpp"

namespace ibkr::events {
namespace {

/// Reads ascending, and goes on after what cannot be read.
class TolerantReader {
public:
    explicit TolerantReader(const LogReader& log) : log_(log) {}

    /// The record at `sequence`; nothing when it cannot be read. Asked for in ascending order.
    [[nodiscard]] Result<std::optional<Record>> at(SequenceId sequence) {
        if (cursor_ == nullptr || next_ != sequence) {
            auto cursor = log_.read(sequence);
            if (!cursor) return failure(cursor.error());
            cursor_ = std::move(*cursor);
        }
        Record record;
        const auto more = cursor_->next(record);
        next_ = sequence.next();
        if (!more) cursor_.reset();
        if (!more && more.error().code != ErrorCode::audit_chain_invalid) return failure(more.error());
        if (!more || !*more || record.sequence != sequence) {
            cursor_.reset();
            return std::optional<Record>();
        }
        return std::optional(std::move(record));
    }

private:
    const LogReader& log_;
    std::unique_ptr<LogCursor> cursor_;
    SequenceId next_;
};

bool chains_to(const Record& record, const Mac& previous, const KeyRing& keys) {
    const Secret* const key = keys.find(record.header.key_id);
    if (key == nullptr) return false;
    const Mac expected =
        ChainMac(keys.log_id(), *key).mac(record.sequence, record.header, previous, record.bytes);
    return equal_in_constant_time(expected, record.mac);
}

class Survey {
public:
    Survey(const LogReader& log, const KeyRing& keys)
        : keys_(keys), known_gaps_(log.gaps()), head_(log.head().sequence), reader_(log) {}

    [[nodiscard]] Result<LogSurvey> run() {
        Head trusted;  // everything up to here is verified or lost
        while (trusted.sequence < head_) {
            const auto broken_at = verify_from(trusted);
            if (!broken_at) return failure(broken_at.error());
            if (!*broken_at) break;
            auto end = find_end(**broken_at);
            if (!end) return failure(end.error());
            add_lost_range(survey_.gaps, {**broken_at, end->sequence, end->mac, {}}, resumption_gaps_max);
            trusted = *end;
        }
        for (const AttestedGap& gap : survey_.gaps)
            survey_.lost_records += gap.to.value() - gap.from.value() + 1;
        return std::move(survey_);
    }

private:
    /// The first record that does not verify after `trusted`; nothing when all do.
    [[nodiscard]] Result<std::optional<SequenceId>> verify_from(const Head& trusted) {
        ChainVerifier verifier(keys_, trusted, known_gaps_);
        while (true) {
            const SequenceId at = after(verifier.report().head.sequence);
            if (at > head_) return std::optional<SequenceId>();
            const auto record = reader_.at(at);
            if (!record) return failure(record.error());
            // A record under a key that is not at hand is lost as well: nobody could verify it later.
            const bool known = *record && keys_.find((*record)->header.key_id) != nullptr;
            if (!known || !verifier.add(**record)) return std::optional(at);
        }
    }

    /// The end of the range that begins at `from`: the last record before one that chains to its stored mac.
    /// There is one, because the head fits its predecessor.
    [[nodiscard]] Result<Head> find_end(SequenceId from) {
        std::optional<Head> before;  // the record, or attested gap, right before `at`
        for (SequenceId at = from; at <= head_;) {
            if (const AttestedGap* gap = gap_at(known_gaps_, at)) {
                before = Head{gap->to, gap->mac};
                at = gap->to.next();
                continue;
            }
            const auto record = reader_.at(at);
            if (!record) return failure(record.error());
            if (before && *record && chains_to(**record, before->mac, keys_)) return *before;
            before.reset();
            if (*record) before = Head{at, (*record)->mac};
            at = at.next();
        }
        return failure(ErrorCode::audit_chain_invalid,
                       "no record after " + std::to_string(from.value()) + " can be read and verified");
    }

    [[nodiscard]] SequenceId after(SequenceId sequence) const {
        SequenceId next = sequence.next();
        while (const AttestedGap* gap = gap_at(known_gaps_, next))
            next = gap->to.next();
        return next;
    }

    const KeyRing& keys_;
    const std::vector<AttestedGap> known_gaps_;
    const SequenceId head_;
    TolerantReader reader_;
    LogSurvey survey_;
};

}  // namespace

void add_lost_range(std::vector<AttestedGap>& gaps, const AttestedGap& gap, std::size_t gaps_max) {
    assert(gaps_max >= 1 && gap.from <= gap.to && (gaps.empty() || gaps.back().to < gap.from));
    if (!gaps.empty() && gaps.back().to.next() == gap.from) {
        gaps.back().to = gap.to;
        gaps.back().mac = gap.mac;
        return;
    }
    gaps.push_back(gap);
    if (gaps.size() <= gaps_max) return;
    auto closest = gaps.begin();
    const auto distance = [](const auto& at) { return std::next(at)->from.value() - at->to.value(); };
    for (auto at = gaps.begin(); std::next(at) != gaps.end(); ++at)
        if (distance(at) < distance(closest)) closest = at;
    closest->to = std::next(closest)->to;
    closest->mac = std::next(closest)->mac;
    gaps.erase(std::next(closest));
}

Result<LogSurvey> survey_log(const LogReader& log, const KeyRing& keys) {
    return Survey(log, keys).run();
}

}  // namespace ibkr::events
