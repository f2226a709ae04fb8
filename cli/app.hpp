#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "cli/print/terminal.hpp"
#include "io/config/config.hpp"

namespace ibkr::cli {

class EngineCaller;

/// Runs one command line. Exit codes: gateway contract section 3 and interfaces.
[[nodiscard]] int run(const std::vector<std::string>& words);

/// One command on its way: opens what it needs, when it needs it, and prints its answer.
class App {
public:
    App(const Arguments& arguments, io::Environment environment);
    ~App();
    App(const App&) = delete;
    App& operator=(const App&) = delete;

    [[nodiscard]] const Globals& globals() const noexcept { return arguments_.globals; }
    [[nodiscard]] const io::Environment& environment() const noexcept { return environment_; }
    [[nodiscard]] Terminal& terminal() noexcept { return terminal_; }
    [[nodiscard]] events::Result<io::Config> config() const;
    [[nodiscard]] bool wants_json() const noexcept { return arguments_.globals.json; }

    int dispatch();

    /// Makes the call as the present user, here or at the process that owns the data directory; shows on a
    /// terminal how far it is.
    [[nodiscard]] engine::CallResult invoke(const engine::Operation& operation);
    /// Whether another process owns the data directory. This one does from now on, if none did.
    [[nodiscard]] events::Result<bool> is_forwarded();
    /// Gives the data directory back, so that other processes can have it.
    void release();
    /// Prints the payload (JSON, or for people) and gives the exit code: 0, or 3 when the outcome of a broker
    /// write is not known.
    [[nodiscard]] int answer(const engine::Reply& reply);
    void print_payload(const std::string& payload);
    /// Says on stderr why a read left no event, if it left none.
    void say_unrecorded(const engine::Reply& reply);
    /// Prints the error and gives its exit code.
    [[nodiscard]] int refuse(const engine::CallError& failed);
    [[nodiscard]] int refuse(const events::Error& error) { return refuse(engine::CallError{error, {}}); }
    /// Records the failure in the log where that is possible, prints it and gives its exit code.
    [[nodiscard]] int record_and_refuse(const events::Error& error);

private:
    [[nodiscard]] events::Result<EngineCaller*> caller();
    [[nodiscard]] engine::CallContext context() const;
    [[nodiscard]] int closed(int exit_code);
    /// Tells on stderr, once, what the operator should know of this start.
    void say_notes();

    const Arguments& arguments_;
    io::Environment environment_;
    Terminal terminal_;
    std::unique_ptr<EngineCaller> caller_;
    std::vector<std::string> notes_;
};

}  // namespace ibkr::cli
