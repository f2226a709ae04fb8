#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <sys/types.h>

#include "events/log/directory/files.hpp"
#include "events/result.hpp"
#include "io/ipc/frame.hpp"

namespace ibkr::io {

/// Longer paths are bound and connected through /proc/self/fd (design section 5.2).
inline constexpr std::size_t socket_path_bytes_max = 107;

/// Who is at the other end of a connection, as the kernel saw it when the connection was made.
struct Peer {
    uid_t uid = 0;
    pid_t pid = 0;  ///< 0: in a process namespace that this one cannot see
    friend bool operator==(const Peer&, const Peer&) = default;
};
[[nodiscard]] std::optional<Peer> peer_of(int socket) noexcept;

/// Whether a listener of `peer` may be taken for the owner of a directory that belongs to `directory_user`: a
/// socket's name says little, whoever may write to the directory could have put it there.
[[nodiscard]] constexpr bool may_own(const Peer& peer, uid_t directory_user) noexcept {
    constexpr uid_t root = 0;
    return peer.uid == directory_user || peer.uid == root;
}

/// The owner's listening socket, `engine.sock` in the data directory. Only the holder of the directory's
/// owner lock may make one, because it takes the place of whatever socket a dead owner left.
/// Methods: one thread at a time; accept(2) on `get()` may run in another.
class OwnerSocket {
public:
    /// With an empty `group` only this user may connect (mode 0600). Otherwise the named group may, too: the
    /// socket gets that group and 0660, the data directory that group and 0710.
    /// Errors: config_invalid (no such group, no right to set it, wrong kind of file), audit_write_failed.
    [[nodiscard]] static events::Result<OwnerSocket> listen(const std::string& data_directory,
                                                            const std::string& group);
    ~OwnerSocket() { stop_listening(); }
    OwnerSocket(OwnerSocket&&) noexcept = default;
    OwnerSocket& operator=(OwnerSocket&&) = delete;
    OwnerSocket(const OwnerSocket&) = delete;
    OwnerSocket& operator=(const OwnerSocket&) = delete;

    [[nodiscard]] int get() const noexcept { return socket_.get(); }
    /// Removes the socket's name if it is still this socket's, and ends a waiting accept(2) with EINVAL.
    /// Connections that were not accepted yet end without a word.
    void stop_listening() noexcept;

private:
    OwnerSocket(events::FileDescriptor directory, events::FileDescriptor socket)
        : directory_(std::move(directory)), socket_(std::move(socket)) {}
    [[nodiscard]] events::Result<void> open_to_group(const std::string& data_directory, gid_t group);

    events::FileDescriptor directory_;
    events::FileDescriptor socket_;
    dev_t device_ = 0;  ///< with `inode_`: what our name stood for when it was bound
    ino_t inode_ = 0;
    bool listening_ = true;
};

/// Connects to the socket of whoever owns `data_directory`. nullopt: nobody there (no socket, or nobody
/// listens on it). Errors: engine_busy when the owner's queue stayed full until the deadline; config_invalid
/// when this user may not connect; engine_protocol_mismatch when it is not the kind of socket we bind.
[[nodiscard]] events::Result<std::optional<events::FileDescriptor>> connect_to_owner(
    const std::string& data_directory, Deadline deadline);

/// engine_busy that names the owner's process, for an owner that does not answer.
[[nodiscard]] events::Error silent_owner(const std::string& data_directory);

}  // namespace ibkr::io
