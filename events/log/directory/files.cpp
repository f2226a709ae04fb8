#include "events/log/directory/files.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace ibkr::events {
namespace {

namespace fs = std::filesystem;

constexpr mode_t private_file_mode = 0600;
constexpr mode_t private_directory_mode = 0700;

int write_all(int fd, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return written < 0 ? errno : EIO;
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

}  // namespace

FileDescriptor::~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Error system_error(std::string_view name, std::string_view doing, int error_number) {
    const std::string message = "the " + std::string(name) + " could not be " + std::string(doing) + ": " +
                                std::generic_category().message(error_number);
    switch (error_number) {
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return failure(ErrorCode::audit_write_failed, message,
                           "Free disk space in the data directory, then try again.")
                .value();
        case EACCES:
        case EPERM:
            return failure(ErrorCode::config_invalid, message,
                           "Give this user read and write permission on the data directory, or name another "
                           "with --data-dir.")
                .value();
        case EROFS:
            return failure(ErrorCode::config_invalid, message,
                           "Name a data directory on a writable file system with --data-dir.")
                .value();
        case ENOTDIR:
        case EISDIR:
        case ELOOP:
        case ENAMETOOLONG:
            return failure(ErrorCode::config_invalid, message,
                           "Something else stands where a file or directory of the gateway belongs; name "
                           "another data directory with --data-dir.")
                .value();
        default:
            return failure(ErrorCode::audit_write_failed, message).value();
    }
}

Result<void> write_new_file(const std::string& path, std::string_view name, std::string_view content) {
    const FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, private_file_mode));
    if (!file.open()) return failure(system_error(name, "created", errno));
    int error = write_all(file.get(), content);
    if (error == 0 && ::fsync(file.get()) != 0) error = errno;
    if (error == 0) return {};
    ::unlink(path.c_str());
    return failure(system_error(name, "written", error));
}

Result<void> replace_file(const std::string& path, std::string_view name, std::string_view content) {
    const std::string temporary = path + ".new";
    ::unlink(temporary.c_str());  // left by a crash before its rename: never in force
    if (auto written = write_new_file(temporary, name, content); !written) return written;
    if (auto renamed = rename_path(temporary, path, name); !renamed) {
        ::unlink(temporary.c_str());
        return renamed;
    }
    return sync_directory(fs::path(path).parent_path().string(), name);
}

Result<std::string> read_small_file(const std::string& path, std::string_view name, std::size_t bytes_max) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.open()) return failure(system_error(name, "opened", errno));
    std::string content(bytes_max + 1, '\0');
    std::size_t filled = 0;
    while (filled < content.size()) {
        const ssize_t got = ::read(file.get(), content.data() + filled, content.size() - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failure(system_error(name, "read", errno));
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    if (filled > bytes_max)
        return failure(ErrorCode::config_invalid, "the " + std::string(name) + " is longer than " +
                                                      std::to_string(bytes_max) + " bytes");
    content.resize(filled);
    return content;
}

Result<void> sync_directory(const std::string& path, std::string_view name) {
    const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.open()) return failure(system_error(name, "opened", errno));
    if (::fsync(directory.get()) != 0) return failure(system_error(name, "synced", errno));
    return {};
}

Result<void> rename_path(const std::string& from, const std::string& to, std::string_view name) {
    if (::rename(from.c_str(), to.c_str()) != 0) return failure(system_error(name, "renamed", errno));
    return {};
}

Result<void> make_directories(const std::string& path, std::string_view name) {
    const fs::path whole(path);
    fs::path step;
    for (const fs::path& part : whole) {
        step /= part;
        if (::mkdir(step.c_str(), private_directory_mode) == 0) {
            const fs::path parent = step.parent_path();
            if (auto synced = sync_directory(parent.empty() ? "." : parent.string(), name); !synced)
                return synced;
            continue;
        }
        const int error = errno;
        struct stat status{};
        if (::stat(step.c_str(), &status) == 0) {
            if (S_ISDIR(status.st_mode)) continue;
            return failure(system_error(name, "created", ENOTDIR));
        }
        return failure(system_error(name, "created", error));
    }
    return {};
}

Result<void> check_room(const std::string& directory, std::string_view name, std::size_t bytes) {
    std::string path = directory + "/room-XXXXXX";
    const FileDescriptor file(::mkostemp(path.data(), O_CLOEXEC));
    if (!file.open()) return failure(system_error(name, "written", errno));
    ::unlink(path.c_str());
    const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes));
    if (error != 0) return failure(system_error(name, "given more room", error));
    return {};
}

bool path_exists(const std::string& path) noexcept {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace ibkr::events
