#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "events/log/export.hpp"

namespace ibkr::events {

// The three kinds of lines of an export, without their newline. Reading gives nothing unless the line is byte
// for byte what writing would give: there is one form for each content.

[[nodiscard]] std::string render_description(const ExportDescription& description);
/// Error: audit_chain_invalid, or log_version_unsupported for a form with a higher number.
[[nodiscard]] Result<ExportDescription> parse_description(std::string_view line);

/// Nothing when the record's bytes are not one canonical JSON object.
[[nodiscard]] std::optional<std::string> render_record(const Record& record);
[[nodiscard]] bool parse_record(std::string_view line, Record& record);

[[nodiscard]] std::string render_export_mac(const Digest& mac, const KeyId& key_id);
/// HMAC-SHA256(chain key, "ibkr-agent export" NUL ‖ sha256(every byte before the last line)).
[[nodiscard]] Digest export_mac(const Secret& chain_key, const Digest& content);

}  // namespace ibkr::events
