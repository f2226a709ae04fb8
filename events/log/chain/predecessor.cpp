#include "events/log/chain/predecessor.hpp"

#include <cassert>
#include <string>

#include "events/log/chain/resumption.hpp"

namespace ibkr::events {

Result<Predecessor> predecessor_of(const LogReader& log, SequenceId from) {
    assert(from >= SequenceId(1));
    if (from == SequenceId(1)) return Predecessor{};
    const SequenceId before(from.value() - 1);
    const std::vector<AttestedGap> gaps = log.gaps();
    if (const AttestedGap* const gap = gap_at(gaps, before)) return Predecessor{{gap->to, gap->mac}, {}};
    auto cursor = log.read(before);
    if (!cursor) return failure(cursor.error());
    Record record;
    auto more = (*cursor)->next(record);
    if (!more) return failure(more.error());
    if (!*more || record.sequence != before)
        return failure(ErrorCode::audit_chain_invalid,
                       "record " + std::to_string(before.value()) + " is missing");
    return Predecessor{{record.sequence, record.mac}, record.header};
}

}  // namespace ibkr::events
