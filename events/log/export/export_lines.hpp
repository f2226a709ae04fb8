#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "events/log/export/export.hpp"

namespace ibkr::events {

// The three kinds of lines of an export, without their newline. Reading gives nothing unless the line is byte
// for byte what writing would give: there is one form for each content.

/// May be longer than a line is allowed to be: for `write_export` to refuse.
[[nodiscard]] std::string render_description(const ExportDescription& description);
/// Error: audit_chain_invalid, or log_version_unsupported for a form with a higher number.
[[nodiscard]] Result<ExportDescription> parse_description(std::string_view line);

/// Nothing when the record's bytes are not one canonical JSON object.
[[nodiscard]] std::optional<std::string> render_record(const Record& record);
[[nodiscard]] bool parse_record(std::string_view line, Record& record);

[[nodiscard]] std::string render_export_mac(const Digest& mac, const KeyId& key_id);
/// True when the line is one that `render_export_mac` writes for this key, with whatever mac.
[[nodiscard]] bool is_export_mac(std::string_view line, const KeyId& key_id);
/// Notes the key and the branch of the next record. False when it names one that another had followed
/// already: key ids come in the order of their epochs, branches ascending.
[[nodiscard]] bool note_header(const RecordHeader& header, std::vector<KeyId>& key_ids,
                               std::vector<std::uint32_t>& branches);
/// `sequence`, or the record after the gap in which it lies.
[[nodiscard]] SequenceId record_at_or_after(const std::vector<AttestedGap>& gaps,
                                            SequenceId sequence) noexcept;

/// HMAC-SHA256(chain key, "ibkr-agent export" NUL ‖ sha256(every byte before the last line)).
[[nodiscard]] Digest export_mac(const Secret& chain_key, const Digest& content);

}  // namespace ibkr::events
