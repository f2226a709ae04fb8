#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "events/result.hpp"

namespace ibkr::events {

/// A file descriptor that closes itself.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
    ~FileDescriptor();
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] bool open() const noexcept { return fd_ >= 0; }

private:
    int fd_ = -1;
};

// Small files of the data directory. Every error is a value that names the file's role, never its path:
// audit_write_failed for the disk (full, read-only, I/O), config_invalid for permissions and for something of
// the wrong kind in the place. `name` is that role, for messages.

/// Writes a new file (mode 0600) that must not exist yet, and syncs it. On failure the file is removed.
[[nodiscard]] Result<void> write_new_file(const std::string& path, std::string_view name,
                                          std::string_view content);
/// Puts `content` in place of the file at `path` in one step: a temporary file beside it is written, synced
/// and renamed, then the directory is synced.
[[nodiscard]] Result<void> replace_file(const std::string& path, std::string_view name,
                                        std::string_view content);
/// At most `bytes_max` bytes; a longer file is config_invalid.
[[nodiscard]] Result<std::string> read_small_file(const std::string& path, std::string_view name,
                                                  std::size_t bytes_max);
/// Makes renames and new entries in `path` durable.
[[nodiscard]] Result<void> sync_directory(const std::string& path, std::string_view name);
[[nodiscard]] Result<void> rename_path(const std::string& from, const std::string& to, std::string_view name);
/// Makes the directory and its missing parents, each durably and with mode 0700; an existing directory is
/// fine.
[[nodiscard]] Result<void> make_directories(const std::string& path, std::string_view name);
/// Checks that `bytes` more fit into `directory` now, by having them allocated to a file without a name.
[[nodiscard]] Result<void> check_room(const std::string& directory, std::string_view name, std::size_t bytes);
[[nodiscard]] bool path_exists(const std::string& path) noexcept;  ///< of any kind, dangling links included

/// The error for a failed system call; `error_number` is its errno.
[[nodiscard]] Error system_error(std::string_view name, std::string_view doing, int error_number);

}  // namespace ibkr::events
