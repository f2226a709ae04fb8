#pragma once

#include <functional>
#include <memory>
#include <string>

#include "events/log/owner_lock.hpp"
#include "events/log/store.hpp"

namespace ibkr::events {

/// Makes record 1 (`log_created`) of a new log; its JSON is the catalogue's affair.
using FirstRecord = std::function<PendingRecord(const LogIdentity&)>;

/// An open data directory, held by its owner. The log closes before the keys are wiped.
struct OwnedLog {
    LogKeys keys;
    std::unique_ptr<Log> log;
    bool created = false;  ///< by this call: record 1 is all there is
};

/// Makes the data directory (mode 0700) when it is missing; tightens an empty one of ours to 0700. Errors:
/// config_invalid when something else stands there, when permission is missing, or when others may write to a
/// directory that is already in use.
[[nodiscard]] Result<void> prepare_data_directory(const std::string& data_directory);

/// Opens the log of the data directory whose lock the caller holds, or creates it in one step: `log/` with
/// record 1 and `keys` are made in `creating/`, synced and renamed, `VERSION` comes last. A crash at any
/// point leaves either no log or a whole one, and the next call goes on from there; nothing is ever removed
/// that could hold an acknowledged record.
///
/// Errors: log_version_unsupported (written by a newer version), log_key_mismatch (before anything is
/// written), engine_held (parts of a data directory without the others: never a new log beside old traces),
/// config_invalid, audit_write_failed, audit_chain_invalid.
[[nodiscard]] Result<OwnedLog> open_or_create_log(const OwnerLock& lock, const Secret& secret,
                                                  const LogStore& store, const FirstRecord& first_record);

/// A log read beside its owner, or from a copy of a data directory. Writes nothing there.
class InspectedLog {
public:
    InspectedLog(LogKeys keys, std::unique_ptr<LogReader> log, std::string scratch);
    ~InspectedLog();
    InspectedLog(InspectedLog&&) noexcept = default;
    InspectedLog& operator=(InspectedLog&&) = delete;
    InspectedLog(const InspectedLog&) = delete;
    InspectedLog& operator=(const InspectedLog&) = delete;
    [[nodiscard]] const LogKeys& keys() const noexcept { return keys_; }
    [[nodiscard]] const LogReader& log() const noexcept { return *log_; }

private:
    LogKeys keys_;
    std::unique_ptr<LogReader> log_;
    std::string scratch_;  ///< private folder of the store, removed with this object
};

/// Needs no lock. Errors as above; a directory without a log is config_invalid.
[[nodiscard]] Result<InspectedLog> inspect_log(const std::string& data_directory, const Secret& secret,
                                               const LogStore& store);

/// True when the directory holds a finished log (`VERSION` is there). Opens nothing.
[[nodiscard]] bool has_log(const std::string& data_directory) noexcept;

}  // namespace ibkr::events
