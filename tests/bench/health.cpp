// Design section 12, row 8: `ibkr-agent health --json` as a whole process, with no owner running, and
// forwarded to a resident engine. Beside it stands the start of a process that does nothing.
//   bench_health [PROGRAM]     default: the ibkr-agent beside this bench
#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.hpp"

namespace {

using namespace ibkr;

constexpr int rounds_max = 40;
constexpr double seconds_max = 10;
constexpr int ready_attempts_max = 1'000;

pid_t start(const std::string& program, std::vector<std::string> words, const std::string& home,
            const std::string& out) {
    words.insert(words.begin(), program);
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::string home_setting = "IBKR_AGENT_HOME=" + home;
    std::array<char*, 2> environment{home_setting.data(), nullptr};
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int file = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    ::execve(program.c_str(), arguments.data(), environment.data());
    ::_exit(127);
}

void finish(pid_t child, std::string_view what) {
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) bench::give_up(what, "it failed");
}

double run_once(const std::string& program, const std::vector<std::string>& words, const std::string& home) {
    const bench::Stopwatch time;
    finish(start(program, words, home, "/dev/null"), program);
    return time.seconds() * 1000;
}

void wait_for_socket(const std::string& home) {
    for (int attempt = 0; attempt < ready_attempts_max; ++attempt) {
        if (std::filesystem::exists(home + "/data/engine.sock")) return;
        ::usleep(10'000);
    }
    bench::give_up("engine run", "its socket did not come");
}

}  // namespace

int main(int argc, char** argv) {
    const std::string beside = std::filesystem::canonical("/proc/self/exe").parent_path() / "ibkr-agent";
    const std::string program = argc > 1 ? argv[1] : beside;
    const bench::TemporaryDirectory directory;
    const std::string home = directory / "home";
    const std::vector<std::string> health{"health", "--json"};
    (void)run_once(program, health, home);  // makes the log
    std::vector<double> alone, forwarded, nothing;
    bench::Rounds rounds(rounds_max, seconds_max);
    while (rounds.next()) {
        alone.push_back(run_once(program, health, home));
        nothing.push_back(run_once("/bin/true", {}, home));
    }
    const pid_t engine = start(program, {"engine", "run"}, home, directory / "engine.out");
    wait_for_socket(home);
    (void)run_once(program, health, home);
    bench::Rounds again(rounds_max, seconds_max);
    while (again.next())
        forwarded.push_back(run_once(program, health, home));
    ::kill(engine, SIGTERM);
    finish(engine, "engine run");
    fmt::print("health --json, whole process: {} runs each\n", rounds.done());
    bench::print_head();
    bench::print_row("no owner running, ms", bench::figure_of(alone), 1, "<= 50");
    bench::print_row("forwarded, ms", bench::figure_of(forwarded), 1, "<= 30");
    bench::print_row("/bin/true, ms", bench::figure_of(nothing), 1);
    return 0;
}
