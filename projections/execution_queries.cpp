#include "projections/row_internal.hpp"

namespace ibkr::projections {

using events::AccountHash;
using events::Result;

Result<std::set<events::ExecutionId>> Queries::known_executions(
    const AccountHash& account, std::span<const events::ExecutionId> ids) const {
    std::set<events::ExecutionId> known;
    auto row = database_->prepare_cached("SELECT 1 FROM executions WHERE account = ?1 AND execution_id = ?2");
    for (const auto& id : ids) {
        const auto found = row.reset().bind(1, account.text()).bind(2, id.text()).step();
        if (!found) return events::failure(found.error());
        if (*found) known.insert(id);
    }
    return known;
}

Result<std::vector<RecordedExecution>> Queries::executions(const AccountHash& account,
                                                           events::Timestamp since,
                                                           std::uint32_t limit) const {
    const auto most = cut_limit(limit);
    constexpr std::string_view of_all =
        "SELECT sequence, account, order_id, execution_id, broker_order_id, contract_id, side, quantity, "
        "price,"
        " currency, executed_at FROM executions INDEXED BY executions_in_time WHERE executed_at >= ?1"
        " ORDER BY executed_at DESC, sequence DESC LIMIT ?2";
    constexpr std::string_view of_one =
        "SELECT sequence, account, order_id, execution_id, broker_order_id, contract_id, side, quantity, "
        "price,"
        " currency, executed_at FROM executions INDEXED BY executions_in_time WHERE executed_at >= ?1 AND "
        "account = ?3"
        " ORDER BY executed_at DESC, sequence DESC LIMIT ?2";
    auto rows = account.empty() ? database_->query(of_all, since.unix_ms(), most)
                                : database_->query(of_one, since.unix_ms(), most, account.text());
    std::vector<RecordedExecution> executions;
    for (;;) {
        const auto found = rows.step();
        if (!found) return events::failure(found.error());
        if (!*found) return executions;
        RecordedExecution row;
        events::Execution& e = row.execution;
        RowReader read(rows);
        read >> row.sequence >> row.account >> row.order_id >> e.execution_id >> e.broker_order_id >>
            e.contract_id >> e.side >> e.quantity >> e.price >> e.currency >> e.executed_at;
        if (!read.good()) return damaged_row("executions");
        executions.push_back(std::move(row));
    }
}

}  // namespace ibkr::projections
