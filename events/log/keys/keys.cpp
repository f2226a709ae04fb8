#include "events/log/keys/keys.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "events/crypto/aead.hpp"
#include "events/crypto/hkdf.hpp"
#include "events/crypto/hmac.hpp"
#include "events/crypto/random.hpp"

namespace ibkr::events {
namespace {

std::string with_epoch(std::string text, std::uint32_t epoch) {
    append_be32(text, epoch);
    return text;
}

Secret account_key_wrapping_key(const Secret& secret, const LogId& log_id, std::uint32_t epoch) {
    return hkdf_sha256(secret.bytes(), text_of(log_id), with_epoch("ibkr-agent account key wrapping", epoch));
}

std::string account_key_aad(const LogId& log_id, std::uint32_t epoch) {
    return with_epoch("ibkr-agent account key" + std::string(text_of(log_id)), epoch);
}

Secret chain_key_wrapping_key(const Secret& secret, const LogId& log_id, std::uint32_t epoch) {
    return hkdf_sha256(secret.bytes(), text_of(log_id), with_epoch("ibkr-agent chain key wrapping", epoch));
}

/// Binds a wrapped chain key to its log, the epoch it is wrapped under, its own epoch and its key id.
std::string chain_key_aad(const LogId& log_id, std::uint32_t epoch, const EpochKey& retired) {
    std::string aad = "ibkr-agent retired chain key" + std::string(text_of(log_id));
    append_be32(aad, epoch);
    append_be32(aad, retired.epoch);
    aad.append(text_of(retired.key_id));
    return aad;
}

Result<void> check_secret(const Secret& secret) {
    if (secret.size() >= audit_secret_bytes_min) return {};
    return failure(ErrorCode::config_invalid,
                   "the audit secret has " + std::to_string(secret.size()) + " bytes; at least " +
                       std::to_string(audit_secret_bytes_min) + " are needed",
                   "Use a random audit secret of 32 bytes or more.");
}

tl::unexpected<Error> other_secret(const KeysFile& file, const Secret& secret) {
    const EpochKey& newest = file.newest.epochs.back().name;
    std::string written = hex(newest.key_id);
    if (file.former) written = hex(file.former->epochs.back().name.key_id) + " or " + written;
    return failure(ErrorCode::log_key_mismatch, "the log was written under key " + written +
                                                    ", the supplied secret gives key " +
                                                    hex(derive_key_id(secret, file.log_id, newest.epoch)));
}

/// The epochs of `ring` and a newer one, each retired chain key wrapped under `secret`, and the account key.
Result<KeysFile::Half> wrap_half(const LogId& log_id, const Secret& secret, const EpochKey& newest,
                                 const KeyRing& retired, const Secret& account_key) {
    KeysFile::Half half;
    auto wrapped = aead_wrap(account_key_wrapping_key(secret, log_id, newest.epoch),
                             account_key_aad(log_id, newest.epoch), account_key.bytes());
    if (!wrapped) return failure(wrapped.error());
    half.wrapped_account_key = std::move(*wrapped);
    const Secret wrapping_key = chain_key_wrapping_key(secret, log_id, newest.epoch);
    for (const EpochKey& name : retired.names()) {
        assert(name.epoch < newest.epoch);
        wrapped = aead_wrap(wrapping_key, chain_key_aad(log_id, newest.epoch, name),
                            retired.find(name.key_id)->bytes());
        if (!wrapped) return failure(wrapped.error());
        half.epochs.push_back({name, std::move(*wrapped)});
    }
    half.epochs.push_back({newest, {}});
    return half;
}

std::uint32_t branch_of(const KeysFile& file) {
    return first_branch + static_cast<std::uint32_t>(file.resumptions.size());
}

}  // namespace

Secret derive_chain_key(const Secret& secret, const LogId& log_id, std::uint32_t epoch) {
    return hkdf_sha256(secret.bytes(), text_of(log_id), with_epoch("ibkr-agent chain key", epoch),
                       chain_key_bytes);
}

KeyId derive_key_id(const Secret& secret, const LogId& log_id, std::uint32_t epoch) {
    const std::string number = with_epoch("", epoch);
    const Digest digest = hmac_sha256(secret.bytes(), {"ibkr-agent key id", text_of(log_id), number});
    KeyId id{};
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

LogKeys::LogKeys(LogIdentity identity, Secret chain_key, Secret account_key, KeyRing ring, KeysFile file)
    : identity_(identity),
      chain_key_(std::move(chain_key)),
      account_key_(std::move(account_key)),
      ring_(std::move(ring)),
      file_(std::move(file)) {
    assert(ring_.find(identity_.key_id) != nullptr);
}

LogKeys LogKeys::copy() const {
    return LogKeys(identity_, chain_key_.copy(), account_key_.copy(), ring_.copy(), file_);
}

LogKeys LogKeys::to_resume() const {
    LogKeys keys = copy();
    keys.resuming_ = true;
    return keys;
}

Result<LogKeys> LogKeys::create(const Secret& secret) {
    LogId log_id{};
    std::array<std::uint8_t, account_key_bytes> random{};
    if (auto filled = fill_random(log_id); !filled) return failure(filled.error());
    if (auto filled = fill_random(random); !filled) return failure(filled.error());
    const Secret account_key{Bytes(random)};
    wipe(random);
    return create(secret, log_id, account_key);
}

Result<LogKeys> LogKeys::create(const Secret& secret, const LogId& log_id, const Secret& account_key) {
    if (auto checked = check_secret(secret); !checked) return failure(checked.error());
    if (account_key.size() != account_key_bytes)
        return failure(ErrorCode::config_invalid, "an account key has 32 bytes");
    const EpochKey name{first_epoch, derive_key_id(secret, log_id, first_epoch)};
    KeyRing ring(log_id);
    auto half = wrap_half(log_id, secret, name, ring, account_key);
    if (!half) return failure(half.error());
    Secret chain_key = derive_chain_key(secret, log_id, first_epoch);
    ring.add(name, chain_key.copy());
    return LogKeys({log_id, name.key_id, first_epoch, first_branch}, std::move(chain_key), account_key.copy(),
                   std::move(ring), {log_id, std::move(*half), {}, {}});
}

Result<LogKeys> LogKeys::parse(std::string_view file_text, const Secret& secret) {
    auto file = parse_keys_file(file_text);
    if (!file) return failure(file.error());
    const auto opens = [&](const KeysFile::Half& half) {
        const EpochKey& name = half.epochs.back().name;
        return derive_key_id(secret, file->log_id, name.epoch) == name.key_id;
    };
    const KeysFile::Half* half = nullptr;
    if (file->former && opens(*file->former)) half = &*file->former;
    if (opens(file->newest)) half = &file->newest;
    if (half == nullptr) return other_secret(*file, secret);
    const KeysFile::Half opened = *half;
    return unwrap(std::move(*file), opened, secret);
}

Result<LogKeys> LogKeys::unwrap(KeysFile file, const KeysFile::Half& half, const Secret& secret) {
    const LogId& log_id = file.log_id;
    const EpochKey newest = half.epochs.back().name;
    auto account_key = aead_unwrap(account_key_wrapping_key(secret, log_id, newest.epoch),
                                   account_key_aad(log_id, newest.epoch), half.wrapped_account_key);
    if (!account_key || account_key->size() != account_key_bytes)
        return damaged_keys_file("the wrapped account key");
    KeyRing ring(log_id);
    const Secret wrapping_key = chain_key_wrapping_key(secret, log_id, newest.epoch);
    for (const KeysFile::Epoch& epoch : half.epochs) {
        if (epoch.name == newest) break;
        auto chain_key = aead_unwrap(wrapping_key, chain_key_aad(log_id, newest.epoch, epoch.name),
                                     epoch.wrapped_chain_key);
        if (!chain_key || chain_key->size() != chain_key_bytes)
            return damaged_keys_file("the wrapped chain key of epoch " + std::to_string(epoch.name.epoch));
        ring.add(epoch.name, std::move(*chain_key));
    }
    const LogIdentity identity{log_id, newest.key_id, newest.epoch, branch_of(file)};
    Secret chain_key = derive_chain_key(secret, log_id, newest.epoch);
    ring.add(newest, chain_key.copy());
    return LogKeys(identity, std::move(chain_key), std::move(*account_key), std::move(ring), std::move(file));
}

std::string LogKeys::file_text() const {
    return render_keys_file(file_);
}

Result<LogKeys> LogKeys::next_epoch(const Secret& secret) const {
    if (auto checked = check_secret(secret); !checked) return failure(checked.error());
    if (rotating())
        return failure(ErrorCode::engine_held, "a rotation of the audit key is not finished",
                       "Start the engine once, so that it finishes the rotation; then rotate again.");
    const LogId& log_id = identity_.log_id;
    for (const EpochKey& name : ring_.names())
        if (derive_key_id(secret, log_id, name.epoch) == name.key_id)
            return failure(ErrorCode::config_invalid, "the new audit secret is one the log had before",
                           "Make a new random secret of 32 bytes or more.");
    if (identity_.epoch >= epochs_max)
        return failure(ErrorCode::config_invalid,
                       "the log has had " + std::to_string(epochs_max) + " audit keys, which is the limit",
                       "Begin a new log in another data directory.");
    const EpochKey next{identity_.epoch + 1, derive_key_id(secret, log_id, identity_.epoch + 1)};
    auto half = wrap_half(log_id, secret, next, ring_, account_key_);
    if (!half) return failure(half.error());
    KeysFile file{log_id, std::move(*half), file_.newest, file_.resumptions};
    Secret chain_key = derive_chain_key(secret, log_id, next.epoch);
    KeyRing ring = ring_.copy();
    ring.add(next, chain_key.copy());
    return LogKeys({log_id, next.key_id, next.epoch, identity_.branch}, std::move(chain_key),
                   account_key_.copy(), std::move(ring), std::move(file));
}

std::optional<EpochKey> LogKeys::rotating_to() const {
    if (!rotating()) return {};
    return file_.newest.epochs.back().name;
}

LogKeys LogKeys::settled() const {
    LogKeys keys = copy();
    if (keys.rotating() && keys.file_.newest.epochs.back().name.epoch != identity_.epoch)
        keys.file_.newest = *keys.file_.former;
    keys.file_.former.reset();
    assert(keys.file_.newest.epochs.back().name.key_id == identity_.key_id);
    return keys;
}

LogKeys LogKeys::resumed(SequenceId sequence) const {
    assert(sequence > SequenceId(1));
    LogKeys keys = copy();
    auto& resumptions = keys.file_.resumptions;
    std::erase_if(resumptions, [&](SequenceId other) { return other >= sequence; });
    assert(resumptions.size() < resumptions_max);
    resumptions.push_back(sequence);
    keys.identity_.branch = branch_of(keys.file_);
    return keys;
}

}  // namespace ibkr::events
