#pragma once

#include <optional>
#include <string>
#include <utility>

#include "events/crypto/secret.hpp"
#include "events/result.hpp"
#include "io/config/config.hpp"

namespace ibkr::io {

/// Where the audit secret comes from; shown, unlike its value.
enum class KeySource : std::uint8_t {
    environment,  ///< "supplied"
    key_file      ///< "stored on this machine"
};
[[nodiscard]] std::string_view to_string(KeySource source) noexcept;

struct AuditKey {
    events::Secret secret;
    KeySource source = KeySource::environment;
    /// The generated key that a rotation put down beside the key file and that has not taken its place yet.
    std::optional<events::Secret> next = {};
    bool next_is_in_force = false;  ///< set by `open_under`: the log is under `next`
    /// The secret the log opened under.
    [[nodiscard]] const events::Secret& in_force() const { return next_is_in_force ? *next : secret; }
};

/// The audit secret of `config`: its variable, or in the offline profile the key file, which is made (0600,
/// 64 hex digits of 32 random bytes, in one step) when `may_create` and no log is there yet. The secret is
/// the file's text without its newline, so that the same text in a variable is the same key.
/// Errors: CONFIG_INVALID (variable unset or below 32 bytes; file unreadable by us, open to others, or not a
/// key), LOG_KEY_MISMATCH (a log stands there without its key file), AUDIT_WRITE_FAILED.
[[nodiscard]] events::Result<AuditKey> load_audit_key(const Config& config, const Environment& environment,
                                                      bool may_create);

// Rotation of the generated key file (`audit rotate-key`), crash-safe at every step:
//   1. `put_down_next_key`   `key.next` is made beside `key` and synced; cut off here, it is no key yet
//   2. events::rotate_key    the log goes on under it
//   3. `settle_key_files`    `key` is kept as `key.former`, `key.next` renamed over it, the folder synced
// A start that finds `key.next` tries `key` first (`open_under`). It opens the log: the rotation did not
// happen, and `key.next` is removed. It does not, and `key.next` does: the rotation happened, and step 3
// follows.

/// Makes the next key beside the key file; `key` holds both afterwards. Preconditions: the key file is the
/// source, and the files are settled.
[[nodiscard]] events::Result<void> put_down_next_key(const Config& config, AuditKey& key);

/// The key files become what the log says. Called once the log is open under `key.in_force()`, not held, and
/// locked by the caller. Error audit_write_failed: the next start does it.
[[nodiscard]] events::Result<void> settle_key_files(const Config& config, AuditKey& key);

/// The error of opening a log. When its key does not fit and came from the key file, the advice names the
/// former key that the last rotation left as `key.former` (0600): older copies open under it.
[[nodiscard]] events::Error with_former_key_advice(const Config& config, KeySource source,
                                                   events::Error error);

/// Opens a log: `open(secret)` with the key, and with the next one when the log is not under that. Writes no
/// key file.
template <class Open>
[[nodiscard]] auto open_under(AuditKey& key, const Open& open) -> decltype(open(key.secret)) {
    auto opened = open(key.secret);
    if (opened || !key.next || opened.error().code != events::ErrorCode::log_key_mismatch) return opened;
    auto opened_under_next = open(*key.next);
    key.next_is_in_force = opened_under_next.has_value();
    const bool is_under_neither =
        !opened_under_next && opened_under_next.error().code == events::ErrorCode::log_key_mismatch;
    return is_under_neither ? std::move(opened) : std::move(opened_under_next);
}

}  // namespace ibkr::io
