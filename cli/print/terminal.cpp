#include "cli/print/terminal.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

namespace ibkr::cli {
namespace {

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

bool wants_color(int fd, bool allowed) {
    const char* const no_color = std::getenv("NO_COLOR");
    const char* const terminal = std::getenv("TERM");
    const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
    return allowed && !dumb && (no_color == nullptr || *no_color == '\0') && ::isatty(fd) == 1;
}

}  // namespace

Terminal::Terminal(bool allow_color)
    : out_style_{wants_color(STDOUT_FILENO, allow_color)},
      err_style_{wants_color(STDERR_FILENO, allow_color)},
      err_is_terminal_(::isatty(STDERR_FILENO) == 1) {}

bool Terminal::out(std::string_view text) {
    if (!failed_ && !write_all(STDOUT_FILENO, text)) failed_ = true;
    return !failed_;
}

void Terminal::err(std::string_view text) {
    (void)write_all(STDERR_FILENO, text);
}

struct ProgressLine::Shared {
    std::string what;
    std::atomic<std::uint64_t> done = 0;
    std::mutex mutex;
    std::condition_variable wake;
    bool stop = false;  // guarded by mutex
    std::thread thread;

    void run() {
        constexpr std::chrono::milliseconds first{1000};
        constexpr std::chrono::milliseconds next{500};
        const auto start = std::chrono::steady_clock::now();
        bool shown = false;
        std::unique_lock lock(mutex);
        while (!wake.wait_for(lock, shown ? next : first, [this] { return stop; })) {
            const auto seconds =
                std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
            const std::uint64_t count = done.load();
            const std::string counted = count == 0 ? "" : fmt::format(", {} events", count);
            (void)write_all(STDERR_FILENO,
                            fmt::format("\r\x1b[K{}: working for {} s{}", what, seconds.count(), counted));
            shown = true;
        }
        if (shown) (void)write_all(STDERR_FILENO, "\r\x1b[K");
    }
};

ProgressLine::ProgressLine(std::string_view what, bool enabled) {
    if (!enabled) return;
    shared_ = std::make_unique<Shared>();
    shared_->what = what;
    shared_->thread = std::thread([shared = shared_.get()] { shared->run(); });
}

ProgressLine::~ProgressLine() {
    if (!shared_) return;
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->stop = true;
    }
    shared_->wake.notify_one();
    shared_->thread.join();
}

void ProgressLine::count(std::uint64_t done) noexcept {
    if (shared_) shared_->done.store(done);
}

}  // namespace ibkr::cli
