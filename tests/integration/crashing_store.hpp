#pragma once

#include <cstdint>
#include <sys/wait.h>
#include <unistd.h>

#include "events/log/store.hpp"

namespace ibkr::events::test {

inline constexpr int crashed = 77;  ///< exit code of a process that the store ended

/// `rocksdb_store()` that ends the process, as `kill -9` does, at its `at_step`-th step: right before and
/// right after each opening and each append there is one. 0: never. For a child process.
[[nodiscard]] const LogStore& crashing_store(std::uint64_t at_step);

/// Runs `work` in a child process; its exit code is what `work` returns.
template <class Work>
[[nodiscard]] int in_child(Work work) {
    const pid_t child = ::fork();
    if (child < 0) return -1;
    if (child == 0) ::_exit(work());
    int status = 0;
    if (::waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1'000 + WTERMSIG(status);
}

}  // namespace ibkr::events::test
