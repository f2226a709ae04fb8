#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/crypto/secret.hpp"
#include "events/log/keys/key_ring.hpp"
#include "events/log/keys/keys_file.hpp"
#include "events/log/record.hpp"
#include "events/result.hpp"

namespace ibkr::events {

inline constexpr std::size_t account_key_bytes = 32;

/// HKDF-SHA256(secret of the epoch, salt log id, info "ibkr-agent chain key" ‖ be32(epoch)), 32 bytes.
[[nodiscard]] Secret derive_chain_key(const Secret& secret, const LogId& log_id, std::uint32_t epoch);
/// First 8 bytes of HMAC-SHA256(secret, "ibkr-agent key id" ‖ log id ‖ be32(epoch)).
[[nodiscard]] KeyId derive_key_id(const Secret& secret, const LogId& log_id, std::uint32_t epoch);

/// The keys of one log and the content of its `keys` file: one epoch in force, the retired ones before it,
/// the account key, and where the log was resumed. The audit secret itself is not kept.
///
/// A rotation is crash-safe because the file of `next_epoch` can be opened with either secret until the log
/// itself says which is in force (design section 4): `rotating()` is true then, `identity()` is the epoch of
/// the secret supplied, and `settled` drops the other.
class LogKeys {
public:
    /// Keys of a new log: random log id and account key. `secret` has at least `audit_secret_bytes_min`
    /// bytes, else config_invalid.
    [[nodiscard]] static Result<LogKeys> create(const Secret& secret);
    /// The same with a given log id and account key (32 bytes): for fixtures and tests that must repeat.
    [[nodiscard]] static Result<LogKeys> create(const Secret& secret, const LogId& log_id,
                                                const Secret& account_key);
    /// From the text of a `keys` file. Errors: log_key_mismatch when `secret` is not the one of the newest
    /// epoch, nor of the one before while rotating (names the key ids); log_version_unsupported for a newer
    /// format; engine_held when the file is damaged.
    [[nodiscard]] static Result<LogKeys> parse(std::string_view file_text, const Secret& secret);

    /// What stands in the `keys` file: one line of canonical JSON with a newline.
    [[nodiscard]] std::string file_text() const;
    /// Epoch and key id in force; branch: that of the last resumption.
    [[nodiscard]] const LogIdentity& identity() const noexcept { return identity_; }
    [[nodiscard]] const Secret& chain_key() const noexcept { return chain_key_; }
    /// Every chain key the supplied secret opens: the one in force and the retired ones.
    [[nodiscard]] const KeyRing& ring() const noexcept { return ring_; }
    /// For `account_hash`. Never exported, never given to auditors, the same for the log's whole life.
    [[nodiscard]] const Secret& account_key() const noexcept { return account_key_; }
    /// Sequences of the `log_resumed` records, ascending. A hint: each record attests itself
    /// (`read_resumption`).
    [[nodiscard]] const std::vector<SequenceId>& resumptions() const noexcept { return file_.resumptions; }
    [[nodiscard]] LogKeys copy() const;
    /// The same for `resume_log`: a store opened with them may end under the key of an earlier epoch, because
    /// a rotation was lost. It then takes nothing but a `log_resumed` record, under `identity()`.
    [[nodiscard]] LogKeys to_resume() const;
    [[nodiscard]] bool resuming() const noexcept { return resuming_; }

    /// The keys under a new secret, one epoch on; the result is `rotating()`. Errors: config_invalid (secret
    /// too short, one that the log had before, or `epochs_max` reached), engine_held when these keys are
    /// rotating themselves.
    [[nodiscard]] Result<LogKeys> next_epoch(const Secret& secret) const;
    [[nodiscard]] bool rotating() const noexcept { return file_.former.has_value(); }
    /// While rotating: the epoch the rotation leads to.
    [[nodiscard]] std::optional<EpochKey> rotating_to() const;
    /// `identity()`'s epoch becomes, or stays, the newest; the other half of a rotation is dropped.
    [[nodiscard]] LogKeys settled() const;
    /// The keys of the log after a `log_resumed` record at `sequence`: the next branch. Resumptions at or
    /// beyond it are forgotten: their records are lost. A log has at most `resumptions_max`.
    [[nodiscard]] LogKeys resumed(SequenceId sequence) const;

private:
    LogKeys(LogIdentity identity, Secret chain_key, Secret account_key, KeyRing ring, KeysFile file);
    /// What `secret` opens in `half`, under its newest epoch.
    [[nodiscard]] static Result<LogKeys> unwrap(KeysFile file, const KeysFile::Half& half,
                                                const Secret& secret);

    LogIdentity identity_;
    Secret chain_key_;
    Secret account_key_;
    KeyRing ring_;
    KeysFile file_;
    bool resuming_ = false;
};

}  // namespace ibkr::events
