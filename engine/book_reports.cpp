// What the broker's book says of orders, as reports of Runtime: with the executions that are theirs, in
// pieces that fit a record, recorded.

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "engine/effects/broker_writes.hpp"
#include "engine/order_executions.hpp"
#include "engine/runtime.hpp"
#include "projections/store.hpp"

namespace ibkr::engine {

using events::failure;
using events::Result;
using projections::Queries;
using statemachines::ReportOrder;

namespace {

bool is_ended(BrokerOrderStatus status) {
    return status == BrokerOrderStatus::cancelled || status == BrokerOrderStatus::rejected ||
           status == BrokerOrderStatus::expired;
}

/// Leaves the word that an order ended out of a network broker's report while executions that the book counts
/// are missing: ended at once, the order would not count them, and booking them would contradict it. It stays
/// open, each look asks again, and the list of orders shows the book's word beside its state. A book that
/// counts no fills is taken at its word: nothing would ever end the wait.
void hold_back_end(Runtime& runtime, const BrokerOrder& book, ReportOrder& report) {
    if (!is_ended(book.status)) return;
    const auto awaits = runtime.read([&](const Queries& models) -> Result<bool> {
        const auto order = models.order(report.order_id);
        if (!order) return failure(order.error());
        return *order ? awaits_executions(models, **order, book, report.executions) : Result<bool>(false);
    });
    if (awaits && !*awaits) return;
    report.broker_status.clear();
    report.message.clear();
}

}  // namespace

std::optional<ReportOrder> Runtime::book_report(const events::WorkflowId& order_id,
                                                const events::AccountHash& account,
                                                const events::ClientOrderId& client_order_id,
                                                bool* book_was_read) {
    if (book_was_read != nullptr) *book_was_read = false;
    const auto raw = parts_.accounts.find(account);
    if (!raw) return std::nullopt;
    auto found = broker_.find_by_client_order_id(*raw, client_order_id);
    if (!found) return std::nullopt;
    if (!*found) {
        if (book_was_read != nullptr) *book_was_read = true;
        return std::nullopt;
    }
    const auto listed = broker_.executions_of_order(*raw, (*found)->broker_order_id);
    if (!listed) return std::nullopt;
    auto executions = read([&](const Queries& models) {
        return executions_of_order(models, order_id, account, **found, *listed);
    });
    if (!executions) return std::nullopt;
    if (book_was_read != nullptr) *book_was_read = true;
    ReportOrder report = report_from_book(order_id, **found, std::move(*executions), parts_.accounts);
    if (!broker_.book_read_proves_absence()) hold_back_end(*this, **found, report);
    return report;
}

Result<void> Runtime::book_late_executions() {
    const auto listed = broker_.accounts();
    if (!listed) return {};
    for (const BrokerAccount& account : *listed) {
        const auto reported = broker_.executions(account.account_id);
        if (!reported || reported->empty()) continue;
        const events::AccountHash hash = parts_.accounts.add(account.account_id);
        std::vector<events::ExecutionId> ids;
        ids.reserve(reported->size());
        for (const events::Execution& fill : *reported)
            ids.push_back(fill.execution_id);
        auto known = read([&](const Queries& models) { return models.known_executions(hash, ids); });
        if (!known) return failure(known.error());
        std::map<events::WorkflowId, ReportOrder> late;
        for (const events::Execution& fill : *reported) {
            if (known->contains(fill.execution_id)) continue;
            const auto order =
                read([&](const Queries& models) { return order_of_execution(models, hash, fill); });
            if (!order) return failure(order.error());
            if (!*order) continue;
            ReportOrder& report = late[(*order)->order_id];
            report.order_id = (*order)->order_id;
            report.executions.push_back(fill);
        }
        for (auto& [order_id, report] : late)
            if (auto recorded = record_report(std::move(report), hash, "late-fills:"); !recorded)
                return recorded;
    }
    return {};
}

Result<std::vector<ReportOrder>> Runtime::pieces_of(ReportOrder report, const events::AccountHash& account) {
    std::vector<events::ExecutionId> ids;
    ids.reserve(report.executions.size());
    for (const events::Execution& fill : report.executions)
        ids.push_back(fill.execution_id);
    const auto known = read([&](const Queries& models) { return models.known_executions(account, ids); });
    if (!known) return failure(known.error());
    std::vector<events::Execution> fresh = std::exchange(report.executions, {});
    std::erase_if(fresh, [&](const auto& fill) { return known->contains(fill.execution_id); });
    std::sort(fresh.begin(), fresh.end(), [](const auto& a, const auto& b) {
        return std::tie(a.executed_at, a.execution_id) < std::tie(b.executed_at, b.execution_id);
    });
    std::vector<ReportOrder> pieces;
    for (std::size_t from = 0; fresh.size() - from > executions_per_report_max;
         from += executions_per_report_max) {
        ReportOrder piece;
        piece.order_id = report.order_id;
        const auto first = fresh.begin() + static_cast<std::ptrdiff_t>(from);
        piece.executions.assign(first, first + static_cast<std::ptrdiff_t>(executions_per_report_max));
        pieces.push_back(std::move(piece));
    }
    const std::size_t placed = pieces.size() * executions_per_report_max;
    report.executions.assign(fresh.begin() + static_cast<std::ptrdiff_t>(placed), fresh.end());
    pieces.push_back(std::move(report));
    return pieces;
}

Result<void> Runtime::record_report(ReportOrder report, const events::AccountHash& account,
                                    std::string_view command_prefix,
                                    const std::function<bool()>& still_holds) {
    const std::string command_id = std::string(command_prefix) + report.order_id.text();
    auto pieces = pieces_of(std::move(report), account);
    if (!pieces) return failure(pieces.error());
    for (const ReportOrder& piece : *pieces) {
        if (!piece.executions.empty()) in_flight_.note_fills({account, piece.executions.front().contract_id});
        if (auto recorded = engine_command(piece, command_id, "ibkr_engine_reconciler", still_holds);
            !recorded)
            return recorded;
    }
    return {};
}

}  // namespace ibkr::engine
