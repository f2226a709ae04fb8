#pragma once

#include <memory>
#include <string>

#include "events/log/keys.hpp"
#include "events/log/log.hpp"

namespace ibkr::events {

/// How the records of a data directory are kept. `directory` is its `log/` folder. Plain functions, so that
/// only the store's own file sees its library; the product uses `rocksdb_store()`.
struct LogStore {
    /// A new, empty log in a folder that does not exist yet.
    Result<std::unique_ptr<Log>> (*create)(const std::string& directory, const LogKeys& keys);
    /// For the owner: an existing log, whose newest record is checked against its predecessor.
    Result<std::unique_ptr<Log>> (*open)(const std::string& directory, const LogKeys& keys);
    /// Beside an owner, or on a copy: changes nothing in `directory` and checks no mac. `scratch` is a
    /// private folder that the caller removes afterwards.
    Result<std::unique_ptr<LogReader>> (*open_reader)(const std::string& directory,
                                                      const std::string& scratch, const LogKeys& keys);
};

}  // namespace ibkr::events
