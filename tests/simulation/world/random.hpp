#pragma once

#include <cassert>
#include <cstdint>
#include <string_view>

namespace ibkr::simulation {

/// FNV-1a, 64 bits: the same with every compiler.
[[nodiscard]] constexpr std::uint64_t hash_of(std::string_view text,
                                              std::uint64_t from = 0xcbf29ce484222325) noexcept {
    for (const char c : text)
        from = (from ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return from;
}

/// Random integers (splitmix64) that a seed and a name give, the same with every compiler and library. Each
/// concern of a simulation has its own stream, so that one more draw in one does not shift the others.
class RandomStream {
public:
    constexpr RandomStream(std::uint64_t seed, std::string_view name) noexcept
        : state_(mixed(seed) ^ hash_of(name)) {}

    constexpr std::uint64_t next() noexcept { return mixed(state_ += 0x9e3779b97f4a7c15); }
    /// 0 to `bound` - 1, each as often as any other; `bound` > 0.
    constexpr std::uint64_t below(std::uint64_t bound) noexcept {
        assert(bound > 0);
        const std::uint64_t whole = UINT64_MAX - UINT64_MAX % bound;
        std::uint64_t value = next();
        while (value >= whole)
            value = next();
        return value % bound;
    }
    /// `low` to `high`, both included.
    constexpr std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
        return low + below(high - low + 1);
    }
    constexpr bool chance(std::uint64_t in_hundred) noexcept { return below(100) < in_hundred; }

private:
    static constexpr std::uint64_t mixed(std::uint64_t value) noexcept {
        value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27U)) * 0x94d049bb133111eb;
        return value ^ (value >> 31U);
    }
    std::uint64_t state_;
};

}  // namespace ibkr::simulation
