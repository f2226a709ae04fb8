#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace ibkr::cli {

/// What a command line came to: a command to run, or a text that is the whole answer (help, version, usage).
struct Parsed {
    std::optional<Arguments> arguments;
    int exit_code = 0;
    std::string out;  ///< for stdout
    std::string err;  ///< for stderr
};

inline constexpr std::size_t arguments_max = 200;
inline constexpr std::size_t argument_bytes_max = 65'536;

/// `words` are the arguments without the program's name. Exit code 2 with usage on stderr when they do not
/// fit any command (gateway contract section 3).
[[nodiscard]] Parsed parse_command_line(const std::vector<std::string>& words);

}  // namespace ibkr::cli
