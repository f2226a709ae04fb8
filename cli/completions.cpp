#include "cli/completions.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "cli/command.hpp"

namespace ibkr::cli {
namespace {

/// Words that may follow a path of words, and for each option with fixed words its values.
struct Tree {
    std::map<std::string, std::vector<std::string>> next;    ///< by path, "" is the program itself
    std::map<std::string, std::vector<std::string>> values;  ///< by "path option"
    std::vector<std::string> file_options;
};

std::vector<std::string> words_of(std::string_view text, char separator) {
    std::vector<std::string> words;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(separator, start), text.size());
        if (end > start) words.emplace_back(text.substr(start, end - start));
        start = end + 1;
    }
    return words;
}

void add_once(std::vector<std::string>& list, const std::string& word) {
    if (std::find(list.begin(), list.end(), word) == list.end()) list.push_back(word);
}

Tree tree_of_commands() {
    Tree tree;
    for (const Command& command : all_commands()) {
        std::string path;
        for (const std::string& word : words_of(command.path, ' ')) {
            add_once(tree.next[path], word);
            path += (path.empty() ? "" : " ") + word;
        }
        for (const Option& option : command.options) {
            const bool positional = !option.name.starts_with("-");
            if (!positional) add_once(tree.next[path], std::string(option.name));
            for (const std::string& value : words_of(option.words, '|'))
                add_once(positional ? tree.next[path] : tree.values[path + " " + std::string(option.name)],
                         value);
            if (option.kind == OptionKind::path) add_once(tree.file_options, std::string(option.name));
        }
        add_once(tree.next[path], "--help");
    }
    for (const Option& option : global_options()) {
        add_once(tree.next[""], std::string(option.name));
        if (option.kind == OptionKind::path) add_once(tree.file_options, std::string(option.name));
    }
    add_once(tree.next[""], "--help");
    add_once(tree.next[""], "--version");
    return tree;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : std::string(separator)) + word;
    return text;
}

/// Two functions in plain POSIX shell, shared by bash and zsh.
std::string tables(const Tree& tree) {
    std::string text = "_ibkr_agent_next() {\n    case \"$1\" in\n";
    for (const auto& [path, words] : tree.next)
        text += "        \"" + path + "\") echo \"" + joined(words, " ") + "\" ;;\n";
    text += "    esac\n}\n\n_ibkr_agent_values() {\n    case \"$1\" in\n";
    for (const auto& [option, words] : tree.values)
        text += "        \"" + option + "\") echo \"" + joined(words, " ") + "\" ;;\n";
    return text + "    esac\n}\n\n";
}

std::string bash_script(const Tree& tree) {
    return "# bash completion for ibkr-agent\n" + tables(tree) +
           "_ibkr_agent() {\n"
           "    local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
           "    local path=\"\" word candidate values\n"
           "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
           "        candidate=\"${path:+$path }$word\"\n"
           "        [ -n \"$(_ibkr_agent_next \"$candidate\")\" ] && path=\"$candidate\"\n"
           "    done\n"
           "    case \"$previous\" in\n"
           "        " +
           joined(tree.file_options, "|") +
           ") COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
           "    esac\n"
           "    values=\"$(_ibkr_agent_values \"$path $previous\")\"\n"
           "    COMPREPLY=($(compgen -W \"${values:-$(_ibkr_agent_next \"$path\")}\" -- \"$current\"))\n"
           "}\n"
           "complete -F _ibkr_agent ibkr-agent\n";
}

std::string zsh_script(const Tree& tree) {
    return "#compdef ibkr-agent\n# zsh completion for ibkr-agent\n" + tables(tree) +
           "_ibkr_agent() {\n"
           "    local previous=\"${words[CURRENT-1]}\" way=\"\" word candidate values\n"
           "    for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
           "        candidate=\"${way:+$way }$word\"\n"
           "        [ -n \"$(_ibkr_agent_next \"$candidate\")\" ] && way=\"$candidate\"\n"
           "    done\n"
           "    case \"$previous\" in\n"
           "        " +
           joined(tree.file_options, "|") +
           ") _files; return ;;\n"
           "    esac\n"
           "    values=\"$(_ibkr_agent_values \"$way $previous\")\"\n"
           "    compadd -- ${=values:-$(_ibkr_agent_next \"$way\")}\n"
           "}\n"
           "compdef _ibkr_agent ibkr-agent\n";
}

/// True in fish when exactly the words of `path` were given so far.
std::string fish_condition(const std::string& path) {
    return "-n 'test \"$(_ibkr_agent_way)\" = \"" + path + "\"'";
}

std::string fish_script(const Tree& tree) {
    std::vector<std::string> paths;
    for (const auto& [path, words] : tree.next)
        if (!path.empty()) paths.push_back("'" + path + "'");
    std::string text =
        "# fish completion for ibkr-agent\n"
        "function _ibkr_agent_way\n"
        "    set -l way ''\n"
        "    for word in (commandline -opc)[2..-1]\n"
        "        set -l candidate (string trim \"$way $word\")\n"
        "        contains -- $candidate " +
        joined(paths, " ") +
        "; and set way $candidate\n"
        "    end\n"
        "    echo $way\n"
        "end\n"
        "complete -c ibkr-agent -f\n";
    for (const auto& [path, words] : tree.next)
        for (const std::string& word : words) {
            const bool option = word.starts_with("--");
            const auto values = tree.values.find(std::string(path).append(" ").append(word));
            const bool file = std::find(tree.file_options.begin(), tree.file_options.end(), word) !=
                              tree.file_options.end();
            text += "complete -c ibkr-agent " + fish_condition(path) +
                    (option ? " -l " + word.substr(2) : " -a '" + word + "'");
            if (values != tree.values.end()) text += " -x -a '" + joined(values->second, " ") + "'";
            if (file) text += " -r -F";
            text += "\n";
        }
    return text;
}

}  // namespace

std::optional<std::string> completion_script(std::string_view shell) {
    const Tree tree = tree_of_commands();
    if (shell == "bash") return bash_script(tree);
    if (shell == "zsh") return zsh_script(tree);
    if (shell == "fish") return fish_script(tree);
    return std::nullopt;
}

}  // namespace ibkr::cli
