#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.hpp"
#include "events/log/anchors/anchored_log.hpp"
#include "events/log/directory/owner_lock.hpp"
#include "events/log/store.hpp"

namespace ibkr::events {

/// Makes the record at `at` of what happened to the log itself; ids and time are the engine's affair. The
/// event's timestamp is not before `not_before`.
using RecordMaker = std::function<PendingRecord(SequenceId at, Body body, Timestamp not_before)>;

struct StartOptions {
    AnchorSettings anchors;
    /// Checkpoint of the projections (sequence and mac of the newest event they folded), when one could be
    /// read; a third witness of where the log had been.
    std::optional<Head> projection;
};

/// Why a log is held: it may have lost what was acknowledged. Nothing was changed; reads work.
struct Hold {
    std::string reason;         ///< one sentence, for people
    SequenceId readable_head;   ///< up to here the log can be read and verified, as far as a start looks
    SequenceId highest_anchor;  ///< of all anchors; less than or equal `readable_head` when none is ahead
    std::string quarantine;     ///< name below `quarantine/` of the copy that was made; empty: none was
    /// False when there is nothing to go on from: no readable store, or no keys. A copy must be put back.
    bool can_resume = true;
    [[nodiscard]] Error error() const;  ///< ENGINE_HELD with the reason and what to do
};

/// An open data directory, held by its owner. The log closes before the keys are wiped.
struct OwnedLog {
    LogKeys keys;
    std::unique_ptr<Log> log;  ///< anchored; of a held log: what is readable, refusing every append
    bool created = false;      ///< by this call: record 1 is all there is
    std::optional<Hold> held;
    /// The projections' checkpoint is not of this log while the anchors are: they are to be rebuilt.
    bool projections_disagree = false;
    /// What this start had to do, each recorded as an event: for the operator's eye. Empty as a rule.
    std::vector<std::string> notes;
};

/// Makes the data directory (mode 0700) when it is missing; tightens one of ours that holds nothing, or only
/// `lost+found`, to 0700. Errors: config_invalid when something else stands there, when permission is
/// missing, or when a directory that is already in use lets others do more than its group pass through
/// (0710).
[[nodiscard]] Result<void> prepare_data_directory(const std::string& data_directory);

/// Opens the log of the data directory whose lock the caller holds, by the starting rules of design section
/// 4, or creates it in one step: `log/` with record 1, `keys` and `anchors` are made in `creating/`, synced
/// and renamed, `VERSION` comes last. A crash at any point leaves either no log or a whole one, and the next
/// call goes on from there; nothing is ever removed that could hold an acknowledged record.
///
/// A log that may have lost acknowledged records comes back with `held`; that is not an error. Errors:
/// log_version_unsupported (written by a newer version), log_key_mismatch (before anything is written),
/// engine_held (held, and not even the keys can be read), config_invalid, audit_write_failed.
[[nodiscard]] Result<OwnedLog> open_or_create_log(const OwnerLock& lock, const Secret& secret,
                                                  const LogStore& store, const RecordMaker& make_record,
                                                  const StartOptions& options = {});

/// Who resumes a held log, and why; recorded in `log_resumed`.
struct ResumeRequest {
    std::string actor;
    std::string reason;
    /// Resume although the log itself is in order: the engine found that it was rolled back (orders of ours
    /// at the broker that the log does not know).
    bool although_in_order = false;
};

/// What a resumption came to.
struct ResumedLog {
    OwnedLog owned;  ///< open for writing, `log_resumed` is its newest record
    LogResumed record;
    std::string quarantine;  ///< name below `quarantine/` of the copy of what was damaged; empty: none
};

/// `engine resume`: goes on after a loss, on a new branch (design section 4, rule 4). Verifies the whole log
/// first, so that every range that cannot be read or verified is listed. Crash-safe: cut anywhere, the next
/// start is held as before or finds the log resumed. Errors: config_invalid when the log is in order,
/// engine_held when nothing can be gone on from, and those of `open_or_create_log`.
[[nodiscard]] Result<ResumedLog> resume_log(const OwnerLock& lock, const Secret& secret,
                                            const LogStore& store, const RecordMaker& make_record,
                                            const StartOptions& options, const ResumeRequest& request);

/// `audit rotate-key`: the log goes on under `new_secret`. Crash-safe at every step: until the two records
/// are on disk the old secret opens the log and the rotation is forgotten, or the new secret opens it and
/// the rotation is finished; afterwards only the new one does. `owned` is not held; its keys are the new ones
/// afterwards. Errors: config_invalid (secret too short, or the same), audit_write_failed.
[[nodiscard]] Result<void> rotate_key(const OwnerLock& lock, OwnedLog& owned, const Secret& new_secret,
                                      const RecordMaker& make_record);

/// An anchor beside the log it is about (interfaces, `audit verify`).
struct AnchorStanding {
    std::string name;  ///< file | projection | external
    Head head;         ///< zero when missing
    enum class State : std::uint8_t {
        equal,   ///< at the log's head
        behind,  ///< at an older record of the log, with its mac
        ahead,   ///< beyond the head, or at a record the log has with another mac: records are missing
        missing  ///< no file, no usable slot
    } state = State::missing;
};
[[nodiscard]] std::string_view to_string(AnchorStanding::State state) noexcept;

/// Compares every configured anchor of `data_directory` with a log that nobody else is writing: the owner's
/// own, or a copy's. Beside an owner `InspectedLog::anchors` is the one to ask: it read the anchors before
/// the log.
[[nodiscard]] Result<std::vector<AnchorStanding>> compare_anchors(const std::string& data_directory,
                                                                  const LogReader& log, const KeyRing& keys,
                                                                  const StartOptions& options);

/// A log read beside its owner, or from a copy of a data directory. Writes nothing there.
class InspectedLog {
public:
    InspectedLog(LogKeys keys, std::unique_ptr<LogReader> log, std::vector<AnchorStanding> anchors,
                 std::string scratch);
    ~InspectedLog();
    InspectedLog(InspectedLog&&) noexcept = default;
    InspectedLog& operator=(InspectedLog&&) = delete;
    InspectedLog(const InspectedLog&) = delete;
    InspectedLog& operator=(const InspectedLog&) = delete;
    [[nodiscard]] const LogKeys& keys() const noexcept { return keys_; }
    [[nodiscard]] const LogReader& log() const noexcept { return *log_; }
    /// The configured anchors beside this log, as they were right before it was opened.
    [[nodiscard]] const std::vector<AnchorStanding>& anchors() const noexcept { return anchors_; }

private:
    LogKeys keys_;
    std::unique_ptr<LogReader> log_;
    std::vector<AnchorStanding> anchors_;
    std::string scratch_;  ///< private folder of the store, removed with this object
};

/// Needs no lock. `options` say which anchors to look at. Beside an owner or on its own it reads what is
/// there, of a damaged log what comes before the damage of its write-ahead file. Errors: those of
/// `open_or_create_log`; a directory without a log is config_invalid.
[[nodiscard]] Result<InspectedLog> inspect_log(const std::string& data_directory, const Secret& secret,
                                               const LogStore& store, const StartOptions& options = {});

/// True when the directory holds a finished log (`VERSION` is there). Opens nothing.
[[nodiscard]] bool has_log(const std::string& data_directory) noexcept;

}  // namespace ibkr::events
