#include "events/crypto/hkdf.hpp"

#include <algorithm>
#include <cassert>
#include <vector>

#include "events/crypto/hmac.hpp"

namespace ibkr::events {

Secret hkdf_sha256(Bytes input_key, std::string_view salt, std::string_view info, std::size_t length) {
    assert(length >= 1 && length <= hkdf_bytes_max);
    Digest pseudo_random_key = hmac_sha256(bytes_of(salt), {text_of(input_key)});
    HmacSha256 expand(pseudo_random_key);
    wipe(pseudo_random_key);

    std::vector<std::uint8_t> output(length);
    Digest block{};
    std::size_t block_bytes = 0;  // the first block chains to nothing
    std::size_t filled = 0;
    for (std::uint8_t counter = 1; filled < length; ++counter) {
        const std::string_view number(reinterpret_cast<const char*>(&counter), 1);
        block = expand.mac({text_of(Bytes(block).first(block_bytes)), info, number});
        block_bytes = block.size();
        const std::size_t part = std::min(block.size(), length - filled);
        std::copy_n(block.begin(), part, output.begin() + static_cast<std::ptrdiff_t>(filled));
        filled += part;
    }
    Secret result{Bytes(output)};
    wipe(output);
    wipe(block);
    return result;
}

}  // namespace ibkr::events
