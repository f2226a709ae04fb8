#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/crypto/bytes.hpp"

namespace ibkr::events {

/// Bytes that must not leak: overwritten when the object goes away, never copied by accident, never printed
/// or compared with ==. The caller who takes one from outside checks its length (`audit_secret_bytes_min`).
class Secret {
public:
    Secret() = default;
    explicit Secret(Bytes bytes) : bytes_(bytes.begin(), bytes.end()) {}
    explicit Secret(std::string_view text) : Secret(bytes_of(text)) {}
    /// Takes the text over and overwrites the caller's buffer.
    [[nodiscard]] static Secret take(std::string& text);

    ~Secret();
    Secret(Secret&& other) noexcept = default;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    [[nodiscard]] Bytes bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }
    [[nodiscard]] Secret copy() const { return Secret(bytes()); }

private:
    void wipe() noexcept;
    std::vector<std::uint8_t> bytes_;
};

/// An audit secret is at least this long; shorter ones are refused where they enter (config, environment).
inline constexpr std::size_t audit_secret_bytes_min = 32;

/// Overwrites a buffer so that the compiler cannot leave the write out.
void wipe(std::span<std::uint8_t> bytes) noexcept;

/// Compares in time that depends on the length alone.
[[nodiscard]] bool equal_in_constant_time(Bytes a, Bytes b) noexcept;

}  // namespace ibkr::events
