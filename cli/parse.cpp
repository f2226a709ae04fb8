#include "cli/parse.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <sstream>

#include <CLI/CLI.hpp>

#include "cli/print/text.hpp"

namespace ibkr::cli {
namespace {

constexpr int usage_exit_code = 2;

std::vector<std::string> words_of(std::string_view path) {
    std::istringstream stream{std::string(path)};
    std::vector<std::string> words;
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

std::string examples_text(const Command& command) {
    std::string text;
    for (const std::string_view example : command.examples)
        text += (text.empty() ? "Examples:\n  " : "\n  ") + std::string(example);
    return text;
}

CLI::Validator whole_number(const Option& option) {
    return CLI::Validator(
        [minimum = option.minimum, maximum = option.maximum](std::string& text) -> std::string {
            std::int64_t value = 0;
            if (CLI::detail::lexical_cast(text, value) && value >= minimum && value <= maximum) return {};
            return "must be a whole number from " + std::to_string(minimum) + " to " +
                   std::to_string(maximum);
        },
        "");
}

/// An empty one, of a variable that is not set, would name the root folder with what is put behind it.
CLI::Validator some_path() {
    return CLI::Validator(
        [](std::string& text) -> std::string { return text.empty() ? "must name a file or folder" : ""; },
        "");
}

/// "--name=" is an empty value; the library would take the next word instead.
std::vector<std::string> with_empty_values(const std::vector<std::string>& words) {
    std::vector<std::string> all;
    for (const std::string& word : words) {
        const bool empty = word.starts_with("--") && word.find('=') == word.size() - 1;
        all.push_back(empty ? word.substr(0, word.size() - 1) : word);
        if (empty) all.emplace_back();
    }
    return all;
}

/// The library's tree of one command line, built from the table of commands, and where it puts values.
class Tree {
public:
    Tree()
        : app_("An audited control plane between agents or operators and a broker account.", "ibkr-agent") {
        app_.set_version_flag("--version", std::string("ibkr-agent ") + IBKR_VERSION);
        app_.require_subcommand(1);
        app_.get_formatter()->column_width(34);
        for (const Option& option : global_options())
            add(app_, option, globals_)->group("Global options");
        app_.footer(
            "Without --config an offline profile runs: a simulated venue, a private home, no network.\n"
            "'ibkr-agent COMMAND --help' shows options and examples.");
        for (const Command& command : all_commands())
            add(command);
    }

    Parsed parse(std::vector<std::string> words) {
        std::reverse(words.begin(), words.end());
        try {
            app_.parse(words);
        } catch (const CLI::ParseError& stop) {
            return answer(stop);
        }
        if (const std::string misplaced = misplaced_option(); !misplaced.empty())
            return answer(CLI::ExtrasError(std::vector<std::string>{misplaced}), misplaced);
        Parsed parsed;
        parsed.arguments = arguments();
        return parsed;
    }

private:
    using Values = std::map<std::string, std::string, std::less<>>;
    struct Node {
        CLI::App* app = nullptr;
        const Command* command = nullptr;
        std::unique_ptr<Values> values = std::make_unique<Values>();
    };

    static CLI::Option* add(CLI::App& app, const Option& option, Values& values) {
        std::string& target = values[std::string(option.name)];
        CLI::Option* added = nullptr;
        if (option.kind == OptionKind::flag) {
            added = app.add_flag(std::string(option.name), target, std::string(option.help));
        } else {
            added = app.add_option(std::string(option.name), target, std::string(option.help));
            std::string placeholder(option.placeholder);
            if (option.kind == OptionKind::choice) {
                placeholder = option.words;
                std::replace(placeholder.begin(), placeholder.end(), '|', ',');
            }
            added->type_name(placeholder);
        }
        if (option.kind == OptionKind::integer) added->check(whole_number(option));
        if (option.kind == OptionKind::path) added->check(some_path());
        if (option.required) added->required();
        if (option.repeated) added->join(repeated_separator);
        if (!option.default_text.empty()) added->default_str(std::string(option.default_text));
        return added;
    }

    void add(const Command& command) {
        const auto words = words_of(command.path);
        CLI::App* parent = &app_;
        for (std::size_t i = 0; i + 1 < words.size(); ++i) {
            CLI::App*& group = groups_[words[i]];
            if (group == nullptr) {
                group = parent->add_subcommand(words[i], std::string(group_summary(words[i])));
                group->fallthrough();
                group->require_subcommand(1);
            }
            parent = group;
        }
        Node node;
        node.app = parent->add_subcommand(words.back(), std::string(command.summary));
        node.app->fallthrough();
        if (words.size() == 1) groups_[words.front()] = node.app;  // "replay" runs, and so does "replay why"
        node.command = &command;
        for (const Option& option : command.options)
            add(*node.app, option, *node.values);
        node.app->footer(examples_text(command));
        nodes_.push_back(std::move(node));
    }

    /// Its name is the beginning of the command's that was given.
    static bool is_only_a_prefix(const Node& node) { return !node.app->get_subcommands().empty(); }

    /// An option of "replay" that was given to "replay why", which has none of that name.
    [[nodiscard]] std::string misplaced_option() const {
        for (const Node& node : nodes_) {
            if (!node.app->parsed() || !is_only_a_prefix(node)) continue;
            for (const Option& option : node.command->options)
                if (node.app->count(std::string(option.name)) > 0) return std::string(option.name);
        }
        return {};
    }

    Parsed answer(const CLI::ParseError& stop, const std::string& misplaced = {}) {
        std::ostringstream out;
        std::ostringstream err;
        Parsed parsed;
        if (stop.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
            parsed.exit_code = app_.exit(stop, out, err);
            parsed.out = out.str();
            return parsed;
        }
        const CLI::App* deepest = &app_;
        std::string above;
        while (!deepest->get_subcommands().empty()) {
            above += (above.empty() ? "" : " ") + deepest->get_name();
            deepest = deepest->get_subcommands().front();
        }
        parsed.exit_code = usage_exit_code;
        const auto unknown = app_.remaining(true);
        std::string why =
            unknown.empty() ? std::string(stop.what()) : "there is no '" + unknown.front() + "'";
        if (!misplaced.empty())
            why = "'" + misplaced + "' does not belong to '" + above + " " + deepest->get_name() +
                  "', or stands before its name";
        parsed.err = printable(why) + "\n\n" + deepest->help(above);
        return parsed;
    }

    Arguments arguments() {
        Arguments arguments;
        for (const Node& node : nodes_) {
            if (!node.app->parsed() || is_only_a_prefix(node)) continue;
            arguments.command = node.command;
            for (const Option& option : node.command->options)
                keep(*node.app, option, *node.values, arguments.values);
        }
        Values given;
        for (const Option& option : global_options())
            keep(app_, option, globals_, given);
        const auto text = [&](const char* name) { return given[name]; };
        arguments.globals.config = text("--config");
        arguments.globals.json = app_.count("--json") > 0;
        arguments.globals.request_id = text("--request-id");
        arguments.globals.data_dir = text("--data-dir");
        arguments.globals.read_only = app_.count("--read-only") > 0;
        arguments.globals.no_color = app_.count("--no-color") > 0;
        arguments.globals.operator_secret_file = text("--operator-secret-file");
        return arguments;
    }

    static void keep(const CLI::App& app, const Option& option, const Values& from, Values& into) {
        const std::string name(option.name);
        if (app.count(name) > 0)
            into[name] = from.at(name);
        else if (!option.default_text.empty())
            into[name] = option.default_text;
    }

    CLI::App app_;
    Values globals_;
    std::map<std::string, CLI::App*> groups_;
    std::vector<Node> nodes_;
};

}  // namespace

Parsed parse_command_line(const std::vector<std::string>& words) {
    const bool too_long =
        words.size() > arguments_max || std::any_of(words.begin(), words.end(), [](const std::string& word) {
            return word.size() > argument_bytes_max;
        });
    if (too_long)
        return {std::nullopt, usage_exit_code, "",
                "more than " + std::to_string(arguments_max) + " arguments, or one longer than " +
                    std::to_string(argument_bytes_max) + " bytes\n"};
    return Tree().parse(with_empty_values(words));
}

}  // namespace ibkr::cli
