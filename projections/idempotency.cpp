#include "projections/idempotency.hpp"

#include "projections/row_internal.hpp"

namespace ibkr::projections {

using events::Result;

namespace {

template <class Intended>
Result<void> bind_key(Database& database, const events::Event& event, const Intended& intended,
                      events::Operation operation) {
    if (intended.idempotency_key.empty()) return {};
    return database.run(
        "INSERT OR IGNORE INTO idempotency (environment, account, key, operation, request_hash, order_id,"
        " intent_id, bound_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        column_text(intended.environment), event.account_id_hash.text(), intended.idempotency_key.text(),
        column_text(operation), intended.request_hash, event.workflow_id.text(), intended.intent_id,
        event.timestamp.unix_ms());
}

Result<void> answer(Database& database, const events::Event& event, const events::OrderOutcome& outcome) {
    return database.run(
        "UPDATE idempotency SET outcome = ?2, outcome_event_id = ?3, answer_state = ?4,"
        " answer_broker_order_id = ?5, answered_at = ?6, answer_command = ?8 WHERE intent_id = ?1"
        " AND order_id = ?7 AND outcome IS NULL",
        outcome.intent_id, column_text(outcome.outcome), event.event_id.text(), outcome.state,
        outcome.broker_order_id.text(), event.timestamp.unix_ms(), event.workflow_id.text(),
        event.command_id.text());
}

/// What the call that brought the outcome recorded after it, a fill say, was part of its answer.
Result<void> complete_answer(Database& database, const events::Event& event, const std::string& state) {
    if (event.command_id.empty()) return {};
    return database.run(
        "UPDATE idempotency SET answer_state = ?1 WHERE order_id = ?2 AND answer_command = ?3", state,
        event.workflow_id.text(), event.command_id.text());
}

}  // namespace

Result<void> Idempotency::create_tables(Database& database) {
    return database.exec(R"sql(
        CREATE TABLE idempotency (
            environment TEXT NOT NULL, account TEXT NOT NULL, key TEXT NOT NULL, operation TEXT NOT NULL,
            request_hash TEXT NOT NULL, order_id TEXT NOT NULL, intent_id TEXT NOT NULL,
            outcome TEXT, outcome_event_id TEXT, answer_state TEXT, answer_broker_order_id TEXT,
            bound_at INTEGER NOT NULL, answered_at INTEGER, answer_command TEXT,
            PRIMARY KEY (account, environment, key));
        CREATE INDEX idempotency_of_intent ON idempotency (intent_id);
        CREATE INDEX idempotency_of_order ON idempotency (order_id);
    )sql");
}

Result<void> Idempotency::apply(Database& database, const events::Event& event) {
    using events::Operation;
    if (const auto* submit = std::get_if<events::OrderSubmitIntended>(&event.body))
        return bind_key(database, event, *submit, Operation::submit);
    if (const auto* cancel = std::get_if<events::OrderCancelIntended>(&event.body))
        return bind_key(database, event, *cancel, Operation::cancel);
    if (const auto* modify = std::get_if<events::OrderModifyIntended>(&event.body))
        return bind_key(database, event, *modify, Operation::modify);
    if (const auto* submitted = std::get_if<events::PaperOrderSubmitted>(&event.body))
        return answer(database, event, *submitted);
    if (const auto* cancelled = std::get_if<events::PaperOrderCancelled>(&event.body))
        return answer(database, event, *cancelled);
    if (const auto* modified = std::get_if<events::PaperOrderModified>(&event.body))
        return answer(database, event, *modified);
    if (const auto* filled = std::get_if<events::OrderExecutionRecorded>(&event.body))
        return complete_answer(database, event, filled->state);
    if (const auto* changed = std::get_if<events::PaperOrderLifecycleChanged>(&event.body))
        return complete_answer(database, event, changed->state);
    return {};
}

namespace {

constexpr std::string_view columns =
    "environment, account, key, operation, request_hash, order_id, intent_id, outcome, outcome_event_id,"
    " answer_state, answer_broker_order_id, bound_at, answered_at";

Result<events::IdempotencyRecord> read_record(const Statement& row) {
    events::IdempotencyRecord record;
    RowReader read(row);
    read >> record.environment >> record.account >> record.key >> record.operation >> record.request_hash >>
        record.order_id >> record.intent_id >> record.outcome >> record.outcome_event_id >>
        record.answer_state >> record.answer_broker_order_id >> record.bound_at >> record.answered_at;
    if (!read.good()) return damaged_row("idempotency");
    return record;
}

}  // namespace

Result<std::optional<events::IdempotencyRecord>> Queries::idempotency(
    events::Environment environment, const events::AccountHash& account,
    const events::IdempotencyKey& key) const {
    static const std::string sql = "SELECT " + std::string(columns) +
                                   " FROM idempotency WHERE account = ?1 AND environment = ?2 AND key = ?3";
    auto row = database_->query(sql, account.text(), column_text(environment), key.text());
    const auto found = row.step();
    if (!found) return events::failure(found.error());
    if (!*found) return std::optional<events::IdempotencyRecord>{};
    return read_record(row).map(
        [](events::IdempotencyRecord&& record) { return std::optional(std::move(record)); });
}

Result<std::vector<events::IdempotencyRecord>> Queries::keys_after(TablePosition& position,
                                                                   std::uint32_t limit) const {
    static const std::string sql = "SELECT " + std::string(columns) +
                                   ", rowid FROM idempotency WHERE rowid > ?1 ORDER BY rowid LIMIT ?2";
    auto rows = database_->query(sql, position.row, cut_limit(limit));
    std::vector<events::IdempotencyRecord> records;
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) return records;
        position.row = rows.integer(rows.columns() - 1);
        auto record = read_record(rows);
        if (!record) return events::failure(record.error());
        records.push_back(std::move(*record));
    }
}

}  // namespace ibkr::projections
