#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "events/log/directory_layout.hpp"
#include "events/log/log_directory.hpp"

namespace ibkr::events {

namespace fs = std::filesystem;

InspectedLog::InspectedLog(LogKeys keys, std::unique_ptr<LogReader> log, std::string scratch)
    : keys_(std::move(keys)), log_(std::move(log)), scratch_(std::move(scratch)) {}

InspectedLog::~InspectedLog() {
    log_.reset();
    std::error_code ignored;
    if (!scratch_.empty()) fs::remove_all(scratch_, ignored);
}

Result<InspectedLog> inspect_log(const std::string& data_directory, const Secret& secret,
                                 const LogStore& store) {
    const DirectoryLayout layout(data_directory);
    if (!path_exists(layout.version)) {
        if (!trace_of_a_log(layout).empty())
            return refuse_incomplete("parts of a log are there, its VERSION is not");
        return failure(ErrorCode::config_invalid, "there is no log in the data directory",
                       "Name the data directory of a gateway with --data-dir.");
    }
    if (auto checked = check_version(layout); !checked) return failure(checked.error());
    auto keys = read_keys(layout, secret);
    if (!keys) return failure(keys.error());
    if (!path_exists(layout.log)) return refuse_incomplete("the log is missing beside its keys");
    std::error_code error;
    std::string scratch = (fs::temp_directory_path(error) / "ibkr-agent-read-XXXXXX").string();
    if (error || ::mkdtemp(scratch.data()) == nullptr)
        return failure(system_error("temporary directory", "created", error ? error.value() : errno));
    auto log = store.open_reader(layout.log, scratch, *keys);
    // A write-ahead log with a torn end is refused beside an owner, who may be writing it; whoever reads
    // alone sees what comes before the damage. Neither changes anything.
    if (!log && log.error().code == ErrorCode::audit_chain_invalid)
        log = store.open_readable(layout.log, *keys);
    InspectedLog inspected(std::move(*keys), log ? std::move(*log) : nullptr, std::move(scratch));
    if (!log) return failure(log.error());
    return inspected;
}

}  // namespace ibkr::events
