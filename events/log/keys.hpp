#pragma once

#include <string>
#include <string_view>

#include "events/crypto/secret.hpp"
#include "events/log/record.hpp"
#include "events/result.hpp"

namespace ibkr::events {

inline constexpr std::size_t account_key_bytes = 32;
inline constexpr std::size_t keys_file_bytes_max = 65'536;

/// HKDF-SHA256(secret of the epoch, salt log id, info "ibkr-agent chain key" ‖ be32(epoch)), 32 bytes.
[[nodiscard]] Secret derive_chain_key(const Secret& secret, const LogId& log_id, std::uint32_t epoch);
/// First 8 bytes of HMAC-SHA256(secret, "ibkr-agent key id" ‖ log id ‖ be32(epoch)).
[[nodiscard]] KeyId derive_key_id(const Secret& secret, const LogId& log_id, std::uint32_t epoch);

/// The keys of one log and the content of its `keys` file. There is one epoch now; the file lists epochs so
/// that rotation can add more. The audit secret itself is not kept.
class LogKeys {
public:
    /// Keys of a new log: random log id and account key. `secret` has at least `audit_secret_bytes_min`
    /// bytes, else config_invalid.
    [[nodiscard]] static Result<LogKeys> create(const Secret& secret);
    /// The same with a given log id and account key (32 bytes): for fixtures and tests that must repeat.
    [[nodiscard]] static Result<LogKeys> create(const Secret& secret, const LogId& log_id,
                                                const Secret& account_key);
    /// From the text of a `keys` file. Errors: log_key_mismatch when `secret` is not the one of the newest
    /// epoch (names both key ids); log_version_unsupported for a newer format; engine_held when the file is
    /// damaged.
    [[nodiscard]] static Result<LogKeys> parse(std::string_view file_text, const Secret& secret);

    /// What stands in the `keys` file: one line of canonical JSON with a newline.
    [[nodiscard]] std::string file_text() const;
    [[nodiscard]] const LogIdentity& identity() const noexcept { return identity_; }
    [[nodiscard]] const Secret& chain_key() const noexcept { return chain_key_; }
    /// For `account_hash`. Never exported, never given to auditors, the same for the log's whole life.
    [[nodiscard]] const Secret& account_key() const noexcept { return account_key_; }
    [[nodiscard]] LogKeys copy() const;

private:
    LogKeys(LogIdentity identity, Secret chain_key, Secret account_key, std::string wrapped);
    LogIdentity identity_;
    Secret chain_key_;
    Secret account_key_;
    std::string wrapped_account_key_;  ///< nonce ‖ ciphertext ‖ tag
};

}  // namespace ibkr::events
