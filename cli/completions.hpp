#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ibkr::cli {

/// The completion script of bash, zsh or fish, made from the same table as the parser; nullopt for any other
/// shell.
[[nodiscard]] std::optional<std::string> completion_script(std::string_view shell);

}  // namespace ibkr::cli
