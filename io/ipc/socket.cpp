#include "io/ipc/socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <grp.h>

#include "events/log/directory/owner_lock.hpp"

namespace ibkr::io {
namespace {

using events::ErrorCode;
using events::failure;
using events::FileDescriptor;
using events::Result;
using events::system_error;

constexpr std::string_view role = "engine socket";
constexpr int backlog_connections_max = 128;
constexpr mode_t private_mode = 0600;
constexpr mode_t group_mode = 0660;
constexpr mode_t group_directory_mode = 0710;
constexpr std::size_t group_entry_bytes_max = 1'048'576;  // a group may have thousands of members

const std::string socket_name(events::owner_socket_name);

FileDescriptor open_directory(const std::string& path) {
    return FileDescriptor(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

FileDescriptor new_socket() {
    return FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/// The socket's address; good while `directory` is open.
sockaddr_un address_in(const std::string& data_directory, const FileDescriptor& directory) {
    std::string path = data_directory + "/" + socket_name;
    if (path.size() > socket_path_bytes_max)
        path = "/proc/self/fd/" + std::to_string(directory.get()) + "/" + socket_name;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

Result<gid_t> group_id(const std::string& name) {
    std::vector<char> buffer(4'096);
    while (true) {
        group entry{};
        group* found = nullptr;
        const int error = ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (error == ERANGE && buffer.size() < group_entry_bytes_max) {
            buffer.resize(buffer.size() * 2);
            continue;
        }
        if (found != nullptr) return found->gr_gid;
        return failure(ErrorCode::config_invalid,
                       "operators.group names a group that this machine does not have",
                       "Create the group, or correct operators.group.");
    }
}

/// How long connect(2) may wait for room in the owner's queue.
void limit_connect(int socket, Deadline deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::microseconds>(deadline - std::chrono::steady_clock::now());
    const auto micros = std::max<std::int64_t>(left.count(), 1);  // 0 would mean for ever
    timeval wait{};
    wait.tv_sec = static_cast<time_t>(micros / 1'000'000);
    wait.tv_usec = static_cast<suseconds_t>(micros % 1'000'000);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
}

}  // namespace

std::optional<Peer> peer_of(int socket) noexcept {
    ucred credentials{};
    socklen_t length = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return std::nullopt;
    return Peer{credentials.uid, credentials.pid};
}

Result<OwnerSocket> OwnerSocket::listen(const std::string& data_directory, const std::string& group) {
    std::optional<gid_t> shared_with;
    if (!group.empty()) {
        auto id = group_id(group);
        if (!id) return failure(id.error());
        shared_with = *id;
    }
    FileDescriptor directory = open_directory(data_directory);
    if (!directory.open()) return failure(system_error("data directory", "opened", errno));
    FileDescriptor socket = new_socket();
    if (!socket.open()) return failure(system_error(role, "created", errno));
    if (::unlinkat(directory.get(), socket_name.c_str(), 0) != 0 && errno != ENOENT)
        return failure(system_error(role, "replaced", errno));

    // Linux gives the name the mode of the socket itself, so it is never open to others, not for a moment.
    const sockaddr_un address = address_in(data_directory, directory);
    if (::fchmod(socket.get(), private_mode) != 0 ||
        ::bind(socket.get(), generic(address), sizeof address) != 0)
        return failure(system_error(role, "bound", errno));
    struct stat bound{};
    if (::fstatat(directory.get(), socket_name.c_str(), &bound, AT_SYMLINK_NOFOLLOW) != 0)
        return failure(system_error(role, "bound", errno));
    OwnerSocket owner(std::move(directory), std::move(socket));
    owner.device_ = bound.st_dev;
    owner.inode_ = bound.st_ino;
    if (::fchmodat(owner.directory_.get(), socket_name.c_str(), private_mode, 0) != 0)
        return failure(system_error(role, "made private", errno));
    if (shared_with) {
        if (auto opened = owner.open_to_group(data_directory, *shared_with); !opened)
            return failure(opened.error());
    }
    if (::listen(owner.get(), backlog_connections_max) != 0)
        return failure(system_error(role, "listened on", errno));
    return owner;
}

Result<void> OwnerSocket::open_to_group(const std::string& data_directory, gid_t group) {
    constexpr auto same_user = static_cast<uid_t>(-1);
    const int directory = directory_.get();
    if (::fchownat(directory, socket_name.c_str(), same_user, group, AT_SYMLINK_NOFOLLOW) != 0 ||
        ::fchmodat(directory, socket_name.c_str(), group_mode, 0) != 0)
        return failure(system_error(role, "given to operators.group", errno));
    if (::fchownat(directory, "", same_user, group, AT_EMPTY_PATH) != 0 ||
        ::chmod(data_directory.c_str(), group_directory_mode) != 0)
        return failure(system_error("data directory", "given to operators.group", errno));
    return {};
}

void OwnerSocket::stop_listening() noexcept {
    if (!socket_.open() || !std::exchange(listening_, false)) return;
    struct stat named{};
    if (::fstatat(directory_.get(), socket_name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        named.st_dev == device_ && named.st_ino == inode_)
        ::unlinkat(directory_.get(), socket_name.c_str(), 0);
    ::shutdown(socket_.get(), SHUT_RDWR);
}

events::Error silent_owner(const std::string& data_directory) {
    const long pid = events::read_owner_hint(data_directory).pid;
    const std::string who = pid > 0 ? "process " + std::to_string(pid) : "another process";
    return failure(ErrorCode::engine_busy, who + " owns the data directory and does not answer").value();
}

Result<std::optional<FileDescriptor>> connect_to_owner(const std::string& data_directory, Deadline deadline) {
    const FileDescriptor directory = open_directory(data_directory);
    if (!directory.open() && errno == ENOENT) return std::nullopt;
    if (!directory.open()) return failure(system_error("data directory", "opened", errno));
    FileDescriptor socket = new_socket();
    if (!socket.open()) return failure(system_error(role, "created", errno));
    const sockaddr_un address = address_in(data_directory, directory);
    while (true) {
        limit_connect(socket.get(), deadline);
        if (::connect(socket.get(), generic(address), sizeof address) == 0) return socket;
        if (errno != EINTR) break;
    }
    switch (errno) {
        case ENOENT:
        case ECONNREFUSED:
            return std::nullopt;
        case EAGAIN:
            return failure(silent_owner(data_directory));
        case EACCES:
        case EPERM:
            return failure(
                ErrorCode::config_invalid, "this user may not reach the engine's socket",
                "Run as the engine's user, or as a member of the group that operators.group names.");
        case EPROTOTYPE:
            return failure(ErrorCode::engine_protocol_mismatch, "the engine's socket is of another kind");
        default:
            return failure(system_error(role, "reached", errno));
    }
}

}  // namespace ibkr::io
