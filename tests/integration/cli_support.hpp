#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace ibkr::integration {

/// Processes under a sanitizer are many times slower: fewer of them show the same there.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IBKR_TEST_SANITIZED
#endif
#endif
#ifdef IBKR_TEST_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// What one run of the real binary came to.
struct Ran {
    int exit_code = -1;  ///< -1: ended by a signal
    std::string out;
    std::string err;

    [[nodiscard]] nlohmann::json out_json() const;  ///< fails the test when it is not JSON
    [[nodiscard]] nlohmann::json err_json() const;
    [[nodiscard]] std::string code() const;  ///< `code` of the error object on stderr
};

/// A private home for the offline profile, removed with everything in it; runs the binary with arguments as
/// bytes, without a shell.
class AgentHome {
public:
    AgentHome();
    ~AgentHome();
    AgentHome(const AgentHome&) = delete;
    AgentHome& operator=(const AgentHome&) = delete;

    [[nodiscard]] Ran run(const std::vector<std::string>& words) const;
    /// Standard output is a device on which every write fails.
    [[nodiscard]] Ran run_with_full_output(const std::vector<std::string>& words) const;
    /// The same with --json; the payload of a run that must succeed.
    [[nodiscard]] nlohmann::json get(std::vector<std::string> words) const;
    /// The error code of a run that must fail with `exit_code`.
    [[nodiscard]] std::string refused(std::vector<std::string> words, int exit_code) const;
    /// Starts one, waits until it has printed `lines`, calls `meanwhile`, waits for one more line, and ends
    /// it with SIGTERM.
    [[nodiscard]] Ran run_until(const std::vector<std::string>& words, std::size_t lines,
                                const std::function<void()>& meanwhile) const;
    /// Kills one with SIGKILL so many microseconds after its start, if it still runs then.
    [[nodiscard]] Ran run_killed(const std::vector<std::string>& words, std::uint32_t after_us) const;
    /// Starts several at once and waits for all.
    [[nodiscard]] std::vector<Ran> run_together(const std::vector<std::vector<std::string>>& commands) const;

    [[nodiscard]] const std::string& folder() const noexcept { return folder_; }
    [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
    void write(const std::string& name, const std::string& content) const;
    [[nodiscard]] std::string read(const std::string& name) const;

    std::map<std::string, std::string> environment;  ///< of the runs; IBKR_AGENT_HOME is set to `home`

private:
    std::string folder_;
};

/// A run that goes on while the test does something else. Ends with this object, by SIGKILL if need be.
class RunningAgent {
public:
    RunningAgent(const AgentHome& home, const std::vector<std::string>& words);
    ~RunningAgent();
    RunningAgent(const RunningAgent&) = delete;
    RunningAgent& operator=(const RunningAgent&) = delete;

    [[nodiscard]] int pid() const noexcept { return pid_; }
    /// Whether its standard output holds this text within 30 s.
    [[nodiscard]] bool says(const std::string& text) const;
    void signal(int number) const;
    /// Waits until it ends.
    [[nodiscard]] Ran wait();

private:
    int pid_ = -1;
    std::string out_;
    std::string err_;
};

/// A resident engine in this home, ready.
class RunningEngine : public RunningAgent {
public:
    explicit RunningEngine(const AgentHome& home, std::vector<std::string> more = {});
};

// Steps of the paper flow on DU1234567; each must succeed.
[[nodiscard]] std::string preview(const AgentHome& home, const std::string& quantity,
                                  const std::string& price);
[[nodiscard]] std::string approve(const AgentHome& home, const std::string& preview_id);
[[nodiscard]] nlohmann::json submit(const AgentHome& home, const std::string& approval_id,
                                    const std::string& key);

}  // namespace ibkr::integration
