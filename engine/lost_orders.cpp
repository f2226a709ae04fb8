#include "engine/lost_orders.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "engine/lost_orders_internal.hpp"
#include "events/redaction/redaction.hpp"
#include "projections/store.hpp"
#include "statemachines/evolve/evolve.hpp"
#include "statemachines/hashing.hpp"
#include "statemachines/risk/risk.hpp"

namespace ibkr::engine {

using events::Environment;
using events::ErrorCode;
using events::failure;
using events::Operation;
using events::Result;
using projections::Queries;
using statemachines::RecordFoundOrder;

namespace {

constexpr std::size_t contract_text_bytes_max = 512;

tl::unexpected<events::Error> too_many() {
    return failure(ErrorCode::engine_held,
                   "more than " + std::to_string(found_orders_max) + " orders and keys are not in the log",
                   "Put back a newer copy of the log.");
}

// -------------------------------------------------------------------------------------- found at the broker

constexpr std::size_t log_prefix_length = 8;
constexpr std::size_t key_at = 1 + log_prefix_length + 1;  // environment, log prefix, role
constexpr std::string_view roles = "-ts";

bool carries_prefix(std::string_view client_order_id, std::string_view log_prefix) {
    const bool has_environment = client_order_id.starts_with('p') || client_order_id.starts_with('l');
    return has_environment && client_order_id.substr(1).starts_with(log_prefix);
}

/// The key in a client order id with our prefix; empty when it is not one that this program makes.
events::IdempotencyKey key_of(std::string_view client_order_id) {
    const bool has_role =
        client_order_id.size() > key_at && roles.find(client_order_id[key_at - 1]) != std::string_view::npos;
    if (!has_role || !events::is_idempotency_key(client_order_id.substr(key_at))) return {};
    return events::IdempotencyKey(std::string(client_order_id.substr(key_at)));
}

/// What the counters are to count: at the order's own price, or at what it filled, or at the market's.
events::Money notional_of(const BrokerOrder& order, Broker& broker) {
    if (const auto own = statemachines::order_notional(order.terms, std::nullopt)) return *own;
    if (order.average_fill_price)
        if (const auto filled = events::notional(*order.average_fill_price, order.terms.quantity))
            return {*filled, order.terms.contract.currency};
    if (const auto quote = broker.quote(order.terms.contract.contract_id))
        if (const auto now = statemachines::order_notional(order.terms, *quote)) return *now;
    return {events::Decimal(), order.terms.contract.currency};
}

}  // namespace

events::OrderTerms recordable(events::OrderTerms terms, const AccountDirectory& accounts) {
    const events::Redactor redactor(accounts.raw_ids());
    for (std::string* text : {&terms.contract.symbol, &terms.contract.description, &terms.contract.exchange})
        *text = redactor.text(*text, contract_text_bytes_max);
    return terms;
}

events::BrokerOrderId recordable(const events::BrokerOrderId& id) {
    return events::is_id_text(id.text(), events::BrokerOrderIdTag::length_max) ? id : events::BrokerOrderId();
}

bool has_other_terms(const events::OrderTerms& ours, const events::OrderTerms& theirs) {
    return ours.quantity != theirs.quantity || ours.limit_price != theirs.limit_price ||
           ours.trailing_amount != theirs.trailing_amount ||
           ours.trailing_percent != theirs.trailing_percent || ours.time_in_force != theirs.time_in_force;
}

namespace {

RecordFoundOrder found_in_book(const BrokerOrder& order, const events::AccountHash& account, Broker& broker,
                               const AccountDirectory& accounts) {
    RecordFoundOrder found;
    const std::string& text = order.client_order_id.text();
    found.found_at = "broker";
    found.account = account;
    found.environment = text.front() == 'p' ? Environment::paper : Environment::live;
    found.order_id = events::WorkflowId(statemachines::found_id(account, found.environment, "order " + text));
    found.idempotency_key = key_of(text);
    found.client_order_id = order.client_order_id;
    found.broker_order_id = recordable(order.broker_order_id);
    found.terms = recordable(order.terms, accounts);
    found.notional = notional_of(order, broker);
    return found;
}

/// Whether the book shows a change of one of our orders that the log does not know. Nothing is said of an
/// order that has ended in the log, or of which a write is under way or lost, nor of one that filled at the
/// broker with every fill booked: a change of it can be recorded no more, and nothing of it is left to count.
bool was_changed(const BrokerOrder& book, const events::OrderRecord& record) {
    if (!statemachines::order_is_open(record.state) || record.pending || record.lost_modify ||
        record.modify_unknown || record.state == "unknown")
        return false;
    if (book.status == BrokerOrderStatus::filled && record.filled_quantity >= book.filled_quantity)
        return false;
    return has_other_terms(record.terms, book.terms);
}

/// A modify that the log lost. Its key cannot be told from the book; the one it gets is derived from what
/// the book shows, so that the same change is recorded once.
RecordFoundOrder change_in_book(const BrokerOrder& book, const events::OrderRecord& record, Broker& broker,
                                const AccountDirectory& accounts) {
    RecordFoundOrder found = found_in_book(book, record.account, broker, accounts);
    const std::string what = "terms " + book.client_order_id.text() + " " + std::to_string(record.position);
    found.order_id = record.order_id;
    found.operation = Operation::modify;
    const std::string id = statemachines::found_id(record.account, record.environment, what);
    found.idempotency_key = events::IdempotencyKey("found." + id.substr(0, 32));
    found.environment = record.environment;
    const auto before = statemachines::order_notional(record.terms, std::nullopt);
    if (!before || before->currency != found.notional.currency) return found;
    const auto added = found.notional.amount.minus(before->amount);
    if (added) found.notional.amount = added->is_negative() ? events::Decimal() : *added;
    return found;
}

// ---------------------------------------------------------------------------- found in read models ahead

/// Of old models: whether the rest of them may still be read.
bool is_damage(const events::Error& error) {
    return error.code != ErrorCode::engine_busy;
}

/// What lies in other tables than the order's and cannot be read is left out and counted.
Result<RecordFoundOrder> order_of_models(const Queries& models, const events::WorkflowId& id,
                                         std::size_t& unreadable) {
    auto order = models.order(id);
    if (!order) return failure(order.error());
    if (!*order)
        return failure(ErrorCode::audit_write_failed, "the old read models name an order that they lack",
                       std::string(projections::rebuild_advice));
    auto bound = models.idempotency((*order)->environment, (*order)->account, (*order)->idempotency_key);
    if (!bound && !is_damage(bound.error())) return failure(bound.error());
    auto counted = models.counted_notional(id, id.text());
    if (!counted && !is_damage(counted.error())) return failure(counted.error());
    unreadable += (bound ? 0U : 1U) + (counted ? 0U : 1U);
    RecordFoundOrder found;
    found.found_at = "projection";
    found.order_id = id;
    found.account = (*order)->account;
    found.environment = (*order)->environment;
    found.idempotency_key = (*order)->idempotency_key;
    if (bound && *bound && (*bound)->order_id == id) found.request_hash = (*bound)->request_hash;
    found.client_order_id = (*order)->client_order_id;
    found.broker_order_id = (*order)->broker_order_id;
    found.terms = (*order)->terms;
    found.preview_id = (*order)->preview_id;
    found.approval_id = (*order)->approval_id;
    found.order_hash = (*order)->order_hash;
    found.policy_name = (*order)->policy_name;
    if (counted && *counted)
        found.notional = **counted;
    else if (const auto own = statemachines::order_notional(found.terms, std::nullopt); !counted && own)
        found.notional = *own;
    return found;
}

/// A cancel's or modify's key; what it was for follows from the order as the models have it.
Result<RecordFoundOrder> change_of_models(const Queries& models, const events::IdempotencyRecord& key,
                                          std::size_t& unreadable) {
    auto found = order_of_models(models, key.order_id, unreadable);
    if (!found) return found;
    found->operation = key.operation;
    found->idempotency_key = key.key;
    found->request_hash = key.request_hash;
    found->preview_id = {};
    found->approval_id = {};
    found->order_hash.clear();
    found->notional = {events::Decimal(), found->terms.contract.currency};
    auto counted = models.counted_notional(key.order_id, key.intent_id);
    if (!counted && !is_damage(counted.error())) return failure(counted.error());
    if (!counted) ++unreadable;
    if (counted && *counted) found->notional = **counted;
    return found;
}

Result<void> add(std::vector<RecordFoundOrder>& all, Result<RecordFoundOrder> one) {
    if (!one) return failure(one.error());
    if (all.size() >= found_orders_max) return too_many();
    all.push_back(std::move(*one));
    return {};
}

/// The next rows of a table of which some, or the rest, cannot be read. `read(position, limit)` as
/// `Queries::orders_after`. Empty: no more.
template <class Read>
auto next_readable(const Read& read, projections::TablePosition& position, std::size_t& unreadable)
    -> decltype(read(position, 1U)) {
    const projections::TablePosition start = position;
    auto rows = read(position, projections::rows_max);
    if (rows || !is_damage(rows.error())) return rows;
    position = start;
    for (;;) {
        const std::int64_t before = position.row;
        rows = read(position, 1U);
        if (rows || !is_damage(rows.error())) return rows;
        ++unreadable;
        if (position.row == before) return typename decltype(rows)::value_type();
    }
}

Result<void> add_readable(OrdersAhead& ahead, Result<RecordFoundOrder> one) {
    if (one || !is_damage(one.error())) return add(ahead.found, std::move(one));
    ++ahead.unreadable;
    return {};
}

Result<void> add_orders_ahead(const Queries& old_models, const Queries& of_the_log, OrdersAhead& ahead) {
    const auto read = [&](projections::TablePosition& at, std::uint32_t limit) {
        return old_models.orders_after(at, limit);
    };
    projections::TablePosition position;
    for (;;) {
        const auto ids = next_readable(read, position, ahead.unreadable);
        if (!ids) return failure(ids.error());
        if (ids->empty()) return {};
        for (const events::WorkflowId& id : *ids) {
            const auto known = of_the_log.has_order(id);
            if (!known) return failure(known.error());
            if (*known) continue;
            if (auto added = add_readable(ahead, order_of_models(old_models, id, ahead.unreadable)); !added)
                return added;
        }
    }
}

Result<void> add_keys_ahead(const Queries& old_models, const Queries& of_the_log, OrdersAhead& ahead) {
    const auto read = [&](projections::TablePosition& at, std::uint32_t limit) {
        return old_models.keys_after(at, limit);
    };
    projections::TablePosition position;
    for (;;) {
        const auto keys = next_readable(read, position, ahead.unreadable);
        if (!keys) return failure(keys.error());
        if (keys->empty()) return {};
        for (const events::IdempotencyRecord& key : *keys) {
            if (key.operation == Operation::submit) continue;  // with its order
            const auto known = of_the_log.idempotency(key.environment, key.account, key.key);
            if (!known) return failure(known.error());
            if (*known) continue;
            if (auto added = add_readable(ahead, change_of_models(old_models, key, ahead.unreadable)); !added)
                return added;
        }
    }
}

}  // namespace

Result<std::vector<RecordFoundOrder>> orders_unknown_to_log(Broker& broker, const Queries& queries,
                                                            AccountDirectory& accounts,
                                                            std::string_view log_prefix) {
    const auto listed = broker.accounts();
    if (!listed) return failure(listed.error());
    for (const BrokerAccount& account : *listed)
        accounts.add(account.account_id);
    std::vector<RecordFoundOrder> found;
    std::set<std::pair<events::AccountHash, events::ClientOrderId>> seen;
    for (const BrokerAccount& account : *listed) {
        const auto book = broker.orders(account.account_id);
        if (!book) return failure(book.error());
        const events::AccountHash hash = accounts.hash(account.account_id);
        for (const BrokerOrder& order : *book) {
            if (!carries_prefix(order.client_order_id.text(), log_prefix)) continue;
            const auto known = queries.order_by_client_id(hash, order.client_order_id);
            if (!known) return failure(known.error());
            if (*known && !was_changed(order, **known)) continue;
            if (!seen.insert({hash, order.client_order_id}).second) continue;
            if (auto added = add(found, *known ? change_in_book(order, **known, broker, accounts)
                                               : found_in_book(order, hash, broker, accounts));
                !added)
                return failure(added.error());
        }
    }
    // An entry before its legs, so that the key it shares with them is bound to it.
    std::sort(found.begin(), found.end(), [](const RecordFoundOrder& a, const RecordFoundOrder& b) {
        return std::tie(a.account, a.client_order_id) < std::tie(b.account, b.client_order_id);
    });
    return found;
}

Result<OrdersAhead> orders_ahead(const Queries& old_models, const Queries& of_the_log) {
    OrdersAhead ahead;
    if (auto added = add_orders_ahead(old_models, of_the_log, ahead); !added) return failure(added.error());
    if (auto added = add_keys_ahead(old_models, of_the_log, ahead); !added) return failure(added.error());
    return ahead;
}

}  // namespace ibkr::engine
