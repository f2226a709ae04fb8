#include <cassert>

#include "events/log/keys/key_rotation.hpp"
#include "events/log/start/torn_tail.hpp"

namespace ibkr::events {
namespace {

/// Appends the two records; the log goes on under the identity of `next`.
Result<void> append_rotation(Log& log, const LogKeys& next, const RecordMaker& make_record) {
    const auto not_before = newest_timestamp(log);
    if (!not_before) return failure(not_before.error());
    const SequenceId first = log.head().sequence.next();
    const PendingRecord retired =
        make_record(first, AuditKeyRetired{next.identity().key_id_hex()}, *not_before);
    const PendingRecord activated =
        make_record(first.next(), AuditKeyActivated{log.identity().key_id_hex()}, *not_before);
    auto head = log.append_rotation(retired, activated, next);
    if (!head) return failure(head.error());
    assert(head->sequence == first.next() && log.identity().key_id == next.identity().key_id);
    return {};
}

Result<void> settle(const DirectoryLayout& layout, LogKeys& keys) {
    LogKeys settled = keys.settled();
    if (auto replaced = replace_keys(layout, settled); !replaced) return replaced;
    keys = std::move(settled);
    return {};
}

}  // namespace

Result<void> check_rotation(const DirectoryLayout& layout, const LogKeys& keys, const LogStore& store) {
    const auto rotating_to = keys.rotating_to();
    const LogIdentity& ours = keys.identity();
    if (!rotating_to || rotating_to->key_id == ours.key_id) return {};
    const auto newest = store.newest_key_id(layout.log);
    // What cannot be read is judged by the starting rules.
    if (!newest && newest.error().code != ErrorCode::audit_chain_invalid) return failure(newest.error());
    if (!newest || *newest != rotating_to->key_id) return {};
    return failure(ErrorCode::log_key_mismatch, "the log was rotated to key " + hex(rotating_to->key_id) +
                                                    ", the supplied secret gives key " + ours.key_id_hex());
}

Result<std::string> settle_rotation(const DirectoryLayout& layout, LogKeys& keys, Log& log,
                                    const RecordMaker& make_record) {
    if (!keys.rotating()) return std::string();
    const bool to_ours = keys.rotating_to()->key_id == keys.identity().key_id;
    const bool written = log.identity().key_id == keys.rotating_to()->key_id;
    assert(to_ours || !written);  // `check_rotation` came before
    if (to_ours && !written)
        if (auto appended = append_rotation(log, keys, make_record); !appended)
            return failure(appended.error());
    if (auto settled = settle(layout, keys); !settled) return failure(settled.error());
    return "an unfinished rotation of the audit key was " + std::string(to_ours ? "finished" : "forgotten");
}

Result<void> rotate_key(const OwnerLock& lock, OwnedLog& owned, const Secret& new_secret,
                        const RecordMaker& make_record) {
    const DirectoryLayout layout(lock.data_directory());
    if (owned.held) return failure(owned.held->error());
    auto next = owned.keys.next_epoch(new_secret);
    if (!next) return failure(next.error());
    if (auto replaced = replace_keys(layout, *next); !replaced) return replaced;
    if (auto appended = append_rotation(*owned.log, *next, make_record); !appended) return appended;
    owned.keys = std::move(*next);
    return settle(layout, owned.keys);
}

}  // namespace ibkr::events
