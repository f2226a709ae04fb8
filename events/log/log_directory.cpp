#include "events/log/log_directory.hpp"

#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "events/log/directory_layout.hpp"

namespace ibkr::events {
namespace {

namespace fs = std::filesystem;

Result<void> check_not_shared(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return failure(system_error(data_directory_name, "inspected", errno));
    if (status.st_uid != ::geteuid() && ::geteuid() != 0)
        return failure(ErrorCode::config_invalid, "the data directory belongs to another user",
                       "Run as its owner, or name another data directory with --data-dir.");
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
    return failure(ErrorCode::config_invalid, "other users may write to the data directory",
                   "Take their write permission away (chmod 700), then try again.");
}

}  // namespace

Result<void> prepare_data_directory(const std::string& data_directory) {
    if (data_directory.empty())
        return failure(ErrorCode::config_invalid, "no data directory is named", "Name one with --data-dir.");
    if (auto made = make_directories(data_directory, data_directory_name); !made) return made;
    std::error_code error;
    if (fs::is_empty(data_directory, error) && !error && ::chmod(data_directory.c_str(), 0700) != 0)
        return failure(system_error(data_directory_name, "made private", errno));
    if (error) return failure(system_error(data_directory_name, "read", error.value()));
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
