#include "projections/rate_counters.hpp"

#include "projections/rate_counters_internal.hpp"
#include "projections/row_internal.hpp"

namespace ibkr::projections {

using events::Decimal;
using events::Event;
using events::Result;

namespace {

/// One counted intent, as its row holds it.
struct Intent {
    std::string account;
    std::string environment;
    std::string policy_name;
    std::string currency;
    Decimal notional;
    events::Timestamp intended_at;
    bool gave_back_order = false;
    bool gave_back_notional = false;
    bool executed = false;

    [[nodiscard]] bool counts_order() const noexcept { return executed || !gave_back_order; }
    [[nodiscard]] bool counts_notional() const noexcept { return executed || !gave_back_notional; }
};

Result<void> add_to_hour(Database& database, const Intent& intent, int orders, const Decimal& notional) {
    const std::int64_t hour = hour_of(intent.intended_at);
    Decimal sum = notional;
    {
        auto row = database.query(
            "SELECT notional FROM counted_hours WHERE account = ?1 AND environment = ?2 AND policy_name = ?3"
            " AND hour = ?4 AND currency = ?5",
            intent.account, intent.environment, intent.policy_name, hour, intent.currency);
        const auto found = row.step();
        if (!found) return events::failure(found.error());
        Decimal before;
        if (*found && !(RowReader(row) >> before).good()) return damaged_row("counted_hours");
        sum = add_or_largest(before, notional);
    }
    return database.run(
        "INSERT INTO counted_hours (account, environment, policy_name, hour, currency, orders, notional)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (account, environment, policy_name, hour, currency)"
        " DO UPDATE SET orders = orders + excluded.orders, notional = excluded.notional",
        intent.account, intent.environment, intent.policy_name, hour, intent.currency, orders,
        sum.to_string());
}

Result<void> count_intent(Database& database, const Event& event, std::string_view intent_id,
                          events::Environment environment, const std::string& policy_name,
                          const events::Money& notional) {
    const Intent intent{.account = event.account_id_hash.text(),
                        .environment = std::string(column_text(environment)),
                        .policy_name = policy_name,
                        .currency = std::string(notional.currency.code()),
                        .notional = notional.amount,
                        .intended_at = event.timestamp};
    auto inserted = database.run(
        "INSERT OR IGNORE INTO counted_intents (order_id, intent_id, account, environment, policy_name, "
        "currency,"
        " notional, intended_at, gave_back_order, gave_back_notional, executed)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, 0)",
        event.workflow_id.text(), intent_id, intent.account, intent.environment, intent.policy_name,
        intent.currency, intent.notional.to_string(), intent.intended_at.unix_ms());
    if (!inserted || database.changes() == 0) return inserted;
    return add_to_hour(database, intent, 1, intent.notional);
}

Result<std::optional<Intent>> find_intent(Database& database, const Event& event,
                                          std::string_view intent_id) {
    auto row = database.query(
        "SELECT account, environment, policy_name, currency, notional, intended_at, gave_back_order,"
        " gave_back_notional, executed FROM counted_intents WHERE order_id = ?1 AND intent_id = ?2",
        event.workflow_id.text(), intent_id);
    const auto found = row.step();
    if (!found) return events::failure(found.error());
    if (!*found) return std::optional<Intent>{};
    Intent intent;
    RowReader read(row);
    read >> intent.account >> intent.environment >> intent.policy_name >> intent.currency >>
        intent.notional >> intent.intended_at >> intent.gave_back_order >> intent.gave_back_notional >>
        intent.executed;
    if (!read.good()) return damaged_row("counted_intents");
    return std::optional(std::move(intent));
}

/// What an event says of a counted intent.
struct Finding {
    bool gives_back_order = false;
    bool gives_back_notional = false;
    bool executed = false;
};

Result<void> learn(Database& database, const Event& event, std::string_view intent_id,
                   const Finding& finding) {
    auto found = find_intent(database, event, intent_id);
    if (!found) return events::failure(found.error());
    if (!*found) return {};
    const Intent& before = **found;
    Intent after = before;
    after.gave_back_order |= finding.gives_back_order;
    after.gave_back_notional |= finding.gives_back_notional;
    after.executed |= finding.executed;
    auto updated = database.run(
        "UPDATE counted_intents SET gave_back_order = ?3, gave_back_notional = ?4, executed = ?5"
        " WHERE order_id = ?1 AND intent_id = ?2",
        event.workflow_id.text(), intent_id, after.gave_back_order, after.gave_back_notional, after.executed);
    if (!updated) return updated;
    const int orders = int{after.counts_order()} - int{before.counts_order()};
    Decimal notional;
    if (before.counts_notional() && !after.counts_notional()) notional = before.notional.negated();
    if (!before.counts_notional() && after.counts_notional()) notional = before.notional;
    if (orders == 0 && notional.is_zero()) return {};
    return add_to_hour(database, after, orders, notional);
}

Finding from_outcome(events::Outcome outcome) noexcept {
    if (outcome == events::Outcome::not_sent) return {true, true, false};
    if (outcome == events::Outcome::refused) return {false, true, false};
    return {};
}

/// Of the order's own intent: by the state the order went to.
Finding from_state(std::string_view state) noexcept {
    if (state == "not_sent" || state == "not_placed") return {true, true, false};
    if (state == "rejected") return {false, true, false};
    return {};
}

}  // namespace

Result<void> RateCounters::create_tables(Database& database) {
    return database.exec(R"sql(
        CREATE TABLE counted_intents (
            order_id TEXT NOT NULL, intent_id TEXT NOT NULL, account TEXT NOT NULL, environment TEXT NOT NULL,
            policy_name TEXT NOT NULL, currency TEXT NOT NULL, notional TEXT NOT NULL,
            intended_at INTEGER NOT NULL, gave_back_order INTEGER NOT NULL,
            gave_back_notional INTEGER NOT NULL, executed INTEGER NOT NULL,
            PRIMARY KEY (order_id, intent_id)) WITHOUT ROWID;
        CREATE INDEX counted_intents_in_time ON counted_intents (account, intended_at);
        CREATE TABLE counted_hours (
            account TEXT NOT NULL, environment TEXT NOT NULL, policy_name TEXT NOT NULL, hour INTEGER NOT NULL,
            currency TEXT NOT NULL, orders INTEGER NOT NULL, notional TEXT NOT NULL,
            PRIMARY KEY (account, environment, policy_name, hour, currency)) WITHOUT ROWID;
    )sql");
}

Result<void> RateCounters::apply(Database& database, const Event& event) {
    if (const auto* submit = std::get_if<events::OrderSubmitIntended>(&event.body))
        return count_intent(database, event, submit->intent_id, submit->environment, submit->policy_name,
                            submit->notional);
    if (const auto* modify = std::get_if<events::OrderModifyIntended>(&event.body))
        return count_intent(database, event, modify->intent_id, modify->environment, modify->policy_name,
                            modify->added_notional);
    if (const auto* submitted = std::get_if<events::PaperOrderSubmitted>(&event.body))
        return learn(database, event, submitted->intent_id, from_outcome(submitted->outcome));
    if (const auto* modified = std::get_if<events::PaperOrderModified>(&event.body))
        return learn(database, event, modified->intent_id, from_outcome(modified->outcome));
    // The intent id of a submit is its order's workflow id.
    if (const auto* changed = std::get_if<events::PaperOrderLifecycleChanged>(&event.body))
        return learn(database, event, event.workflow_id.text(), from_state(changed->state));
    if (std::holds_alternative<events::OrderExecutionRecorded>(event.body))
        return learn(database, event, event.workflow_id.text(), {.executed = true});
    return {};
}

}  // namespace ibkr::projections
