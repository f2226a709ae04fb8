#include "tests/integration/cli_support.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace ibkr::integration {
namespace {

std::string content(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

/// What a start had to do is told on stderr beside any answer.
std::string without_notes(const std::string& text) {
    std::istringstream lines(text);
    std::string rest;
    for (std::string line; std::getline(lines, line);)
        if (!line.starts_with("ibkr-agent: ")) rest += line + "\n";
    return rest;
}

/// One started run; its output goes to files, so that no pipe can fill up.
struct Started {
    pid_t pid = -1;
    std::string out;
    std::string err;
};

Started start(const AgentHome& home, const std::vector<std::string>& words, std::size_t number) {
    Started run{-1, home.path("out." + std::to_string(number)), home.path("err." + std::to_string(number))};
    std::vector<std::string> texts = {IBKR_AGENT_BINARY};
    texts.insert(texts.end(), words.begin(), words.end());
    std::vector<std::string> settings = {"PATH=/usr/bin:/bin"};
    for (const auto& [name, value] : home.environment)
        settings.emplace_back(name).append("=").append(value);
    const auto pointers = [](std::vector<std::string>& list) {
        std::vector<char*> all;
        all.reserve(list.size() + 1);
        for (std::string& text : list)
            all.push_back(text.data());
        all.push_back(nullptr);
        return all;
    };
    auto arguments = pointers(texts);
    auto environment = pointers(settings);
    run.pid = ::fork();
    REQUIRE(run.pid >= 0);
    if (run.pid == 0) {
        const int out = ::open(run.out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        const int err = ::open(run.err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(out, STDOUT_FILENO);
        ::dup2(err, STDERR_FILENO);
        ::execve(arguments[0], arguments.data(), environment.data());
        ::_exit(127);
    }
    return run;
}

Ran finish(const Started& run) {
    int status = 0;
    REQUIRE(::waitpid(run.pid, &status, 0) == run.pid);
    const bool kept = std::filesystem::is_regular_file(run.out);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, kept ? content(run.out) : "", content(run.err)};
}

}  // namespace

nlohmann::json Ran::out_json() const {
    INFO(out << err);
    auto json = nlohmann::json::parse(out, nullptr, false);
    REQUIRE_FALSE(json.is_discarded());
    return json;
}

nlohmann::json Ran::err_json() const {
    INFO(out << err);
    auto json = nlohmann::json::parse(err, nullptr, false);
    REQUIRE_FALSE(json.is_discarded());
    return json;
}

std::string Ran::code() const {
    return err_json().value("code", "");
}

AgentHome::AgentHome() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ibkr-cli-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    environment["IBKR_AGENT_HOME"] = folder_ + "/home";
}

AgentHome::~AgentHome() {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_, ignored))
        if (entry.is_directory(ignored))
            std::filesystem::permissions(entry.path(), std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(folder_, ignored);
}

Ran AgentHome::run_with_full_output(const std::vector<std::string>& words) const {
    std::filesystem::create_symlink("/dev/full", path("out.99"));
    return finish(start(*this, words, 99));
}

Ran AgentHome::run(const std::vector<std::string>& words) const {
    return finish(start(*this, words, 0));
}

std::vector<Ran> AgentHome::run_together(const std::vector<std::vector<std::string>>& commands) const {
    std::vector<Started> started;
    started.reserve(commands.size());
    for (const auto& words : commands)
        started.push_back(start(*this, words, started.size()));
    std::vector<Ran> done;
    done.reserve(started.size());
    for (const Started& run : started)
        done.push_back(finish(run));
    return done;
}

Ran AgentHome::run_until(const std::vector<std::string>& words, std::size_t lines,
                         const std::function<void()>& meanwhile) const {
    const Started run = start(*this, words, 98);
    const auto wait_for = [&](std::size_t wanted) {
        constexpr int attempts_max = 600;
        for (int attempt = 0; attempt < attempts_max; ++attempt) {
            const std::string text = content(run.out);
            if (static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) >= wanted) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    };
    wait_for(lines);
    meanwhile();
    wait_for(lines + 1);
    ::kill(run.pid, SIGTERM);
    return finish(run);
}

Ran AgentHome::run_killed(const std::vector<std::string>& words, std::uint32_t after_us) const {
    const Started run = start(*this, words, 97);
    std::this_thread::sleep_for(std::chrono::microseconds(after_us));
    ::kill(run.pid, SIGKILL);
    return finish(run);
}

nlohmann::json AgentHome::get(std::vector<std::string> words) const {
    words.emplace_back("--json");
    const Ran ran = run(words);
    INFO(words[0] << ' ' << (words.size() > 1 ? words[1] : "") << '\n' << ran.err);
    REQUIRE(ran.exit_code == 0);
    CHECK(without_notes(ran.err).empty());
    return ran.out_json();
}

std::string AgentHome::refused(std::vector<std::string> words, int exit_code) const {
    words.emplace_back("--json");
    const Ran ran = run(words);
    INFO(ran.out << ran.err);
    CHECK(ran.exit_code == exit_code);
    CHECK(ran.out.empty());
    const auto error = ran.err_json();
    CHECK_FALSE(error.value("message", "").empty());
    CHECK(error.contains("retryable"));
    CHECK(error.contains("audit_event_id"));
    CHECK_FALSE(error["user_action"].is_null());
    return error.value("code", "");
}

void AgentHome::write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
}

std::string AgentHome::read(const std::string& name) const {
    return content(path(name));
}

RunningAgent::RunningAgent(const AgentHome& home, const std::vector<std::string>& words) {
    static std::size_t runs = 1'000;
    const Started run = start(home, words, ++runs);
    pid_ = run.pid;
    out_ = run.out;
    err_ = run.err;
}

RunningAgent::~RunningAgent() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    (void)::waitpid(pid_, &status, 0);
}

bool RunningAgent::says(const std::string& text) const {
    constexpr int attempts_max = 3'000;
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        if (content(out_).find(text) != std::string::npos) return true;
        if (::kill(pid_, 0) != 0) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

void RunningAgent::signal(int number) const {
    REQUIRE(::kill(pid_, number) == 0);
}

Ran RunningAgent::wait() {
    const Started run{std::exchange(pid_, -1), out_, err_};
    return finish(run);
}

RunningEngine::RunningEngine(const AgentHome& home, std::vector<std::string> more)
    : RunningAgent(home, [&] {
          more.insert(more.begin(), {"engine", "run"});
          return more;
      }()) {
    REQUIRE(says("READY socket="));
}

std::string preview(const AgentHome& home, const std::string& quantity, const std::string& price) {
    return home
        .get({"orders", "preview", "--account", "DU1234567", "--symbol", "AAPL", "--side", "buy",
              "--quantity", quantity, "--limit-price", price, "--enable-preview"})
        .at("preview_id");
}

std::string approve(const AgentHome& home, const std::string& preview_id) {
    return home.get({"approvals", "create", "--account", "DU1234567", "--preview-id", preview_id})
        .at("approval_id");
}

nlohmann::json submit(const AgentHome& home, const std::string& approval_id, const std::string& key) {
    return home.get({"orders", "submit", "--account", "DU1234567", "--approval-id", approval_id,
                     "--idempotency-key", key, "--enable-paper"});
}

}  // namespace ibkr::integration
