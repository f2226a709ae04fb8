#include "tests/integration/staged_engine.hpp"

#include <atomic>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <catch2/catch.hpp>

#include "cli/resident.hpp"
#include "io/config/offline_profile.hpp"

namespace ibkr::integration {
namespace {

class ActAt final : public engine::SuspensionPoints {
public:
    ActAt(std::uint64_t at, std::function<void()> act) : at_(at), act_(std::move(act)) {}
    void arm() { armed_ = true; }
    [[nodiscard]] bool pass(engine::SuspensionPoint) override {
        if (armed_ && ++count_ == at_) act_();
        return true;
    }

private:
    const std::uint64_t at_;
    const std::function<void()> act_;
    std::atomic<bool> armed_ = false;
    std::atomic<std::uint64_t> count_ = 0;
};

/// The life of the child; its exit code. Writes a byte to `ready` when the socket is there.
int run_engine(const std::string& home, ActAt& points, int ready) {
    io::Config config = io::offline_profile(home);
    config.reconcile_interval = std::chrono::hours{1};  // its appends would count as moments
    const io::Environment nothing = [](const std::string&) { return std::optional<std::string>(); };
    auto lock = cli::lock_directory(config, nothing, true, std::chrono::seconds{10});
    if (!lock) return 2;
    cli::StopSignal stop;
    cli::OwnerOptions options;
    options.suspension = &points;
    auto resident = cli::Resident::start(std::move(config), nothing, options, std::move(*lock), stop);
    if (!resident) return 3;
    points.arm();
    if (::write(ready, "r", 1) != 1) return 4;
    return (*resident)->run() ? 0 : StagedEngine::died_exit_code;
}

}  // namespace

StagedEngine::StagedEngine(const AgentHome& home, std::uint64_t at, std::function<void()> act) {
    int ready[2] = {-1, -1};
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        ::close(ready[0]);
        ActAt points(at, std::move(act));
        ::_exit(run_engine(home.path("home"), points, ready[1]));
    }
    ::close(ready[1]);
    char byte = 0;
    const bool is_ready = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    REQUIRE(is_ready);
}

StagedEngine::~StagedEngine() {
    end();
}

bool StagedEngine::is_down() const {
    siginfo_t info{};
    const int asked = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT);
    return asked == 0 && info.si_pid == pid_;
}

int StagedEngine::wait() {
    int status = 0;
    REQUIRE(::waitpid(std::exchange(pid_, -1), &status, 0) > 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void StagedEngine::end() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    (void)::waitpid(pid_, &status, 0);
    pid_ = -1;
}

}  // namespace ibkr::integration
