#include <algorithm>

#include "events/log/export/export.hpp"

namespace ibkr::events {
namespace {

constexpr std::size_t listed_max = 8;

std::string list_of(std::span<const KeyId> key_ids) {
    std::string list;
    for (const KeyId& key_id : key_ids.first(std::min(key_ids.size(), listed_max)))
        list += (list.empty() ? "" : ", ") + hex(key_id);
    return key_ids.size() <= listed_max ? list : list + ", ...";
}

}  // namespace

KeyRingLookup ring_from_secret(const Secret& secret) {
    return [&secret](const LogId& log_id, std::span<const KeyId> key_ids) -> Result<KeyRing> {
        KeyRing ring(log_id);
        for (std::uint32_t epoch = first_epoch; epoch <= epochs_max; ++epoch) {
            const KeyId key_id = derive_key_id(secret, log_id, epoch);
            if (std::ranges::find(key_ids, key_id) == key_ids.end()) continue;
            ring.add({epoch, key_id}, derive_chain_key(secret, log_id, epoch));
            return ring;
        }
        return failure(ErrorCode::log_key_mismatch, "the export was written under key " + list_of(key_ids) +
                                                        ", the supplied secret gives key " +
                                                        hex(derive_key_id(secret, log_id, first_epoch)) +
                                                        " or one of a later epoch");
    };
}

KeyRingLookup ring_from_keys(const KeyRing& keys) {
    return [&keys](const LogId& log_id, std::span<const KeyId> key_ids) -> Result<KeyRing> {
        const bool holds_one =
            std::ranges::any_of(key_ids, [&](const KeyId& key_id) { return keys.find(key_id) != nullptr; });
        if (keys.log_id() == log_id && holds_one) return keys.copy();
        return failure(ErrorCode::log_key_mismatch, "the export is of log " + hex(log_id) + " under key " +
                                                        list_of(key_ids) + ", the keys are of log " +
                                                        hex(keys.log_id()));
    };
}

}  // namespace ibkr::events
