#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/crypto/secret.hpp"
#include "events/result.hpp"

namespace ibkr::events {

inline constexpr std::size_t aead_key_bytes = 32;
using AeadNonce = std::array<std::uint8_t, 12>;
inline constexpr std::size_t aead_tag_bytes = 16;
inline constexpr std::size_t aead_plaintext_bytes_max = 4096;  ///< keys are wrapped, not documents

/// AES-256-GCM (NIST SP 800-38D). The result is nonce ‖ ciphertext ‖ tag with a fresh random nonce.
/// Error: audit_write_failed when no random bytes can be had.
[[nodiscard]] Result<std::string> aead_wrap(const Secret& key, std::string_view aad, Bytes plaintext);

/// The same under a given nonce. A nonce must never serve two messages under one key; for test vectors.
[[nodiscard]] std::string aead_wrap_with_nonce(const Secret& key, const AeadNonce& nonce,
                                               std::string_view aad, Bytes plaintext);

/// Nothing when the key, the aad or any byte differs; says nothing about which.
[[nodiscard]] std::optional<Secret> aead_unwrap(const Secret& key, std::string_view aad,
                                                std::string_view wrapped);

}  // namespace ibkr::events
