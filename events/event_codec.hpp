#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "events/event.hpp"
#include "events/log/record.hpp"
#include "events/result.hpp"

namespace ibkr::events {

/// Bytes of a record, at most (design section 4).
inline constexpr std::size_t event_bytes_max = 65'535;

/// The canonical bytes (RFC 8785) that are MACed and stored. Fails with ORDER_VALIDATION_FAILED when they
/// would exceed `event_bytes_max`; every other event has bytes.
[[nodiscard]] Result<std::string> encode_event(const Event& event);

/// The canonical JSON of a body alone, for comparing and showing.
[[nodiscard]] std::string body_json(const Body& body);

/// The only way from bytes to an event, for every reader: checks the form, lifts older versions to the newest
/// (upcasting), and decodes strictly. A type number or version newer than this build knows is
/// LOG_VERSION_UNSUPPORTED; bytes that are not such an event are AUDIT_CHAIN_INVALID.
/// `decode_event(n, encode_event(e)) == e` for every event.
[[nodiscard]] Result<Event> decode_event(std::uint16_t type_number, std::string_view bytes);

/// `decode_event` of a record, which must also carry the record's own sequence: the chain covers the bytes
/// but does not read them. AUDIT_CHAIN_INVALID when it carries another.
[[nodiscard]] Result<Event> decode_record(const Record& record);

}  // namespace ibkr::events
