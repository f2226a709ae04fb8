#include "events/log/log.hpp"

#include <string>

namespace ibkr::events {
namespace {

tl::unexpected<Error> refused(std::string message) {
    return failure(Error{ErrorCode::audit_write_failed,
                         std::move(message),
                         false,
                         "Nothing was written. Report this message; the log itself is unharmed.",
                         {}});
}

}  // namespace

Result<void> check_append(std::span<const PendingRecord> records, SequenceId expected_next,
                          const Head& head) {
    if (expected_next != head.sequence.next())
        return refused("the writer expected to append record " + std::to_string(expected_next.value()) +
                       " but the log ends at " + std::to_string(head.sequence.value()));
    if (records.empty() || records.size() > append_records_max)
        return refused("a batch holds 1 to " + std::to_string(append_records_max) + " records, not " +
                       std::to_string(records.size()));
    if (expected_next.value() + records.size() > sequence_limit)
        return refused("the log has reached its highest sequence, " + std::to_string(sequence_limit - 1));
    std::size_t total = 0;
    for (const PendingRecord& record : records) {
        if (record.bytes.empty() || record.bytes.size() > record_bytes_max)
            return refused("a record of type " + std::to_string(record.type_number) + " has " +
                           std::to_string(record.bytes.size()) + " bytes; 1 to " +
                           std::to_string(record_bytes_max) + " are allowed");
        total += record.bytes.size();
    }
    if (total > append_bytes_max)
        return refused("a batch of " + std::to_string(total) + " bytes is more than " +
                       std::to_string(append_bytes_max));
    return {};
}

}  // namespace ibkr::events
