#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "events/crypto/bytes.hpp"

namespace ibkr::events {

using Digest = std::array<std::uint8_t, 32>;

/// FIPS 180-4. Any thread. A crypto library that cannot hash ends the process: nothing here can go on.
[[nodiscard]] Digest sha256(std::string_view data);

/// SHA-256 over a stream. One thread at a time; `digest` gives the digest of everything so far and does not
/// end the stream.
class Sha256Stream {
public:
    Sha256Stream();
    ~Sha256Stream();
    Sha256Stream(Sha256Stream&&) noexcept;
    Sha256Stream& operator=(Sha256Stream&&) noexcept;
    Sha256Stream(const Sha256Stream&) = delete;
    Sha256Stream& operator=(const Sha256Stream&) = delete;

    void update(std::string_view data);
    [[nodiscard]] Digest digest() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ibkr::events
