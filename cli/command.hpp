#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/print/table.hpp"
#include "engine/gateway/operation.hpp"
#include "events/result.hpp"

namespace ibkr::cli {

class App;
class Arguments;

enum class OptionKind : std::uint8_t { flag, text, integer, choice, path };

/// One option of a command. A name without dashes is a positional argument. `choice` and `text` are checked
/// by the command, with the gateway's own codes; `integer` by the parser.
struct Option {
    std::string_view name;
    OptionKind kind = OptionKind::text;
    std::string_view placeholder;
    std::string_view help;
    bool required = false;
    std::string_view default_text = {};
    std::string_view words = {};  ///< of a choice, separated by '|'
    std::int64_t minimum = 0;     ///< of an integer
    std::int64_t maximum = 0;
    bool repeated = false;  ///< may be given several times: its values, separated by `repeated_separator`
};
inline constexpr char repeated_separator = ',';

/// One command: what the parser, the help, the completions and the dispatcher know of it. Exactly one of
/// `prepare` (checks the input; the call of the gateway that is meant) and `run` (everything else; answers
/// the exit code) is set.
struct Command {
    std::string_view path;       ///< "orders preview"
    std::string_view tool_name;  ///< audited name, gateway contract section 3; empty: leaves no event
    std::string_view summary;
    std::vector<Option> options;
    std::vector<std::string_view> examples;
    std::function<events::Result<engine::Operation>(const Arguments&)> prepare = {};
    std::function<int(App&, const Arguments&)> run = {};
    std::vector<Column> columns = {};   ///< of the table when the payload is a list
    std::string_view list_member = {};  ///< the payload's member that is the list; empty: the payload
    std::string_view empty_text = "nothing to show";
};

/// Options every command takes, before or after its name.
struct Globals {
    std::string config;
    bool json = false;
    std::string request_id;
    std::string data_dir;
    bool read_only = false;
    bool no_color = false;
    std::string operator_secret_file;
};

/// What the parser made of a command line. Values are bytes as given: nothing is checked but presence and
/// integers.
class Arguments {
public:
    Globals globals;
    const Command* command = nullptr;
    std::map<std::string, std::string, std::less<>> values;

    [[nodiscard]] bool has(std::string_view name) const { return values.find(name) != values.end(); }
    [[nodiscard]] std::string text(std::string_view name) const {
        const auto found = values.find(name);
        return found == values.end() ? std::string() : found->second;
    }
    /// Precondition: an integer option with a default, or one that `has`.
    [[nodiscard]] std::int64_t integer(std::string_view name) const { return std::stoll(text(name)); }
};

/// The `prepare` of a command whose call has no arguments.
template <class Asked>
[[nodiscard]] events::Result<engine::Operation> prepare_plain(const Arguments&) {
    return engine::Operation(Asked{});
}

/// Every command, in the order of the help.
[[nodiscard]] const std::vector<Command>& all_commands();
[[nodiscard]] const Command* find_command(std::string_view path);
/// The options of `Globals`.
[[nodiscard]] const std::vector<Option>& global_options();
/// Summary of a group such as "orders".
[[nodiscard]] std::string_view group_summary(std::string_view group);

}  // namespace ibkr::cli
