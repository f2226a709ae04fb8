#include "io/broker/sim/market.hpp"

#include <algorithm>
#include <array>

namespace ibkr::io::sim {
namespace {

struct Wave {
    std::int64_t period;     ///< slots between two hashed heights
    std::int64_t amplitude;  ///< in 1/10000 of the base price
};

constexpr std::array waves{Wave{2, 2},    Wave{8, 4},     Wave{32, 8},     Wave{128, 15},
                           Wave{512, 30}, Wave{2048, 60}, Wave{8192, 100}, Wave{32768, 150}};
constexpr std::int64_t height_one = 65'536;
constexpr std::int64_t base_points = 10'000;

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) noexcept {
    return a / b - (a % b < 0 ? 1 : 0);
}

/// The finishing function of splitmix64.
constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31U);
}

/// A height in [-height_one, height_one].
constexpr std::int64_t height(std::uint64_t stream, std::int64_t index) noexcept {
    const std::uint64_t bits = mixed(stream ^ mixed(static_cast<std::uint64_t>(index)));
    return static_cast<std::int64_t>(bits % (2 * height_one + 1)) - height_one;
}

/// Sum of the waves, in 1/10000 of the base price x height_one.
std::int64_t displacement(std::uint64_t seed, std::int64_t contract, std::int64_t step) noexcept {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < waves.size(); ++i) {
        const Wave& wave = waves[i];
        const std::uint64_t stream = mixed(seed ^ mixed(static_cast<std::uint64_t>(contract) * 16 + i));
        const std::int64_t index = floor_div(step, wave.period);
        const std::int64_t within = step - index * wave.period;
        const std::int64_t here = height(stream, index);
        const std::int64_t next = height(stream, index + 1);
        sum += wave.amplitude * (here + (next - here) * within / wave.period);
    }
    return sum;
}

/// Slots since the book was made, with the resting minute taken out: zero throughout it.
constexpr std::int64_t walk_step(std::int64_t slots) noexcept {
    if (slots < 0) return slots;
    return slots <= Market::resting_slots ? 0 : slots - Market::resting_slots;
}

}  // namespace

Market::Market(std::uint64_t seed, Millis created) noexcept
    : seed_(seed), first_slot_(floor_div(created, slot_length)) {}

Cents Market::last_in_slot(const Instrument& instrument, std::int64_t slot) const noexcept {
    const std::int64_t step = walk_step(slot - first_slot_);
    if (step == 0) return instrument.base;
    const std::int64_t moved =
        displacement(seed_, instrument.number, step) - displacement(seed_, instrument.number, 0);
    return instrument.base + instrument.base * moved / (base_points * height_one);
}

Touch Market::at(const Instrument& instrument, Millis moment) const noexcept {
    const Cents last = last_in_slot(instrument, floor_div(moment, slot_length));
    return {last - instrument.half_spread, last + instrument.half_spread, last};
}

Millis Market::next_slot(Millis moment) noexcept {
    return (floor_div(moment, slot_length) + 1) * slot_length;
}

engine::Bar Market::bar(const Instrument& instrument, Millis start, Millis length, Millis now) const {
    const std::int64_t first = floor_div(start, slot_length);
    const std::int64_t final = floor_div(std::min(start + length - 1, now), slot_length);
    const Cents open = last_in_slot(instrument, first);
    Cents high = open;
    Cents low = open;
    Cents close = open;
    for (std::int64_t slot = first + 1; slot <= final; ++slot) {
        close = last_in_slot(instrument, slot);
        high = std::max(high, close);
        low = std::min(low, close);
    }
    const auto stream = mixed(seed_ ^ mixed(static_cast<std::uint64_t>(instrument.number)));
    const auto busyness = static_cast<std::int64_t>(mixed(stream ^ static_cast<std::uint64_t>(start)) % 20);
    const Shares volume = instrument.display * (1 + busyness) * (final - first + 1);
    return {
        events::Timestamp(start),        price_of(open),    price_of(high), price_of(low), price_of(close),
        events::Quantity::whole(volume), events::Currency{}};
}

}  // namespace ibkr::io::sim
