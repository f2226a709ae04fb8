#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/ports/broker.hpp"
#include "events/result.hpp"
#include "io/broker/sim/instruments.hpp"
#include "io/broker/sim/units.hpp"

namespace ibkr::io::sim {

/// What can be traded against at one moment.
struct Touch {
    Cents bid;
    Cents ask;
    Cents last;
};

/// The venue's prices: a pure function of (seed, moment the book was made, contract, moment). Time is cut
/// into slots of 5 s; within a slot a price stands still. Every contract rests at its base price for the
/// first minute of the book, then follows a sum of eight bounded waves of hashed heights with periods from
/// 10 s to two days, so it stays within 8 % of its base. Before the book was made the same waves give its
/// history. The market never closes. Integer arithmetic only.
class Market {
public:
    static constexpr Millis slot_length = 5'000;
    static constexpr std::int64_t resting_slots = 12;  ///< one minute
    static constexpr Millis bars_span_max = Millis{31} * 86'400'000;
    static constexpr std::int64_t bars_max = 1000;

    Market(std::uint64_t seed, Millis created) noexcept;

    [[nodiscard]] Touch at(const Instrument& instrument, Millis moment) const noexcept;
    /// The first moment after `moment` at which prices may differ.
    [[nodiscard]] static Millis next_slot(Millis moment) noexcept;

    /// Bars of the last `duration` ("3600 S", "1 D", "1 W", "1 M": at most 31 days) up to `now`, the one in
    /// progress included; each starts at a multiple of its size since 1970 (UTC). HISTORICAL_BARS_UNAVAILABLE
    /// names what is supported.
    [[nodiscard]] events::Result<std::vector<engine::Bar>> bars(const Instrument& instrument,
                                                                std::string_view duration,
                                                                std::string_view bar_size, Millis now) const;

private:
    [[nodiscard]] Cents last_in_slot(const Instrument& instrument, std::int64_t slot) const noexcept;
    [[nodiscard]] engine::Bar bar(const Instrument& instrument, Millis start, Millis length,
                                  Millis now) const;

    std::uint64_t seed_;
    std::int64_t first_slot_;
};

}  // namespace ibkr::io::sim
