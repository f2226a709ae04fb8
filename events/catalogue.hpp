#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.hpp"

namespace ibkr::events {

/// How long events of a type are kept at least (design section 4); purge is a later issue.
enum class Retention : std::uint8_t { audit, trading };

/// One row per alternative of Body, in its order.
/// Invariants: 1. `number` is in the record header, never reused, never changed. 2. `name` is in the JSON.
/// 3. `version` is the newest body version this build writes; older ones are lifted by `upcast`.
/// Reserved numbers of later types: 2 log_tail_discarded, 3 log_resumed, 4 audit_key_retired,
/// 5 audit_key_activated.
struct EventDescriptor {
    std::uint16_t number;
    std::string_view name;
    std::uint16_t version;
    Retention retention;
    std::string_view meaning;
};

[[nodiscard]] std::span<const EventDescriptor> event_catalogue() noexcept;
[[nodiscard]] const EventDescriptor& descriptor(const Body& body) noexcept;
[[nodiscard]] const EventDescriptor* find_descriptor(std::uint16_t number) noexcept;
[[nodiscard]] const EventDescriptor* find_descriptor(std::string_view name) noexcept;

/// `docs/events.md`: every type with number, version, meaning and body members.
[[nodiscard]] std::string event_catalogue_markdown();

}  // namespace ibkr::events
