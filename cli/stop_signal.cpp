#include "cli/stop_signal.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace ibkr::cli {
namespace {

// A signal handler can reach nothing else.
std::atomic<bool> stop_requested = false;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<int> stop_event = -1;          // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void request_stop(int) {
    stop_requested = true;
    const std::uint64_t one = 1;
    if (const int event = stop_event; event >= 0) (void)!::write(event, &one, sizeof one);
}

}  // namespace

StopSignal::StopSignal() {
    if (stop_event < 0) stop_event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct sigaction action{};
    action.sa_handler = request_stop;
    for (const int number : {SIGINT, SIGTERM})
        (void)::sigaction(number, &action, nullptr);
    action.sa_handler = SIG_IGN;
    (void)::sigaction(SIGPIPE, &action, nullptr);
}

bool StopSignal::requested() const noexcept {
    return stop_requested;
}

void StopSignal::request() noexcept {
    request_stop(0);
}

void StopSignal::wait(std::chrono::milliseconds at_most) noexcept {
    if (stop_requested) return;
    pollfd event{stop_event, POLLIN, 0};
    (void)::poll(&event, 1, static_cast<int>(at_most.count()));
}

}  // namespace ibkr::cli
