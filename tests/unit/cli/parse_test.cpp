#include "cli/parse.hpp"

#include <set>

#include <catch2/catch.hpp>

#include "cli/completions.hpp"
#include "engine/gateway/operation_tools.hpp"

namespace {

using namespace ibkr::cli;

Arguments parsed(const std::vector<std::string>& words) {
    Parsed result = parse_command_line(words);
    INFO(result.err);
    REQUIRE(result.arguments.has_value());
    return *result.arguments;
}

}  // namespace

TEST_CASE("global options stand before or after the command", "[parse]") {
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"--json", "--request-id", "r-1", "orders", "list", "--account", "DU1"},
             {"orders", "list", "--account", "DU1", "--json", "--request-id", "r-1"},
             {"orders", "--json", "list", "--request-id=r-1", "--account=DU1"}}) {
        const Arguments arguments = parsed(words);
        CHECK(arguments.command->path == "orders list");
        CHECK(arguments.globals.json);
        CHECK(arguments.globals.request_id == "r-1");
        CHECK(arguments.text("--account") == "DU1");
        CHECK(arguments.integer("--limit") == 100);
    }
}

TEST_CASE("values keep their bytes, whatever they look like", "[parse]") {
    const std::string hostile = "\xff\x1b[31m";
    const Arguments arguments =
        parsed({"orders", "preview", "--account", hostile, "--symbol", "", "--side", "buy", "--quantity",
                "-5", "--limit-price=-1", "--rationale", "--json like"});
    CHECK(arguments.text("--account") == hostile);
    CHECK(arguments.has("--symbol"));
    CHECK(arguments.text("--symbol").empty());
    CHECK(arguments.text("--quantity") == "-5");
    CHECK(arguments.text("--limit-price") == "-1");
    CHECK(arguments.text("--rationale") == "--json like");
    CHECK(arguments.text("--order-type") == "limit");
    CHECK_FALSE(arguments.has("--stop-price"));
    CHECK_FALSE(arguments.has("--enable-preview"));
}

TEST_CASE("an empty value takes nothing from the next word", "[parse]") {
    const Arguments arguments = parsed({"orders", "list", "--account=", "--json"});
    CHECK(arguments.has("--account"));
    CHECK(arguments.text("--account").empty());
    CHECK(arguments.globals.json);
}

TEST_CASE("a repeated option keeps all its values, any other is given once", "[parse]") {
    const auto secrets = [](const std::vector<std::string>& words) {
        std::vector<std::string> all{"audit", "verify", "--file", "x"};
        all.insert(all.end(), words.begin(), words.end());
        const Parsed parsed = parse_command_line(all);
        return parsed.arguments ? parsed.arguments->text("--hmac-secret-env") : std::string("usage");
    };
    CHECK(secrets({"--hmac-secret-env", "ONE"}) == "ONE");
    CHECK(secrets({"--hmac-secret-env", "ONE", "--hmac-secret-env", "0123456789abcdef=TWO"}) ==
          "ONE,0123456789abcdef=TWO");
    CHECK(secrets({"--hmac-secret-env", "ONE,TWO", "--hmac-secret-env=THREE"}) == "ONE,TWO,THREE");
    CHECK(secrets({"--keyring", "a", "--keyring", "b"}) == "usage");
}

TEST_CASE("what fits no command is a usage error", "[parse]") {
    const std::vector<std::vector<std::string>> wrong = {
        {},
        {"nope"},
        {"orders"},
        {"orders", "nope"},
        {"orders", "list"},
        {"orders", "list", "--account"},
        {"orders", "list", "--account", "a", "--account", "b"},
        {"orders", "list", "--account", "a", "extra"},
        {"orders", "list", "--account", "a", "--limit", "x"},
        {"orders", "list", "--account", "a", "--limit", "0"},
        {"orders", "list", "--account", "a", "--limit", "501"},
        {"orders", "list", "--account", "a", "--limit", "1.5"},
        {"audit", "tail", "--limit", "99999999999999999999"},
    };
    for (const auto& words : wrong) {
        const Parsed result = parse_command_line(words);
        CHECK_FALSE(result.arguments.has_value());
        CHECK(result.exit_code == 2);
        CHECK(result.out.empty());
        CHECK(result.err.find("Usage:") != std::string::npos);
    }
    const Parsed too_many = parse_command_line(std::vector<std::string>(arguments_max + 1, "x"));
    CHECK(too_many.exit_code == 2);
    const Parsed too_long = parse_command_line({std::string(argument_bytes_max + 1, 'x')});
    CHECK(too_long.exit_code == 2);
}

TEST_CASE("every command has help with an example, a summary and exactly one way to run", "[parse]") {
    std::set<std::string_view> paths;
    for (const Command& command : all_commands()) {
        INFO(command.path);
        CHECK(paths.insert(command.path).second);
        CHECK_FALSE(command.summary.empty());
        REQUIRE_FALSE(command.examples.empty());
        CHECK((command.prepare != nullptr) != (command.run != nullptr));
        std::vector<std::string> words;
        std::string word;
        for (const char c : std::string(command.path) + " ") {
            if (c != ' ')
                word += c;
            else
                words.push_back(std::exchange(word, {}));
        }
        words.emplace_back("--help");
        const Parsed help = parse_command_line(words);
        CHECK(help.exit_code == 0);
        CHECK(help.err.empty());
        CHECK(help.out.find(std::string(command.summary)) != std::string::npos);
        CHECK(help.out.find(std::string(command.examples.front())) != std::string::npos);
        for (const Option& option : command.options)
            CHECK(help.out.find(std::string(option.name)) != std::string::npos);
    }
}

TEST_CASE("a command's name may begin another's", "[parse]") {
    CHECK(parsed({"replay"}).command->path == "replay");
    CHECK(parsed({"replay", "--at", "5", "--json"}).text("--at") == "5");
    const Arguments why = parsed({"replay", "why", "15", "--fixture", "x", "--json"});
    CHECK(why.command->path == "replay why");
    CHECK(why.text("EVENT") == "15");
    CHECK(why.text("--fixture") == "x");
    CHECK(why.globals.json);
    for (const auto& words : std::vector<std::vector<std::string>>{{"replay", "why", "15", "--at", "5"},
                                                                   {"replay", "--at", "5", "why", "15"},
                                                                   {"replay", "--fixture", "x", "why", "15"},
                                                                   {"replay", "why"},
                                                                   {"replay", "nope"},
                                                                   {"replay", "why", "15", "16"}}) {
        const Parsed result = parse_command_line(words);
        CHECK_FALSE(result.arguments.has_value());
        CHECK(result.exit_code == 2);
        CHECK(result.err.find("Usage:") != std::string::npos);
    }
    const Parsed help = parse_command_line({"replay", "--help"});
    CHECK(help.out.find("--at") != std::string::npos);
    CHECK(help.out.find("timeline") != std::string::npos);
    CHECK(completion_script("bash")->find("\"replay why\") echo") != std::string::npos);
}

TEST_CASE("the version is printed on request", "[parse]") {
    const Parsed version = parse_command_line({"--version"});
    CHECK(version.exit_code == 0);
    CHECK(version.out.find("ibkr-agent ") == 0);
}

TEST_CASE("completions know every command and option", "[completions]") {
    for (const std::string_view shell : {"bash", "zsh", "fish"}) {
        const auto script = completion_script(shell);
        REQUIRE(script.has_value());
        for (const Command& command : all_commands())
            for (const Option& option : command.options) {
                INFO(shell << ' ' << command.path << ' ' << option.name);
                const std::string_view name = option.name.substr(option.name.starts_with("--") ? 2 : 0);
                if (option.name.starts_with("--"))
                    CHECK(script->find(std::string(name)) != std::string::npos);
            }
        CHECK(script->find("kill-switch") != std::string::npos);
    }
    CHECK_FALSE(completion_script("tcsh").has_value());
}

TEST_CASE("every command's tool name is one that the owner takes") {
    for (const Command& command : all_commands()) {
        CAPTURE(command.path);
        CHECK((command.tool_name.empty() || ibkr::engine::is_tool(command.tool_name)));
    }
    CHECK(ibkr::engine::is_tool_of("paper_submit", "ibkr_paper_order_submit"));
    CHECK_FALSE(ibkr::engine::is_tool_of("paper_submit", "ibkr_health"));
    CHECK_FALSE(ibkr::engine::is_tool_of("record_failure", "ibkr_engine_recovery"));
}
