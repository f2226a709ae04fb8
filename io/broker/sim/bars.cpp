#include <array>
#include <charconv>
#include <optional>

#include "io/broker/sim/market.hpp"

namespace ibkr::io::sim {
namespace {

constexpr Millis second = 1'000;
constexpr Millis minute = 60 * second;
constexpr Millis hour = 60 * minute;
constexpr Millis day = 24 * hour;

struct BarSize {
    std::string_view name;
    Millis length;
};
constexpr std::array bar_sizes{BarSize{"1 min", minute}, BarSize{"5 mins", 5 * minute},
                               BarSize{"15 mins", 15 * minute}, BarSize{"1 hour", hour},
                               BarSize{"1 day", day}};

std::optional<Millis> length_of_unit(char unit) {
    switch (unit) {
        case 'S':
            return second;
        case 'D':
            return day;
        case 'W':
            return 7 * day;
        case 'M':
            return 30 * day;
        default:
            return std::nullopt;
    }
}

/// "NUMBER UNIT", at most `Market::bars_span_max`.
std::optional<Millis> parse_duration(std::string_view text) {
    Millis count = 0;
    const char* const stop = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), stop, count);
    if (error != std::errc{} || stop - end != 2 || *end != ' ') return std::nullopt;
    const auto unit = length_of_unit(text.back());
    if (!unit || count <= 0 || count > Market::bars_span_max / *unit) return std::nullopt;
    return count * *unit;
}

std::optional<Millis> parse_bar_size(std::string_view text) {
    for (const BarSize& size : bar_sizes)
        if (size.name == text) return size.length;
    return std::nullopt;
}

}  // namespace

events::Result<std::vector<engine::Bar>> Market::bars(const Instrument& instrument, std::string_view duration,
                                                      std::string_view bar_size, Millis now) const {
    const auto span = parse_duration(duration);
    const auto length = parse_bar_size(bar_size);
    if (!span || !length || *span < *length || *span / *length > bars_max)
        return events::failure(
            events::ErrorCode::historical_bars_unavailable, "the venue has no bars of this duration and size",
            "ask for \"3600 S\" or other seconds, \"1 D\", \"1 W\" or \"1 M\" (31 days at "
            "most) in bars of \"1 min\", \"5 mins\", \"15 mins\", \"1 hour\" or \"1 day\", "
            "together at most 1000 bars");
    const Millis newest = now - now % *length;
    std::vector<engine::Bar> result;
    for (Millis start = newest - (*span / *length - 1) * *length; start <= newest; start += *length)
        result.push_back(bar(instrument, start, *length, now));
    return result;
}

}  // namespace ibkr::io::sim
