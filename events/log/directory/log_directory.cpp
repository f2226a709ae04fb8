#include "events/log/directory/log_directory.hpp"

#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "events/log/directory/directory_layout.hpp"

namespace ibkr::events {
namespace {

namespace fs = std::filesystem;

/// The files of the store have modes of RocksDB's choice: the directory keeps everybody out. A group may pass
/// through (0710), to a socket it is given.
bool open_to_others(const struct stat& status) noexcept {
    return (status.st_mode & (S_IRGRP | S_IWGRP | S_IRWXO)) != 0;
}

Result<void> check_not_shared(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return failure(system_error(data_directory_name, "inspected", errno));
    if (status.st_uid != ::geteuid() && ::geteuid() != 0)
        return failure(ErrorCode::config_invalid, "the data directory belongs to another user",
                       "Run as its owner, or name another data directory with --data-dir.");
    if (!open_to_others(status)) return {};
    return failure(ErrorCode::config_invalid, "other users may read, write or enter the data directory",
                   "Take their permissions away (chmod 700), then try again.");
}

/// Nothing is in it but what a file system makes itself.
Result<bool> is_unused(const std::string& path) {
    std::error_code error;
    fs::directory_iterator entry(path, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error))
        if (entry->path().filename() != "lost+found") return false;
    if (error) return failure(system_error(data_directory_name, "read", error.value()));
    return true;
}

}  // namespace

Result<void> prepare_data_directory(const std::string& data_directory) {
    if (data_directory.empty())
        return failure(ErrorCode::config_invalid, "no data directory is named", "Name one with --data-dir.");
    if (auto made = make_directories(data_directory, data_directory_name); !made) return made;
    const auto unused = is_unused(data_directory);
    if (!unused) return failure(unused.error());
    if (*unused && ::chmod(data_directory.c_str(), 0700) != 0)
        return failure(system_error(data_directory_name, "made private", errno));
    return check_not_shared(data_directory);
}

bool has_log(const std::string& data_directory) noexcept {
    return path_exists(DirectoryLayout(data_directory).version);
}

Error Hold::error() const {
    return failure(ErrorCode::engine_held, "the log is held: " + reason,
                   can_resume ? "Look at the log with `ibkr-agent audit verify`; put a copy back, or go on "
                                "without what is lost: `ibkr-agent engine resume --reason ...`."
                              : "Put the data directory back from a copy; there is nothing to go on from.")
        .value();
}

}  // namespace ibkr::events
