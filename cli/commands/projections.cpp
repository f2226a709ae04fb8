#include "cli/app.hpp"
#include "cli/command_list.hpp"
#include "cli/commands/audit/log_source.hpp"
#include "cli/operator_secret.hpp"
#include "events/json/json_text.hpp"
#include "projections/read_store.hpp"
#include "projections/rebuild.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

std::string table_json(std::string_view name, std::optional<std::int64_t> before, std::int64_t rows) {
    std::string text = "{";
    if (before) text += "\"before\":" + std::to_string(*before) + ",";
    text += "\"rows\":" + std::to_string(rows) + ",\"table\":";
    (void)events::append_json_string(text, name);
    return text + "}";
}

/// Where the read models stand beside the log, and their tables.
Result<std::string> status_payload(const io::Config& config, std::uint64_t head) {
    auto store = projections::ReadStore::open(projection_path(config));
    if (!store) return failure(store.error().error);
    return store->read([&](const projections::Queries& queries,
                           const projections::Checkpoint& checkpoint) -> Result<std::string> {
        auto counts = projections::table_counts(queries.database());
        if (!counts) return failure(counts.error());
        std::string tables;
        for (const auto& count : *counts)
            tables += (tables.empty() ? "" : ",") + table_json(count.table, std::nullopt, count.rows);
        const std::uint64_t folded = checkpoint.sequence.value();
        return "{\"checkpoint\":" + std::to_string(folded) +
               ",\"lag\":" + std::to_string(head > folded ? head - folded : 0) +
               ",\"log_head\":" + std::to_string(head) + ",\"tables\":[" + tables + "]}";
    });
}

int run_status(App& app, const Arguments&) {
    auto config = app.config();
    if (!config) return app.refuse(config.error());
    auto source = inspect_configured(app, audit_scope);
    if (!source) return app.refuse(source.error());
    auto payload = status_payload(*config, source->log().head().sequence.value());
    if (!payload) return app.refuse(payload.error());
    app.print_payload(*payload);
    return 0;
}

std::string rebuild_payload(const projections::RebuildReport& report) {
    std::string tables;
    for (const auto& table : report.tables)
        tables += (tables.empty() ? "" : ",") + table_json(table.table, table.before, table.after);
    return "{\"checkpoint\":" + std::to_string(report.checkpoint.sequence.value()) +
           ",\"events\":" + std::to_string(report.events) + ",\"tables\":[" + tables +
           "],\"was_wrong\":" + (report.was_wrong() ? "true" : "false") + "}";
}

Result<projections::RebuildReport> rebuild(App& app) {
    auto config = app.config();
    if (!config) return failure(config.error());
    auto operating = acts_as_operator(*config, app.globals());
    if (!operating) return failure(operating.error());
    if (!*operating)
        return failure(ErrorCode::operator_required, "only an operator rebuilds the projections",
                       "Give the operator secret with --operator-secret-file.");
    ProgressLine progress("projections rebuild", app.terminal().err_is_terminal());
    return rebuild_unless_held(*config, app.environment(),
                               [&](events::SequenceId folded) { progress.count(folded.value()); });
}

int run_rebuild(App& app, const Arguments&) {
    if (app.globals().read_only)
        return app.refuse(failure(ErrorCode::config_invalid,
                                  "a rebuild writes and cannot run with --read-only",
                                  "Rebuild without --read-only.")
                              .value());
    auto report = rebuild(app);
    if (!report) return app.refuse(report.error());
    app.print_payload(rebuild_payload(*report));
    return 0;
}

}  // namespace

std::vector<Command> projection_commands() {
    return {{.path = "projections status",
             .tool_name = {},
             .summary = "Show how far the read models have folded the log, and their tables",
             .options = {},
             .examples = {"ibkr-agent projections status"},
             .run = run_status},
            {.path = "projections rebuild",
             .tool_name = {},
             .summary = "Fold the read models anew from the log; operators only",
             .options = {},
             .examples = {"ibkr-agent projections rebuild"},
             .run = run_rebuild}};
}

}  // namespace ibkr::cli
