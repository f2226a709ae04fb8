#include "events/crypto/random.hpp"

#include <openssl/rand.h>

namespace ibkr::events {

Result<void> fill_random(std::span<std::uint8_t> out) {
    if (out.empty() || RAND_bytes(out.data(), static_cast<int>(out.size())) == 1) return {};
    return failure(ErrorCode::audit_write_failed, "the system gives no random bytes",
                   "Check that /dev/urandom is readable and try again.");
}

}  // namespace ibkr::events
