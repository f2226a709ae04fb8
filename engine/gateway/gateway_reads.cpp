#include <algorithm>
#include <map>
#include <tuple>

#include "engine/gateway/gateway.hpp"
#include "engine/gateway/gather.hpp"
#include "engine/gateway/read_call.hpp"
#include "engine/gateway/read_questions.hpp"
#include "engine/gateway/scopes.hpp"
#include "engine/payloads/order_payloads.hpp"
#include "engine/payloads/payload_parts.hpp"
#include "engine/payloads/read_payloads.hpp"
#include "projections/store.hpp"
#include "statemachines/command_codec.hpp"

namespace ibkr::engine {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

/// Orders of one account after a look at the broker's book, joined with our records.
struct KnownOrders {
    std::vector<BrokerOrder> book;
    std::vector<events::OrderRecord> ours;
    std::vector<OrderSides> joined;
};

Result<KnownOrders> known_orders(Runtime& runtime, const events::AccountId& account) {
    if (auto own = known_account(runtime, account); !own) return failure(own.error());
    if (auto reconciled = runtime.reconcile(); !reconciled) return failure(reconciled.error());
    auto book = runtime.broker().orders(account);
    if (!book) return failure(book.error());
    auto ours = runtime.read([&](const projections::Queries& models) {
        return models.orders(runtime.accounts().hash(account), projections::rows_max);
    });
    if (!ours) return failure(ours.error());
    KnownOrders known{std::move(*book), std::move(*ours), {}};
    known.joined = join_orders(known.book, known.ours);
    return known;
}

Result<std::string> order_beyond_lists(Runtime& runtime, const events::AccountId& account,
                                       std::string_view id) {
    const events::AccountHash hash = runtime.accounts().hash(account);
    auto ours = runtime.read([&](const projections::Queries& models) {
        auto found = models.order_by_broker_id(hash, events::BrokerOrderId(std::string(id)));
        if (!found || *found) return found;
        return models.order_by_client_id(events::ClientOrderId(std::string(id)));
    });
    if (!ours) return failure(ours.error());
    std::optional<events::OrderRecord>& record = *ours;
    if (record && record->account == hash) return order_payload({nullptr, &*record}, runtime.accounts());
    events::ClientOrderId client_id;
    if (from_text(id, client_id)) {
        auto found = runtime.broker().find_by_client_order_id(account, client_id);
        if (!found) return failure(found.error());
        if (*found) return order_payload({&**found, nullptr}, runtime.accounts());
    }
    return failure(ErrorCode::broker_capability_unavailable,
                   "neither the broker's book nor this gateway knows an order with that id",
                   "Look the id up with 'ibkr-agent orders list'.");
}

/// Ours from the store, the broker's beside them; each execution id once, newest first.
Result<std::vector<ExecutionRow>> known_executions(Runtime& runtime, const events::AccountId& account,
                                                   std::optional<events::Timestamp> from) {
    const events::Timestamp since = from.value_or(events::Timestamp{});
    auto listed = runtime.broker().executions(account);
    if (!listed) return failure(listed.error());
    auto recorded = runtime.read([&](const projections::Queries& models) {
        return models.executions(runtime.accounts().hash(account), since, projections::rows_max);
    });
    if (!recorded) return failure(recorded.error());
    std::map<events::ExecutionId, ExecutionRow> by_id;
    for (const projections::RecordedExecution& row : *recorded)
        by_id.emplace(row.execution.execution_id, ExecutionRow{row.execution, row.order_id});
    for (const events::Execution& execution : *listed)
        if (execution.executed_at >= since)
            by_id.emplace(execution.execution_id, ExecutionRow{execution, {}});

    std::vector<ExecutionRow> rows;
    rows.reserve(by_id.size());
    for (auto& [id, row] : by_id)
        rows.push_back(std::move(row));
    std::sort(rows.begin(), rows.end(), [](const ExecutionRow& a, const ExecutionRow& b) {
        return std::tie(b.execution.executed_at, a.execution.execution_id) <
               std::tie(a.execution.executed_at, b.execution.execution_id);
    });
    return rows;
}

}  // namespace

CallResult Gateway::health(const CallContext& context) {
    const auto look = [&]() -> Result<std::string> {
        const events::SequenceId head = runtime_.log().head().sequence;
        const std::uint64_t folded = runtime_.folded().value();
        const std::string_view state = runtime_.held() != nullptr ? "held"
                                       : runtime_.paused()        ? "paused"
                                                                  : "ok";
        return health_payload({std::string(state), runtime_.product_version(),
                               context.forwarded ? "forwarded" : "owner", head,
                               head.value() > folded ? head.value() - folded : 0});
    };
    return run_read(runtime_, context, scope::health_read, "{}", look, ReadKind::status);
}

CallResult Gateway::backend_status(const CallContext& context) {
    if (auto denied = missing_scope(runtime_, context, scope::health_read, "{}"))
        return tl::unexpected(std::move(*denied));
    auto session = runtime_.broker().session();
    if (!session) {
        // A backend that cannot be reached is an answer to this question.
        if (session.error().code != ErrorCode::broker_backend_unavailable)
            return tl::unexpected(fail_call(runtime_, context, session.error(), "{}"));
        session = BrokerSession{"unavailable", std::string(runtime_.broker().backend_name()), runtime_.now(),
                                std::nullopt};
    }
    if (std::string reason = runtime_.unrecorded_reason(); !reason.empty())
        return Reply{session_payload(*session), {}, false, std::move(reason)};
    const statemachines::Command observed =
        statemachines::ObserveSession{outside_text(session->backend), outside_text(session->status)};
    auto executed = runtime_.execute(context, observed, act_facts(runtime_, context),
                                     [&](Executed&) { return session_payload(*session); });
    if (!executed) return tl::unexpected(CallError{executed.error(), {}});
    if (executed->refusal) return tl::unexpected(CallError{*executed->refusal, executed->audit_event_id});
    return Reply{std::move(executed->payload), executed->audit_event_id, false, {}};
}

CallResult Gateway::accounts_list(const CallContext& context) {
    return run_read(runtime_, context, scope::accounts_read, "{}", [&]() -> Result<std::string> {
        auto accounts = runtime_.broker().accounts();
        if (!accounts) return failure(accounts.error());
        return accounts_payload(*accounts, runtime_.accounts());
    });
}

CallResult Gateway::account_metadata(const CallContext& context, const events::AccountId& account) {
    return run_read(runtime_, context, scope::accounts_read, Question(runtime_).account(account).json(),
                    [&]() -> Result<std::string> {
                        auto own = known_account(runtime_, account);
                        if (!own) return failure(own.error());
                        return account_profile_payload(*own);
                    });
}

CallResult Gateway::account_summary(const CallContext& context, const events::AccountId& account) {
    return run_read(runtime_, context, scope::portfolio_read, Question(runtime_).account(account).json(),
                    [&]() -> Result<std::string> {
                        if (auto own = known_account(runtime_, account); !own) return failure(own.error());
                        auto portfolio = runtime_.broker().portfolio(account);
                        if (!portfolio) return failure(portfolio.error());
                        return account_summary_payload(*portfolio);
                    });
}

CallResult Gateway::portfolio_snapshot(const CallContext& context, const events::AccountId& account) {
    return run_read(runtime_, context, scope::portfolio_read, Question(runtime_).account(account).json(),
                    [&]() -> Result<std::string> {
                        if (auto own = known_account(runtime_, account); !own) return failure(own.error());
                        auto portfolio = runtime_.broker().portfolio(account);
                        if (!portfolio) return failure(portfolio.error());
                        auto positions = runtime_.broker().positions(account);
                        if (!positions) return failure(positions.error());
                        return portfolio_payload(*portfolio, *positions);
                    });
}

CallResult Gateway::positions_list(const CallContext& context, const events::AccountId& account) {
    return run_read(runtime_, context, scope::positions_read, Question(runtime_).account(account).json(),
                    [&]() -> Result<std::string> {
                        if (auto own = known_account(runtime_, account); !own) return failure(own.error());
                        auto positions = runtime_.broker().positions(account);
                        if (!positions) return failure(positions.error());
                        return positions_payload(*positions);
                    });
}

CallResult Gateway::contracts_search(const CallContext& context, const ContractQuery& query) {
    return run_read(runtime_, context, scope::marketdata_read,
                    Question(runtime_).contract_query(query).json(), [&]() -> Result<std::string> {
                        auto found = search_contracts(runtime_.broker(), query);
                        if (!found) return failure(found.error());
                        return contracts_payload(*found);
                    });
}

CallResult Gateway::contract_resolve(const CallContext& context, const ContractQuery& query) {
    return run_read(runtime_, context, scope::marketdata_read,
                    Question(runtime_).contract_query(query).json(), [&]() -> Result<std::string> {
                        auto found = resolve_contract(runtime_.broker(), query);
                        if (!found) return failure(found.error());
                        return contract_payload(*found);
                    });
}

CallResult Gateway::market_snapshot(const CallContext& context, const events::ContractId& contract) {
    return run_read(runtime_, context, scope::marketdata_read,
                    Question(runtime_).text("contract_id", contract.text()).json(),
                    [&]() -> Result<std::string> {
                        if (auto valid = check_contract_id(contract); !valid) return failure(valid.error());
                        auto quote = runtime_.broker().quote(contract);
                        if (!quote) return failure(quote.error());
                        return snapshot_payload(*quote, runtime_.now());
                    });
}

CallResult Gateway::historical_bars(const CallContext& context, const events::ContractId& contract,
                                    std::string_view duration, std::string_view bar_size) {
    const std::string asked = Question(runtime_)
                                  .text("contract_id", contract.text())
                                  .text("duration", duration)
                                  .text("bar_size", bar_size)
                                  .json();
    return run_read(runtime_, context, scope::marketdata_read, asked, [&]() -> Result<std::string> {
        if (auto valid = check_contract_id(contract); !valid) return failure(valid.error());
        auto bars = runtime_.broker().bars(contract, duration, bar_size);
        if (!bars) return failure(bars.error());
        return bars_payload(*bars);
    });
}

CallResult Gateway::orders_list(const CallContext& context, const OrdersQuery& query) {
    const std::uint32_t limit = std::clamp(query.limit, std::uint32_t{1}, orders_limit_max);
    const std::string asked =
        Question(runtime_).account(query.account).text("limit", std::to_string(limit)).json();
    return run_read(runtime_, context, scope::orders_read, asked, [&]() -> Result<std::string> {
        auto known = known_orders(runtime_, query.account);
        if (!known) return failure(known.error());
        if (known->joined.size() > limit) known->joined.resize(limit);
        return orders_payload(known->joined, runtime_.accounts());
    });
}

CallResult Gateway::order_status(const CallContext& context, const events::AccountId& account,
                                 std::string_view id) {
    const std::string asked = Question(runtime_).account(account).text("broker_order_id", id).json();
    return run_read(runtime_, context, scope::orders_read, asked, [&]() -> Result<std::string> {
        if (!events::is_id_text(id, events::BrokerOrderIdTag::length_max))
            return failure(ErrorCode::order_validation_failed, "that is not an order id");
        auto known = known_orders(runtime_, account);
        if (!known) return failure(known.error());
        const auto found = std::find_if(known->joined.begin(), known->joined.end(),
                                        [&](const OrderSides& order) { return order.has_id(id); });
        if (found != known->joined.end()) return order_payload(*found, runtime_.accounts());
        return order_beyond_lists(runtime_, account, id);
    });
}

CallResult Gateway::executions_list(const CallContext& context, const events::AccountId& account,
                                    std::optional<events::Timestamp> from) {
    const std::string asked =
        Question(runtime_).account(account).text("from", from ? from->to_string() : "").json();
    return run_read(runtime_, context, scope::orders_read, asked, [&]() -> Result<std::string> {
        if (auto own = known_account(runtime_, account); !own) return failure(own.error());
        if (auto reconciled = runtime_.reconcile(); !reconciled) return failure(reconciled.error());
        auto rows = known_executions(runtime_, account, from);
        if (!rows) return failure(rows.error());
        return executions_payload(account.raw(), *rows);
    });
}

}  // namespace ibkr::engine
