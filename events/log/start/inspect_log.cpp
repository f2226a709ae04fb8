#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "events/log/anchors/anchor_findings.hpp"
#include "events/log/directory/directory_layout.hpp"
#include "events/log/directory/log_directory.hpp"

namespace ibkr::events {

namespace fs = std::filesystem;

InspectedLog::InspectedLog(LogKeys keys, std::unique_ptr<LogReader> log, std::vector<AnchorStanding> anchors,
                           std::string scratch)
    : keys_(std::move(keys)),
      log_(std::move(log)),
      anchors_(std::move(anchors)),
      scratch_(std::move(scratch)) {}

InspectedLog::~InspectedLog() {
    log_.reset();
    std::error_code ignored;
    if (!scratch_.empty()) fs::remove_all(scratch_, ignored);
}

namespace {

/// A private folder for the store's reader.
Result<std::string> make_scratch() {
    std::error_code error;
    std::string scratch = (fs::temp_directory_path(error) / "ibkr-agent-read-XXXXXX").string();
    if (error || ::mkdtemp(scratch.data()) == nullptr)
        return failure(system_error("temporary directory", "created", error ? error.value() : errno));
    return scratch;
}

/// The records of a rotation are there, but the keys file still takes the secret before it, too.
Result<void> check_not_rotated_away(const LogReader& log, const LogKeys& keys) {
    if (!keys.rotating()) return {};
    auto cursor = log.read_back(log.head().sequence);
    if (!cursor) return failure(cursor.error());
    Record newest;
    const auto read = (*cursor)->next(newest);
    if (!read) return failure(read.error());
    if (!*read || keys.ring().find(newest.header.key_id) != nullptr) return {};
    return failure(ErrorCode::log_key_mismatch, "the log was rotated to key " + hex(newest.header.key_id) +
                                                    ", the supplied secret gives key " +
                                                    keys.identity().key_id_hex());
}

/// Beside an owner a damaged write-ahead log is refused; whoever reads alone sees what comes before the
/// damage. Neither changes anything.
Result<std::unique_ptr<LogReader>> open_for_reading(const DirectoryLayout& layout, const LogStore& store,
                                                    const LogKeys& keys, const std::string& scratch) {
    auto log = store.open_reader(layout.log, scratch, keys);
    if (log || log.error().code != ErrorCode::audit_chain_invalid) return log;
    return store.open_readable(layout.log, keys);
}

}  // namespace

Result<InspectedLog> inspect_log(const std::string& data_directory, const Secret& secret,
                                 const LogStore& store, const StartOptions& options) {
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
    if (!store_exists(layout)) return refuse_incomplete("the log is missing beside its keys");
    auto anchors = read_anchors(layout, keys->ring(), options);
    if (!anchors) return failure(anchors.error());
    auto scratch = make_scratch();
    if (!scratch) return failure(scratch.error());
    auto log = open_for_reading(layout, store, *keys, *scratch);
    auto usable = log ? check_not_rotated_away(**log, *keys) : Result<void>(failure(log.error()));
    if (usable) usable = compare_anchors_with(**log, *anchors);
    if (!usable) {
        if (log) log->reset();
        std::error_code ignored;
        fs::remove_all(*scratch, ignored);
        return failure(usable.error());
    }
    auto standings = standings_of(*anchors, (*log)->head(), options);
    return InspectedLog(std::move(*keys), std::move(*log), std::move(standings), std::move(*scratch));
}

}  // namespace ibkr::events
