#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "events/crypto/sha256.hpp"
#include "events/log/chain/chain.hpp"
#include "events/log/keys/keys.hpp"
#include "events/log/log.hpp"
#include "events/result.hpp"

namespace ibkr::events {

// The export form of a range of the log: one JSON object a line, verifiable with the chain key alone.
// docs/log-format.md is its grammar.

inline constexpr int export_format = 1;
/// A line longer than this is refused unread: bytes as a string (at most doubled), the event, the rest.
inline constexpr std::size_t export_line_bytes_max = 262'144;

/// What helps when a file does not verify: the log behind it need not be broken.
inline constexpr std::string_view broken_export_action =
    "Copy or export it again; if that does not verify either, keep both files and look at the log itself "
    "with "
    "'ibkr-agent audit verify'.";

struct ExportRange {
    SequenceId from{1};
    std::optional<SequenceId> to;  ///< nothing: to the head of the moment
};

/// What the first line says. In a file it is a claim until the last line has verified.
struct ExportDescription {
    LogId log_id{};
    std::vector<KeyId> key_ids;           ///< of the records, oldest first, each once
    std::vector<std::uint32_t> branches;  ///< of the records, ascending
    SequenceId from;
    SequenceId to;
    Mac previous_mac{};             ///< what record `from` chains to; zero before record 1
    Head head;                      ///< of the whole log when the export began
    std::vector<AttestedGap> gaps;  ///< those within the range; no record line stands for them
    friend bool operator==(const ExportDescription&, const ExportDescription&) = default;
};

/// Takes the next piece of the export, in order. An error ends the export and is its result.
using ExportSink = std::function<Result<void>(std::string_view)>;

/// Writes the range. It is read twice: nothing reaches the sink when any record holds a marker that
/// `has_export_marker` refuses (output_unsafe). Memory does not grow with the range. Does not verify (gateway
/// contract section 5). Errors: config_invalid for a range that is empty or beyond the head,
/// audit_chain_invalid for a record that cannot be read or is not canonical, and the sink's.
[[nodiscard]] Result<ExportDescription> write_export(const LogReader& log, const LogKeys& keys,
                                                     const ExportRange& range, const ExportSink& sink,
                                                     const Progress& progress = {});

/// One audit secret, of whichever epoch it is; it outlives the lookup.
[[nodiscard]] KeyRingLookup ring_from_secret(const Secret& secret);
/// A ring at hand, which outlives the lookup; for another log: log_key_mismatch.
[[nodiscard]] KeyRingLookup ring_from_keys(const KeyRing& keys);

/// CONFIG_INVALID for a folder and for what cannot be read.
[[nodiscard]] Result<void> check_export_path(const std::string& path);
/// CONFIG_INVALID for a file that does not verify because of how it was made or copied, so that it does not
/// look like one that somebody changed: it is empty, or its lines were converted to end with CR LF.
[[nodiscard]] Result<void> check_export_form(const std::string& path);

/// Reads an export and trusts nothing in it: each record is verified before it is given, the last line when
/// `next` says the end. The stream outlives the reader. One thread.
class ExportReader final : public LogCursor {
public:
    /// Reads the first line. Errors: audit_chain_invalid when it is not one, log_version_unsupported for a
    /// newer form, log_key_mismatch.
    [[nodiscard]] static Result<std::unique_ptr<ExportReader>> open(std::istream& stream,
                                                                    const KeyRingLookup& keys);
    struct State;
    explicit ExportReader(std::unique_ptr<State> state);  ///< for `open`
    ~ExportReader() override;

    /// Error at the first thing that does not verify, and ever after: audit_chain_invalid, or
    /// log_key_mismatch for want of its key (at once when that of the last line is not at hand: nothing is
    /// believed then).
    [[nodiscard]] Result<bool> next(Record& record) override;
    [[nodiscard]] const ExportDescription& description() const noexcept;
    /// As far as it was read. Valid for the whole export only after `next` has said the end.
    [[nodiscard]] const VerifyReport& report() const noexcept;
    /// Reads what is left and gives the report. Records under a key that is not at hand are passed over.
    const VerifyReport& read_to_end(const Progress& progress = {});

private:
    std::unique_ptr<State> state_;
};

/// Reads the export to its end. A file that does not verify is a report with chain_valid false, even when
/// only its first or last line is wrong (then without first_break_at_sequence); an error only when it could
/// not be checked: log_key_mismatch, log_version_unsupported.
[[nodiscard]] Result<VerifyReport> verify_export(std::istream& stream, const KeyRingLookup& keys,
                                                 const Progress& progress = {});

}  // namespace ibkr::events
