#pragma once

#include <string>

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
};

/// The audit secret of `config`: its variable, or in the offline profile the key file, which is made (0600,
/// 64 hex digits of 32 random bytes, in one step) when `may_create` and no log is there yet. The secret is
/// the file's text without its newline, so that the same text in a variable is the same key.
/// Errors: CONFIG_INVALID (variable unset or below 32 bytes; file unreadable by us, open to others, or not a
/// key), LOG_KEY_MISMATCH (a log stands there without its key file), AUDIT_WRITE_FAILED.
[[nodiscard]] events::Result<AuditKey> load_audit_key(const Config& config, const Environment& environment,
                                                      bool may_create);

}  // namespace ibkr::io
