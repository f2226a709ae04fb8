#pragma once

#include <chrono>
#include <string>

#include "events/log/directory/files.hpp"
#include "events/result.hpp"

namespace ibkr::events {

inline constexpr std::chrono::milliseconds owner_lock_wait_default{10'000};
inline constexpr std::string_view owner_socket_name = "engine.sock";

/// Held by the one process that may write a data directory (design section 5). Taken before the store is
/// touched: a second open disturbs the owner's files before it fails. The kernel gives it back when the
/// process ends, however it ends; a process started by `exec` does not inherit it.
class OwnerLock {
public:
    /// Waits until the lock on `owner.lock` in `data_directory` (which exists) is free, trying again every
    /// few milliseconds until `wait` is over; 0 tries once. Errors: engine_busy naming the owner's pid;
    /// config_invalid or audit_write_failed when the file cannot be made.
    [[nodiscard]] static Result<OwnerLock> acquire(const std::string& data_directory,
                                                   std::chrono::milliseconds wait = owner_lock_wait_default);

    [[nodiscard]] const std::string& data_directory() const noexcept { return data_directory_; }

private:
    OwnerLock(FileDescriptor file, std::string data_directory)
        : file_(std::move(file)), data_directory_(std::move(data_directory)) {}
    FileDescriptor file_;
    std::string data_directory_;
};

/// What the current or last owner wrote into `owner.lock`; pid 0 when nothing legible stands there. Only a
/// hint: whoever holds the lock may not have written yet.
struct OwnerHint {
    long pid = 0;
    std::string socket_name;
};
[[nodiscard]] OwnerHint read_owner_hint(const std::string& data_directory);

}  // namespace ibkr::events
