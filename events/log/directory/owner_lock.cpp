#include "events/log/directory/owner_lock.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace ibkr::events {
namespace {

constexpr std::chrono::milliseconds retry_interval{10};
constexpr std::size_t lock_file_bytes_max = 256;
constexpr std::string_view file_role = "owner lock";

std::string path_of(const std::string& data_directory) {
    return data_directory + "/owner.lock";
}

/// False when the file was replaced between open and lock, so that the lock guards nothing.
bool still_in_place(int fd, const std::string& path) {
    struct stat locked{};
    struct stat named{};
    return ::fstat(fd, &locked) == 0 && ::stat(path.c_str(), &named) == 0 && locked.st_ino == named.st_ino &&
           locked.st_dev == named.st_dev;
}

/// Who holds it, for the one who finds it taken; nothing rests on these bytes, so they are not synced.
Result<void> write_hint(int fd) {
    const std::string text =
        "pid " + std::to_string(::getpid()) + "\nsocket " + std::string(owner_socket_name) + "\n";
    if (::ftruncate(fd, 0) != 0) return failure(system_error(file_role, "written", errno));
    const ssize_t written = ::pwrite(fd, text.data(), text.size(), 0);
    if (written == static_cast<ssize_t>(text.size())) return {};
    return failure(system_error(file_role, "written", written < 0 ? errno : ENOSPC));
}

tl::unexpected<Error> busy(const std::string& data_directory) {
    const OwnerHint owner = read_owner_hint(data_directory);
    const std::string who = owner.pid > 0 ? "process " + std::to_string(owner.pid) : "another process";
    return failure(ErrorCode::engine_busy, who + " owns the data directory");
}

}  // namespace

Result<OwnerLock> OwnerLock::acquire(const std::string& data_directory, std::chrono::milliseconds wait) {
    const std::string path = path_of(data_directory);
    const auto deadline = std::chrono::steady_clock::now() + wait;
    while (true) {
        FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!file.open()) return failure(system_error(file_role, "opened", errno));
        if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
            if (!still_in_place(file.get(), path)) continue;
            if (auto written = write_hint(file.get()); !written) return failure(written.error());
            return OwnerLock(std::move(file), data_directory);
        }
        if (errno != EWOULDBLOCK && errno != EINTR) return failure(system_error(file_role, "taken", errno));
        const auto now = std::chrono::steady_clock::now();
        if (now >= deadline) return busy(data_directory);
        std::this_thread::sleep_for(
            std::min<std::chrono::steady_clock::duration>(retry_interval, deadline - now));
    }
}

OwnerHint read_owner_hint(const std::string& data_directory) {
    OwnerHint hint;
    const auto text = read_small_file(path_of(data_directory), file_role, lock_file_bytes_max);
    if (!text || !text->starts_with("pid ")) return hint;
    const std::size_t line_end = std::min(text->find('\n'), text->size());
    const auto [end, error] = std::from_chars(text->data() + 4, text->data() + line_end, hint.pid);
    if (error != std::errc{} || end != text->data() + line_end) hint.pid = 0;
    constexpr std::string_view label = "\nsocket ";
    if (const std::size_t at = text->find(label, line_end); at == line_end) {
        const std::size_t start = at + label.size();
        hint.socket_name = text->substr(start, text->find('\n', start) - start);
    }
    return hint;
}

}  // namespace ibkr::events
