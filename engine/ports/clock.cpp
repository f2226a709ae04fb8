#include "engine/ports/clock.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sys/random.h>

namespace ibkr::engine {
namespace {

std::uint64_t split_mix(std::uint64_t& state) {
    state += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

}  // namespace

events::Timestamp SystemClock::now() {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return events::Timestamp(std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
}

events::Result<events::Timestamp> utc_day_start(events::Timestamp now) {
    constexpr std::int64_t ms_per_day = 86'400'000;
    return events::Timestamp(now.unix_ms() - now.unix_ms() % ms_per_day);
}

std::string SystemIdSource::next_uuid(events::Timestamp time) {
    std::array<std::uint8_t, 10> random{};
    if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
        std::fputs("ibkr-agent: the operating system gives no random bytes\n", stderr);
        std::abort();
    }
    return events::uuid_v7(time, random);
}

std::string SeededIdSource::next_uuid(events::Timestamp time) {
    std::array<std::uint8_t, 10> random{};
    const std::uint64_t first = split_mix(state_);
    const std::uint64_t second = split_mix(state_);
    for (std::size_t i = 0; i < 8; ++i)
        random[i] = static_cast<std::uint8_t>(first >> (8 * i));
    random[8] = static_cast<std::uint8_t>(second);
    random[9] = static_cast<std::uint8_t>(second >> 8);
    return events::uuid_v7(time, random);
}

}  // namespace ibkr::engine
