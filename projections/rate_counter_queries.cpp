#include "projections/rate_counters_internal.hpp"
#include "projections/row_internal.hpp"

namespace ibkr::projections {

using events::OrderCount;
using events::Result;

namespace {

/// Rows of (orders, notional, currency).
Result<void> sum(Statement rows, const events::Currency& currency, OrderCount& total) {
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) return {};
        std::uint32_t orders = 0;
        events::Decimal notional;
        events::Currency counted_in;
        if (!(RowReader(rows) >> orders >> notional >> counted_in).good()) return damaged_row("counters");
        total.orders += orders;
        if (counted_in == currency) total.notional = add_or_largest(total.notional, notional);
    }
}

}  // namespace

Result<OrderCount> Queries::count(const events::AccountHash& account, events::Environment environment,
                                  std::string_view policy_name, events::Timestamp since,
                                  events::Currency currency) const {
    OrderCount total;
    const bool begins_an_hour = since.unix_ms() % hour_ms == 0;
    const std::int64_t first_whole_hour = hour_of(since) + (begins_an_hour ? 0 : 1);
    if (!begins_an_hour) {
        auto begun = sum(
            database_->query("SELECT executed OR NOT gave_back_order, iif(executed OR NOT gave_back_notional,"
                             " notional, '0'), currency FROM counted_intents WHERE account = ?1"
                             " AND intended_at >= ?2 AND intended_at < ?3 AND environment = ?4"
                             " AND policy_name = ?5",
                             account.text(), since.unix_ms(), first_whole_hour * hour_ms,
                             column_text(environment), policy_name),
            currency, total);
        if (!begun) return events::failure(begun.error());
    }
    auto whole =
        sum(database_->query("SELECT orders, notional, currency FROM counted_hours WHERE account = ?1"
                             " AND environment = ?2 AND policy_name = ?3 AND hour >= ?4",
                             account.text(), column_text(environment), policy_name, first_whole_hour),
            currency, total);
    if (!whole) return events::failure(whole.error());
    return total;
}

Result<std::optional<events::Money>> Queries::counted_notional(const events::WorkflowId& order_id,
                                                               std::string_view intent_id) const {
    auto row = database_->query(
        "SELECT notional, currency FROM counted_intents WHERE order_id = ?1 AND intent_id = ?2",
        order_id.text(), intent_id);
    const auto found = row.step();
    if (!found) return events::failure(found.error());
    if (!*found) return std::optional<events::Money>{};
    events::Money counted;
    if (!(RowReader(row) >> counted.amount >> counted.currency).good()) return damaged_row("counted_intents");
    return std::optional(counted);
}

Result<std::vector<CountedOrders>> Queries::counts(events::Timestamp since) const {
    std::vector<CountedOrders> lines;
    auto keys = database_->query(
        "SELECT DISTINCT account, environment, policy_name, currency FROM counted_hours WHERE hour >= ?1"
        " ORDER BY account, environment, policy_name, currency LIMIT ?2",
        hour_of(since), rows_max);
    for (;;) {
        const auto found = keys.step();
        if (!found) return events::failure(found.error());
        if (!*found) return lines;
        CountedOrders line;
        RowReader read(keys);
        if (!(read >> line.account >> line.environment >> line.policy_name >> line.currency).good())
            return damaged_row("counted_hours");
        auto counted = count(line.account, line.environment, line.policy_name, since, line.currency);
        if (!counted) return events::failure(counted.error());
        line.count = *counted;
        lines.push_back(std::move(line));
    }
}

}  // namespace ibkr::projections
