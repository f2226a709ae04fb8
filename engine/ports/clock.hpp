#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "events/values/ids.hpp"

namespace ibkr::engine {

/// Wall time for facts. The writer makes decision time monotone itself: max(clock, last log time).
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual events::Timestamp now() = 0;
};

/// Ids and randomness for facts and events. The virtual twin is seeded, so a run repeats exactly.
class IdSource {
public:
    virtual ~IdSource() = default;
    [[nodiscard]] virtual std::string next_uuid(events::Timestamp time) = 0;
};

/// The moment at which the exchange's day began, for the daily limits; a fact of every order decision.
using DayStart = std::function<events::Result<events::Timestamp>(events::Timestamp now)>;

/// Midnight UTC: the day of the virtual twins.
[[nodiscard]] events::Result<events::Timestamp> utc_day_start(events::Timestamp now);

class SystemClock final : public Clock {
public:
    [[nodiscard]] events::Timestamp now() override;
};

/// UUIDv7 from the operating system's random source; ends the process if that source fails.
class SystemIdSource final : public IdSource {
public:
    [[nodiscard]] std::string next_uuid(events::Timestamp time) override;
};

/// Time that moves only when told to.
class VirtualClock final : public Clock {
public:
    explicit VirtualClock(events::Timestamp start) : now_(start) {}
    [[nodiscard]] events::Timestamp now() override { return now_; }
    void advance_ms(std::int64_t ms) { now_ = now_.plus_ms(ms); }

private:
    events::Timestamp now_;
};

/// UUIDv7 whose random bits come from a seed (splitmix64): the same seed gives the same ids.
class SeededIdSource final : public IdSource {
public:
    explicit SeededIdSource(std::uint64_t seed) : state_(seed) {}
    [[nodiscard]] std::string next_uuid(events::Timestamp time) override;

private:
    std::uint64_t state_;
};

}  // namespace ibkr::engine
