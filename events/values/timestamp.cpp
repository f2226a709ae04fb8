#include "events/values/timestamp.hpp"

#include <cassert>
#include <charconv>
#include <chrono>

namespace ibkr::events {
namespace {

constexpr std::int64_t ms_per_day = 86'400'000;
constexpr std::int64_t last_unix_ms = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z

/// Reads exactly `digits` decimal digits and removes them from the front.
bool take_number(std::string_view& text, std::size_t digits, int& value) {
    if (text.size() < digits) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
    if (error != std::errc{} || end != text.data() + digits || value < 0 || text.front() == '-') return false;
    text.remove_prefix(digits);
    return true;
}

bool take_one_of(std::string_view& text, std::string_view choices) {
    if (text.empty() || choices.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

bool take_fraction(std::string_view& text, int& ms) {
    ms = 0;
    if (!take_one_of(text, ".")) return true;
    int scale = 100;
    std::size_t digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        if (++digits > 3) return false;
        ms += (text.front() - '0') * scale;
        scale /= 10;
        text.remove_prefix(1);
    }
    return digits > 0;
}

bool take_offset(std::string_view& text, int& minutes) {
    minutes = 0;
    if (take_one_of(text, "Zz")) return true;
    const bool west = !text.empty() && text.front() == '-';
    int hours = 0;
    int rest = 0;
    if (!take_one_of(text, "+-") || !take_number(text, 2, hours) || !take_one_of(text, ":") ||
        !take_number(text, 2, rest) || hours > 23 || rest > 59)
        return false;
    minutes = (hours * 60 + rest) * (west ? -1 : 1);
    return true;
}

/// Writes `value` into `digits` places of `text`, leading zeros included.
void put_number(std::string& text, std::size_t at, std::size_t digits, int value) noexcept {
    for (std::size_t i = digits; i-- > 0; value /= 10)
        text[at + i] = static_cast<char>('0' + value % 10);
}

}  // namespace

Result<Timestamp> Timestamp::parse(std::string_view text) {
    const auto refuse = [&] {
        return failure(ErrorCode::input_invalid_time_range,
                       "not an RFC 3339 time with at most milliseconds, such as 2026-01-05T15:00:00Z");
    };
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0, offset_minutes = 0;
    const bool well_formed =
        take_number(text, 4, year) && take_one_of(text, "-") && take_number(text, 2, month) &&
        take_one_of(text, "-") && take_number(text, 2, day) && take_one_of(text, "Tt ") &&
        take_number(text, 2, hour) && take_one_of(text, ":") && take_number(text, 2, minute) &&
        take_one_of(text, ":") && take_number(text, 2, second) && take_fraction(text, ms) &&
        take_offset(text, offset_minutes) && text.empty();
    if (!well_formed || hour > 23 || minute > 59 || second > 59) return refuse();
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || year < 1970) return refuse();
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t seconds = (hour * 60LL + minute - offset_minutes) * 60 + second;
    const std::int64_t unix_ms = days * ms_per_day + seconds * 1000 + ms;
    if (unix_ms < 0 || unix_ms > last_unix_ms) return refuse();
    return Timestamp(unix_ms);
}

std::string Timestamp::to_string() const {
    assert(unix_ms_ >= 0 && unix_ms_ <= last_unix_ms);
    const std::int64_t days = unix_ms_ / ms_per_day;
    const std::int64_t rest = unix_ms_ % ms_per_day;
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
    std::string text = "0000-00-00T00:00:00.000Z";
    put_number(text, 0, 4, static_cast<int>(date.year()));
    put_number(text, 5, 2, static_cast<int>(static_cast<unsigned>(date.month())));
    put_number(text, 8, 2, static_cast<int>(static_cast<unsigned>(date.day())));
    put_number(text, 11, 2, static_cast<int>(rest / 3'600'000));
    put_number(text, 14, 2, static_cast<int>(rest / 60'000 % 60));
    put_number(text, 17, 2, static_cast<int>(rest / 1000 % 60));
    put_number(text, 20, 3, static_cast<int>(rest % 1000));
    return text;
}

std::string to_text(const Timestamp& value) {
    return value.to_string();
}

bool from_text(std::string_view text, Timestamp& value) {
    auto parsed = Timestamp::parse(text);
    if (parsed) value = *parsed;
    return parsed.has_value();
}

}  // namespace ibkr::events
