#include "cli/app.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

#include "cli/call_context.hpp"
#include "cli/compose.hpp"
#include "cli/engine_caller.hpp"
#include "cli/operator_secret.hpp"
#include "cli/parse.hpp"
#include "cli/print/error.hpp"
#include "cli/print/text.hpp"
#include "events/json/json_text.hpp"

namespace ibkr::cli {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

constexpr int output_failed_exit_code = 1;
constexpr int unknown_outcome_exit_code = 3;
constexpr std::size_t request_id_bytes_max = 64;

events::Error database_url_error() {
    return failure(ErrorCode::config_invalid, "--database-url is an option of older versions; use --data-dir",
                   "Name the data directory with --data-dir DIR.")
        .value();
}

bool names_database_url(const std::vector<std::string>& words) {
    return std::any_of(words.begin(), words.end(), [](const std::string& word) {
        return word == "--database-url" || word.starts_with("--database-url=");
    });
}

Result<void> check_globals(const Globals& globals) {
    if (!globals.request_id.empty() && !events::is_id_text(globals.request_id, request_id_bytes_max))
        return failure(ErrorCode::config_invalid,
                       "--request-id takes 1 to 64 printable ASCII characters without spaces and quotes",
                       "Give another --request-id, or none.");
    if (globals.read_only && globals.data_dir.empty())
        return failure(ErrorCode::config_invalid, "--read-only needs --data-dir",
                       "Name the copy to inspect with --data-dir DIR.");
    return {};
}

}  // namespace

int run(const std::vector<std::string>& words) {
    if (names_database_url(words)) {
        Arguments arguments;
        arguments.globals.json = std::find(words.begin(), words.end(), "--json") != words.end();
        return App(arguments, io::process_environment()).refuse(database_url_error());
    }
    const Parsed parsed = parse_command_line(words);
    if (!parsed.arguments) {
        Terminal terminal(false);
        terminal.err(parsed.err);
        return terminal.out(parsed.out) ? parsed.exit_code : output_failed_exit_code;
    }
    return App(*parsed.arguments, io::process_environment()).dispatch();
}

App::App(const Arguments& arguments, io::Environment environment)
    : arguments_(arguments),
      environment_(std::move(environment)),
      terminal_(!arguments.globals.no_color && !arguments.globals.json) {}

App::~App() = default;

Result<io::Config> App::config() const {
    return effective_config(arguments_.globals, environment_);
}

int App::dispatch() {
    const Command& command = *arguments_.command;
    if (auto checked = check_globals(arguments_.globals); !checked) return refuse(checked.error());
    if (command.run) return closed(command.run(*this, arguments_));
    if (arguments_.globals.read_only)
        return refuse(
            failure(ErrorCode::config_invalid,
                    "'" + std::string(command.path) + "' leaves an event and cannot run with --read-only",
                    "Use audit tail, audit export, audit verify, replay or projections status on a "
                    "copy; 'replay --at' shows any workflow as it was.")
                .value());
    const auto operation = command.prepare(arguments_);
    if (!operation) return closed(record_and_refuse(operation.error()));
    const auto reply = invoke(*operation);
    if (!reply) return closed(refuse(reply.error()));
    return closed(answer(*reply));
}

int App::closed(int exit_code) {
    if (!terminal_.failed()) return exit_code;
    terminal_.err("ibkr-agent: the output could not be written\n");
    return exit_code == 0 ? output_failed_exit_code : exit_code;
}

Result<EngineCaller*> App::caller() {
    if (caller_) return caller_.get();
    auto loaded = config();
    if (!loaded) return failure(loaded.error());
    auto secret = operator_secret(*loaded, arguments_.globals);
    if (!secret) return failure(secret.error());
    caller_ = std::make_unique<EngineCaller>(std::move(*loaded), environment_, std::move(*secret));
    return caller_.get();
}

engine::CallContext App::context() const {
    engine::SystemClock clock;
    engine::SystemIdSource ids;
    const auto new_id = [&] { return ids.next_uuid(clock.now()); };
    engine::CallContext context;
    context.actor.user_id = local_user(::getuid());
    context.actor.request_id =
        arguments_.globals.request_id.empty() ? new_id() : arguments_.globals.request_id;
    context.actor.tool_name = arguments_.command->tool_name;
    context.command_id = events::CommandId(new_id());
    context.enable_preview = arguments_.has("--enable-preview");
    context.enable_paper = arguments_.has("--enable-paper");
    return context;
}

engine::CallResult App::invoke(const engine::Operation& operation) {
    auto reached = caller();
    if (!reached) return tl::unexpected(engine::CallError{reached.error(), {}});
    ProgressLine progress(arguments_.command->path, terminal_.err_is_terminal());
    auto result = (*reached)->make(operation, context(), [&](std::uint64_t done) { progress.count(done); });
    std::ranges::move((*reached)->take_notes(), std::back_inserter(notes_));
    return result;
}

Result<bool> App::is_forwarded() {
    auto reached = caller();
    if (!reached) return failure(reached.error());
    ProgressLine progress(arguments_.command->path, terminal_.err_is_terminal());
    return (*reached)->is_forwarded([&](std::uint64_t done) { progress.count(done); });
}

void App::release() {
    if (caller_) caller_->release();
}

int App::answer(const engine::Reply& reply) {
    print_payload(reply.payload);
    say_unrecorded(reply);
    return reply.unknown_outcome ? unknown_outcome_exit_code : 0;
}

void App::say_unrecorded(const engine::Reply& reply) {
    if (!reply.unrecorded_reason.empty())
        terminal_.err("not recorded: " + printable(reply.unrecorded_reason) + "\n");
}

void App::say_notes() {
    for (const std::string& note : std::exchange(notes_, {}))
        terminal_.err("ibkr-agent: " + printable(note) + "\n");
}

void App::print_payload(const std::string& payload) {
    say_notes();
    if (wants_json()) {
        terminal_.out(pretty_json(payload));
        return;
    }
    const auto value = parse_value(payload);
    if (!value) {
        terminal_.out(printable(payload) + "\n");
        return;
    }
    const Command& command = *arguments_.command;
    const Style& style = terminal_.out_style();
    const Value* const list = value->at(command.list_member);
    if (list == nullptr || list->kind != Value::Kind::list)
        terminal_.out(record_text(*value, style));
    else if (list->items.empty())
        terminal_.out(std::string(command.empty_text) + "\n");
    else
        terminal_.out(table_text(list->items, command.columns, style));
}

int App::refuse(const engine::CallError& failed) {
    // With --json the error object is all there is on stderr.
    if (!wants_json()) say_notes();
    terminal_.err(wants_json() ? pretty_json(error_json(failed)) : error_text(failed, terminal_.err_style()));
    return info(failed.error.code).exit_code;
}

int App::record_and_refuse(const events::Error& error) {
    if (arguments_.globals.read_only || arguments_.command->tool_name.empty()) return refuse(error);
    std::string arguments = "{\"command\":";
    (void)events::append_json_string(arguments, arguments_.command->path);
    const auto recorded = invoke(engine::operation::RecordFailure{{error}, {arguments + "}"}});
    // What kept it from being recorded is not what was asked about.
    const bool is_recorded = !recorded && !recorded.error().audit_event_id.empty();
    return refuse(is_recorded ? recorded.error() : engine::CallError{error, {}});
}

}  // namespace ibkr::cli
