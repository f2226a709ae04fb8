#pragma once

#include <memory>
#include <string>

#include "events/log/keys/keys.hpp"
#include "events/log/log.hpp"

namespace ibkr::events {

/// How the records of a data directory are kept. `directory` is its `log/` folder. Plain functions, so that
/// only the store's own file sees its library; the product uses `rocksdb_store()`.
struct LogStore {
    /// A new, empty log in a folder that does not exist yet.
    Result<std::unique_ptr<Log>> (*create)(const std::string& directory, const LogKeys& keys);
    /// For the owner: an existing log, whose newest record is checked against its predecessor. Refuses a
    /// write-ahead log that is damaged anywhere (audit_chain_invalid), changing nothing.
    Result<std::unique_ptr<Log>> (*open)(const std::string& directory, const LogKeys& keys);
    /// For the owner, in a resumption: the same, but rows at the end that cannot be verified stay where they
    /// are, and the head is the record before them (`Log::last_sequence`).
    Result<std::unique_ptr<Log>> (*open_to_resume)(const std::string& directory, const LogKeys& keys);
    /// For the owner of a log that is held: whatever can be read, up to the first damage of the write-ahead
    /// log. Changes nothing in `directory`; nobody else has it open.
    Result<std::unique_ptr<LogReader>> (*open_readable)(const std::string& directory, const LogKeys& keys);
    /// Key id of the newest record, whatever keys there are; changes nothing. For an unfinished rotation.
    Result<KeyId> (*newest_key_id)(const std::string& directory);
    /// Beside an owner, or on a copy: changes nothing in `directory` and checks no mac. `scratch` is a
    /// private folder that the caller removes afterwards.
    Result<std::unique_ptr<LogReader>> (*open_reader)(const std::string& directory,
                                                      const std::string& scratch, const LogKeys& keys);
    /// For a resumption of a store that can be read in part but not be opened for writing any more: every row
    /// that can be read, up to the newest record that verifies, as it is, into a new store in the folder
    /// `to`, which does not exist yet; synced. Changes nothing in `directory`. The highest sequence that
    /// stood there, readable or not.
    Result<SequenceId> (*copy_readable)(const std::string& directory, const std::string& to,
                                        const LogKeys& keys);
};

}  // namespace ibkr::events
