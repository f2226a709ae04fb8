#include <unistd.h>

#include "cli/app.hpp"
#include "cli/call_context.hpp"
#include "cli/commands/engine/engine_commands.hpp"
#include "cli/compose.hpp"
#include "cli/input.hpp"
#include "cli/operator_secret.hpp"
#include "events/catalogue.hpp"
#include "events/event_cursor.hpp"
#include "events/json/json_text.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

constexpr std::size_t reason_bytes_max = 500;
/// Ids of each kind that an answer lists; the counts are of all.
constexpr std::size_t ids_listed_max = 1'000;

Result<io::Config> operated_config(App& app) {
    if (app.globals().read_only)
        return failure(ErrorCode::config_invalid, "a resumption writes and cannot run with --read-only",
                       "Resume without --read-only; 'audit verify' shows what a copy holds.");
    auto config = app.config();
    if (!config) return config;
    auto operating = acts_as_operator(*config, app.globals());
    if (!operating) return failure(operating.error());
    if (!*operating)
        return failure(ErrorCode::operator_required, "only an operator resumes a held log",
                       "Give the operator secret with --operator-secret-file.");
    return config;
}

std::string quoted(std::string_view text) {
    std::string json;
    (void)events::append_json_string(json, text);
    return json;
}

std::string range_json(events::SequenceId from, events::SequenceId to) {
    return "{\"from_sequence\":" + std::to_string(from.value()) +
           ",\"to_sequence\":" + std::to_string(to.value()) + "}";
}

std::string list_json(const std::vector<std::string>& parts) {
    std::string json;
    for (const std::string& part : parts)
        json += (json.empty() ? "" : ",") + part;
    return "[" + json + "]";
}

std::string or_null(const std::string& text) {
    return text.empty() ? "null" : quoted(text);
}

// ------------------------------------------------------------------------------------- what was recorded

/// Workflows of one kind that a resumption recorded something for.
struct Listed {
    std::size_t count = 0;
    std::vector<std::string> ids;

    void add(const events::WorkflowId& id) {
        if (++count <= ids_listed_max) ids.push_back(quoted(id.text()));
    }
    [[nodiscard]] std::string json() const {
        return "{\"count\":" + std::to_string(count) + ",\"ids\":" + list_json(ids) + "}";
    }
};

struct Recorded {
    events::EventId log_resumed;
    Listed orders;
    std::size_t keys = 0;  ///< of cancels and modifies
    Listed approvals;
};

/// What stands in the log from `log_resumed` on.
Result<Recorded> read_recorded(const events::LogReader& log, events::SequenceId from) {
    auto history = events::EventCursor::read(log, from);
    if (!history) return failure(history.error());
    Recorded recorded;
    events::Event event;
    for (;;) {
        const auto more = history->next(event);
        if (!more) return failure(more.error());
        if (!*more) return recorded;
        if (std::holds_alternative<events::LogResumed>(event.body)) recorded.log_resumed = event.event_id;
        if (std::holds_alternative<events::OrderSubmitIntended>(event.body))
            recorded.orders.add(event.workflow_id);
        if (std::holds_alternative<events::OrderCancelIntended>(event.body) ||
            std::holds_alternative<events::OrderModifyIntended>(event.body))
            ++recorded.keys;
        if (std::holds_alternative<events::ApprovalRevoked>(event.body))
            recorded.approvals.add(event.workflow_id);
    }
}

std::vector<std::string> gaps_json(const events::LogResumed& resumed) {
    std::vector<std::string> gaps;
    gaps.reserve(resumed.gaps.size() + 1);
    for (const events::LostRange& gap : resumed.gaps)
        gaps.push_back(range_json(gap.from, gap.to));
    if (resumed.from < resumed.to) gaps.push_back(range_json(resumed.from.next(), resumed.to));
    return gaps;
}

Result<std::string> payload_of(const ResumedComposition& resumed) {
    const events::LogReader& log = resumed.composition->runtime().log();
    const auto recorded = read_recorded(log, resumed.record.to.next());
    if (!recorded) return failure(recorded.error());
    return "{\"audit_event_id\":" + or_null(recorded->log_resumed.text()) +
           ",\"branch\":" + std::to_string(log.identity().branch) +
           ",\"found_keys\":" + std::to_string(recorded->keys) +
           ",\"found_orders\":" + recorded->orders.json() +
           ",\"from\":" + std::to_string(resumed.record.from.value()) +
           ",\"gaps\":" + list_json(gaps_json(resumed.record)) +
           ",\"quarantine\":" + or_null(resumed.quarantine) +
           ",\"read_models\":" + quoted(to_string(resumed.read_models)) +
           ",\"revoked_approvals\":" + recorded->approvals.json() +
           ",\"to\":" + std::to_string(resumed.record.to.value()) + "}";
}

// --------------------------------------------------------------------------------------------- commands

/// What a resumption would attest; changes nothing in a held log.
Result<std::string> plan(App& app, const io::Config& config) {
    auto composition = Composition::open(config, app.environment());
    if (!composition) return failure(composition.error());
    const events::Hold* const hold = (*composition)->runtime().held();
    if (!hold)
        return failure(ErrorCode::config_invalid, "the log is in order: there is nothing to resume",
                       "Go on as usual.");
    const auto models = (*composition)->read_models_state(config);
    if (!models) return failure(models.error());
    std::vector<std::string> gaps;
    if (hold->highest_anchor > hold->readable_head)
        gaps.push_back(range_json(hold->readable_head.next(), hold->highest_anchor));
    return "{\"can_resume\":" + std::string(hold->can_resume ? "true" : "false") +
           ",\"gaps\":" + list_json(gaps) +
           ",\"highest_anchor\":" + std::to_string(hold->highest_anchor.value()) + ",\"note\":" +
           quoted(
               "A resumption verifies the whole log first and also lists what it cannot read before the "
               "readable head.") +
           ",\"quarantine\":" + or_null(hold->quarantine) + ",\"read_models\":" + quoted(to_string(*models)) +
           ",\"readable_head\":" + std::to_string(hold->readable_head.value()) +
           ",\"reason\":" + quoted(hold->reason) + "}";
}

Result<std::string> resume(App& app, const io::Config& config, const std::string& reason) {
    ProgressLine progress("engine resume", app.terminal().err_is_terminal());
    events::ResumeRequest request;
    request.actor = local_user(::getuid());
    request.reason = reason;
    auto resumed = Composition::resume(config, app.environment(), std::move(request),
                                       [&](events::SequenceId folded) { progress.count(folded.value()); });
    if (!resumed) return failure(resumed.error());
    return payload_of(*resumed);
}

int run_resume(App& app, const Arguments& arguments) {
    const auto config = operated_config(app);
    if (!config) return app.refuse(config.error());
    Result<std::string> payload;
    if (arguments.has("--plan")) {
        payload = plan(app, *config);
    } else {
        Input input(arguments);
        const std::string reason = input.text("--reason", reason_bytes_max);
        if (!input.ok()) return app.refuse(input.error().value());
        payload = resume(app, *config, reason);
    }
    if (!payload) return app.refuse(payload.error());
    app.print_payload(*payload);
    return 0;
}

}  // namespace

Command engine_resume_command() {
    return {.path = "engine resume",
            .tool_name = {},
            .summary = "Go on with a log that is held after a loss; operators only",
            .options = {{"--reason", OptionKind::text, "TEXT",
                         "why, at most 500 bytes; recorded with what is attested as lost"},
                        {"--plan", OptionKind::flag, "", "show what would be attested, and change nothing"}},
            .examples = {"ibkr-agent engine resume --plan",
                         "ibkr-agent engine resume --reason 'disk replaced, backup of Monday put back'"},
            .run = run_resume};
}

std::vector<Command> engine_commands() {
    return {engine_run_command(), engine_status_command(), engine_resume_command()};
}

}  // namespace ibkr::cli
