#include "projections/audit_index.hpp"

#include "events/catalogue.hpp"
#include "projections/row_internal.hpp"

namespace ibkr::projections {

using events::Result;

namespace {

Result<std::vector<AuditEntry>> entries(Statement rows) {
    std::vector<AuditEntry> found_entries;
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) return found_entries;
        AuditEntry entry;
        RowReader read(rows);
        read >> entry.sequence >> entry.event_id >> entry.event_type >> entry.timestamp >>
            entry.workflow_id >> entry.command_id >> entry.account >> entry.user_id >> entry.request_id >>
            entry.tool_name >> entry.decision >> entry.result_status >> entry.error_code;
        if (!read.good()) return damaged_row("audit_index");
        found_entries.push_back(std::move(entry));
    }
}

constexpr std::string_view select_entries =
    "SELECT sequence, event_id, event_type, timestamp, workflow_id, command_id, account, user_id, request_id,"
    " tool_name, decision, result_status, error_code FROM audit_index WHERE ";

/// A member that narrows when it is not empty.
struct Condition {
    std::string_view column;
    std::string_view value;
};

}  // namespace

Result<void> AuditIndex::create_tables(Database& database) {
    return database.exec(R"sql(
        CREATE TABLE audit_index (
            sequence INTEGER PRIMARY KEY, event_id TEXT NOT NULL, event_type TEXT NOT NULL,
            timestamp INTEGER NOT NULL, workflow_id TEXT NOT NULL, command_id TEXT NOT NULL,
            account TEXT NOT NULL, user_id TEXT NOT NULL, request_id TEXT NOT NULL, tool_name TEXT NOT NULL,
            decision TEXT NOT NULL, result_status TEXT NOT NULL, error_code TEXT NOT NULL);
        CREATE INDEX audit_index_by_event ON audit_index (event_id);
        CREATE INDEX audit_index_by_command ON audit_index (command_id) WHERE command_id <> '';
        CREATE INDEX audit_index_by_workflow ON audit_index (workflow_id) WHERE workflow_id <> '';
    )sql");
}

Result<void> AuditIndex::apply(Database& database, const events::Event& event) {
    return database.run(
        "INSERT INTO audit_index (sequence, event_id, event_type, timestamp, workflow_id, command_id, "
        "account,"
        " user_id, request_id, tool_name, decision, result_status, error_code)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        event.sequence_id.value(), event.event_id.text(), events::descriptor(event.body).name,
        event.timestamp.unix_ms(), event.workflow_id.text(), event.command_id.text(),
        event.account_id_hash.text(), event.actor.user_id, event.actor.request_id, event.actor.tool_name,
        column_text(event.decision), column_text(event.result_status), event.error_code);
}

Result<std::optional<AuditEntry>> Queries::event_by_id(const events::EventId& id) const {
    auto found = entries(
        database_->query(std::string(select_entries) + "event_id = ?1 ORDER BY sequence LIMIT 1", id.text()));
    if (!found) return events::failure(found.error());
    return found->empty() ? std::optional<AuditEntry>{} : std::optional(std::move(found->front()));
}

Result<std::vector<AuditEntry>> Queries::events_of_command(const events::CommandId& id) const {
    return entries(database_->query(
        std::string(select_entries) + "command_id = ?1 AND command_id <> '' ORDER BY sequence LIMIT ?2",
        id.text(), rows_max));
}

Result<std::vector<events::SequenceId>> Queries::sequences_of_workflow(const events::WorkflowId& id,
                                                                       events::SequenceId from,
                                                                       events::SequenceId up_to,
                                                                       std::uint32_t limit) const {
    auto rows = database_->query(
        "SELECT sequence FROM audit_index WHERE workflow_id = ?1 AND workflow_id <> ''"
        " AND sequence BETWEEN ?2 AND ?3 ORDER BY sequence LIMIT ?4",
        id.text(), from.value(), up_to.value(), cut_limit(limit));
    std::vector<events::SequenceId> sequences;
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) return sequences;
        if (!(RowReader(rows) >> sequences.emplace_back()).good()) return damaged_row("audit_index");
    }
}

Result<std::vector<AuditEntry>> Queries::find_events(const AuditFilter& filter) const {
    const Condition conditions[] = {{"workflow_id", filter.workflow_id.text()},
                                    {"account", filter.account.text()},
                                    {"event_type", filter.event_type},
                                    {"tool_name", filter.tool_name},
                                    {"decision", filter.decision},
                                    {"error_code", filter.error_code}};
    std::string sql(select_entries);
    sql += "1";
    int parameter = 1;
    for (const auto& [column, value] : conditions)
        if (!value.empty()) sql.append(" AND ").append(column).append(" = ?" + std::to_string(++parameter));
    if (!filter.workflow_id.empty()) sql += " AND workflow_id <> ''";
    auto rows = database_->prepare_cached(sql + " ORDER BY sequence DESC LIMIT ?1");
    rows.bind(1, cut_limit(filter.limit));
    parameter = 1;
    for (const auto& condition : conditions)
        if (!condition.value.empty()) rows.bind(++parameter, condition.value);
    return entries(std::move(rows));
}

}  // namespace ibkr::projections
