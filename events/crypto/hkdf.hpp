#pragma once

#include <cstddef>
#include <string_view>

#include "events/crypto/secret.hpp"

namespace ibkr::events {

inline constexpr std::size_t hkdf_bytes_max = 8'160;  ///< 255 blocks

/// HKDF-SHA256 (RFC 5869), extract and expand. `length` in bytes, 1 to `hkdf_bytes_max`.
[[nodiscard]] Secret hkdf_sha256(Bytes input_key, std::string_view salt, std::string_view info,
                                 std::size_t length = 32);

}  // namespace ibkr::events
