#include "engine/replay/replay.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>

#include "cli/app.hpp"
#include "cli/command_list.hpp"
#include "cli/commands/key_options.hpp"
#include "cli/commands/log_source.hpp"
#include "engine/replay/fixture.hpp"
#include "engine/replay/state_at.hpp"
#include "events/log/export/export.hpp"

namespace ibkr::cli {
namespace {

using engine::Replay;
using engine::ReplayReport;
using events::ErrorCode;
using events::failure;
using events::Result;

Result<Replay::Until> until(const Arguments& arguments) {
    Replay::Until stop;
    if (!arguments.has("--at")) return stop;
    const std::string text = arguments.text("--at");
    std::uint64_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong == std::errc() && end == text.data() + text.size() && number > 0) {
        stop.sequence = events::SequenceId(number);
        return stop;
    }
    auto time = events::Timestamp::parse(text);
    if (!time)
        return failure(
            ErrorCode::input_invalid_time_range,
            "--at takes an event's sequence number or an RFC 3339 time such as 2026-01-05T15:00:00Z");
    stop.time = *time;
    return stop;
}

/// Prints what a replay found; exit 2 on any difference (interfaces, "CLI and wire").
int report(App& app, const std::string& payload, const ReplayReport& found) {
    app.print_payload(payload);
    if (found.difference_count == 0) return 0;
    return app.refuse(
        failure(
            ErrorCode::replay_diverged,
            std::to_string(found.difference_count) +
                " decisions came out differently from what the log says; the first at event " +
                std::to_string(found.differences.empty() ? 0 : found.differences.front().sequence_id.value()))
            .value());
}

int replay_cursor(App& app, events::LogCursor& cursor, const Replay::Until& stop, bool show_state) {
    auto replay = Replay::start();
    if (!replay) return app.refuse(replay.error());
    const ProgressLine progress("replay", app.terminal().err_is_terminal());
    auto found = replay->run(cursor, stop);
    if (!found) return app.refuse(found.error());
    if (!show_state) return report(app, engine::replay_payload(*found), *found);
    auto state = engine::state_payload(replay->state(), *found);
    if (!state) return app.refuse(state.error());
    return report(app, *state, *found);
}

/// The keys the command line supplies, or the configured secret.
Result<SuppliedKeys> keys_for_file(const App& app, const Arguments& arguments) {
    auto keys = SuppliedKeys::read(app, arguments);
    if (!keys || !keys->empty()) return keys;
    auto config = app.config();
    if (!config) return failure(config.error());
    auto key = io::load_audit_key(*config, app.environment(), false);
    if (!key) return failure(key.error());
    keys->add(std::move(key->secret));
    return keys;
}

int replay_file(App& app, const Arguments& arguments, const Replay::Until& stop) {
    auto keys = keys_for_file(app, arguments);
    if (!keys) return app.refuse(keys.error());
    std::ifstream stream(arguments.text("--file"), std::ios::binary);
    if (!stream)
        return app.refuse(failure(ErrorCode::config_invalid, "the export file cannot be read",
                                  "Check the path given with --file.")
                              .value());
    auto reader = events::ExportReader::open(stream, keys->lookup());
    if (!reader) return app.refuse(reader.error());
    if ((*reader)->description().from != events::SequenceId(1))
        return app.refuse(failure(ErrorCode::input_invalid_time_range,
                                  "the export does not begin with event 1, so nothing can be folded from it",
                                  "Export with --from-sequence 1.")
                              .value());
    return replay_cursor(app, **reader, stop, arguments.has("--at"));
}

int replay_fixture(App& app, const Arguments& arguments) {
    auto found = engine::run_fixture(arguments.text("--fixture"));
    if (!found) return app.refuse(found.error());
    return report(app, engine::replay_payload(*found), *found);
}

int replay_log(App& app, const Arguments& arguments, const Replay::Until& stop) {
    auto source = inspect_configured(app, audit_scope);
    if (!source) return app.refuse(source.error());
    auto cursor = source->log().read(events::SequenceId(1));
    if (!cursor) return app.refuse(cursor.error());
    return replay_cursor(app, **cursor, stop, arguments.has("--at"));
}

int run_replay(App& app, const Arguments& arguments) {
    if (arguments.has("--file") && arguments.has("--fixture"))
        return app.refuse(
            failure(ErrorCode::config_invalid, "--file and --fixture exclude each other", "Give one of them.")
                .value());
    const auto stop = until(arguments);
    if (!stop) return app.refuse(stop.error());
    if (arguments.has("--fixture")) return replay_fixture(app, arguments);
    return arguments.has("--file") ? replay_file(app, arguments, *stop) : replay_log(app, arguments, *stop);
}

}  // namespace

std::vector<Command> replay_commands() {
    std::vector<Option> options{
        {"--file", OptionKind::path, "EXPORT", "replay this export that begins with event 1"}};
    std::ranges::move(key_options(), std::back_inserter(options));
    options.push_back({"--fixture", OptionKind::path, "DIR", "replay this recorded incident"});
    options.push_back({"--at", OptionKind::text, "SEQ|TIME", "stop there and show every workflow as it was"});
    return {{.path = "replay",
             .tool_name = {},
             .summary = "Decide everything again from the log and compare; never touches a broker",
             .options = std::move(options),
             .examples = {"ibkr-agent replay", "ibkr-agent replay --at 12",
                          "ibkr-agent replay --fixture replay-fixtures/clean-fill"},
             .run = run_replay}};
}

}  // namespace ibkr::cli
