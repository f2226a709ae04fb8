// Recovery and reconciliation of Runtime (design 5.10): intents without an outcome are settled by what the
// broker's book says, and open orders are compared with it.

#include <algorithm>
#include <utility>

#include "engine/lost_orders.hpp"
#include "engine/lost_orders_internal.hpp"
#include "engine/runtime.hpp"
#include "projections/store.hpp"
#include "statemachines/evolve/evolve.hpp"

namespace ibkr::engine {

using events::failure;
using events::Operation;
using events::OrderRecord;
using events::Outcome;
using events::Result;
using projections::Queries;
using statemachines::RecordOutcome;
using statemachines::ReportOrder;

namespace {

RecordOutcome recovered(const OrderRecord& order, Outcome outcome, std::string_view learned_from,
                        std::string_view message) {
    RecordOutcome command;
    command.order_id = order.order_id;
    command.intent_id = order.pending->intent_id;
    command.operation = order.pending->operation;
    command.outcome = outcome;
    command.learned_from = learned_from;
    command.message = message;
    command.broker_order_id = order.broker_order_id;
    return command;
}

/// Whether the book shows what a cancel or modify asked for.
bool took_effect(const events::PendingIntent& pending, const ReportOrder& book) {
    if (pending.operation == Operation::cancel) return book.broker_status == "cancelled";
    if (!book.terms) return false;
    const events::OrderChanges& wanted = pending.changes;
    const events::OrderTerms& now = *book.terms;
    return (!wanted.quantity || *wanted.quantity == now.quantity) &&
           (!wanted.limit_price || wanted.limit_price == now.limit_price) &&
           (!wanted.stop_price || wanted.stop_price == now.stop_price) &&
           (!wanted.trailing_amount || wanted.trailing_amount == now.trailing_amount) &&
           (!wanted.trailing_percent || wanted.trailing_percent == now.trailing_percent) &&
           (!wanted.time_in_force || *wanted.time_in_force == now.time_in_force);
}

/// The outcome recovery can state for an intent that has none, from one complete read of a local book.
RecordOutcome outcome_from_book(const OrderRecord& order, const std::optional<ReportOrder>& book,
                                bool book_was_read) {
    // A submit is unknown until the report that follows settles it: found, or proved absent.
    if (order.pending->operation == Operation::submit || !book_was_read)
        return recovered(order, Outcome::unknown, "recovery",
                         "the process ended before the outcome was recorded");
    if (book && took_effect(*order.pending, *book))
        return recovered(order, Outcome::confirmed, "book_read", "the broker's book shows it took effect");
    return recovered(order, Outcome::refused, "book_read", "the broker's book shows it did not take effect");
}

/// Whether the book shows an order with terms that no write of ours explains which the log still knows.
/// A rejected order has no change to be recorded. Of a network broker's working order a lost modify may
/// still arrive, so that nothing is settled by its terms.
bool shows_another_change(const OrderRecord& order, const ReportOrder& book, bool book_is_complete) {
    if (!book.terms || book.broker_status == "rejected") return false;
    if (!has_other_terms(order.terms, *book.terms)) return false;
    const bool is_final = book_is_complete || book.broker_status == "filled";
    return !order.lost_modify || is_final || took_effect(*order.lost_modify, book);
}

}  // namespace

Result<void> Runtime::settle_pending_intents() {
    auto orders = read([](const Queries& models) { return models.orders_with_pending_intent(); });
    if (!orders) return failure(orders.error());
    if (orders->empty()) return {};
    learn_accounts();
    for (const OrderRecord& order : *orders) {
        if (in_flight_.contains(order.order_id)) continue;
        RecordOutcome outcome;
        if (broker_.book_read_proves_absence()) {
            bool book_was_read = false;
            const auto book =
                book_report(order.order_id, order.account, order.client_order_id, &book_was_read);
            outcome = outcome_from_book(order, book, book_was_read);
        } else if (!order.pending->send_started) {
            outcome = recovered(order, Outcome::not_sent, "recovery", "the request had not begun");
        } else {
            outcome =
                recovered(order, Outcome::unknown, "recovery", "the process ended before an answer came");
        }
        if (auto recorded = engine_command(outcome, "recover:" + order.pending->intent_id,
                                           "ibkr_engine_recovery", no_write_since_look(order.order_id));
            !recorded)
            return recorded;
    }
    return {};
}

Result<void> Runtime::settle_changed_orders() {
    if (auto settled = settle_pending_intents(); !settled) return settled;
    const auto open = read([](const Queries& models) { return models.open_orders(); });
    if (!open) return failure(open.error());
    for (const OrderRecord& order : *open) {
        if (order.state != "unknown" && !order.lost_modify) continue;
        if (!parts_.accounts.find(order.account)) continue;  // the broker lists its account no more
        bool book_was_read = false;
        auto report = book_report(order.order_id, order.account, order.client_order_id, &book_was_read);
        if (!book_was_read)
            return failure(events::ErrorCode::broker_backend_unavailable,
                           "the broker's book could not be read for order " + order.order_id.text(),
                           "Start again when the broker answers.");
        if (!report || !shows_another_change(order, *report, broker_.book_read_proves_absence())) continue;
        report->executions.clear();
        report->broker_status.clear();
        if (auto recorded = record_report(std::move(*report), order.account, "report:"); !recorded)
            return recorded;
    }
    return {};
}

void Runtime::learn_accounts() {
    if (auto listed = broker_.accounts())
        for (const BrokerAccount& account : *listed)
            parts_.accounts.add(account.account_id);
}

Result<void> Runtime::rule_out_lost_orders() {
    const std::scoped_lock asking(asking_for_lost_orders_);
    if (held() != nullptr || broker_was_asked_) return {};
    const auto look = [&] {
        return read([&](const Queries& models) {
            return orders_unknown_to_log(broker_, models, parts_.accounts, log_prefix());
        });
    };
    auto lost = look();
    // What another caller sent, or changed, between the look at the log and the one at the book is known to
    // the log at the second look.
    if (lost && !lost->empty()) {
        const auto again = look();
        if (!again) return failure(again.error());
        std::erase_if(*lost, [&](const statemachines::RecordFoundOrder& found) {
            return std::none_of(again->begin(), again->end(), [&](const auto& other) {
                return other.client_order_id == found.client_order_id && other.account == found.account;
            });
        });
    }
    if (!lost) return failure(lost.error());
    broker_was_asked_ = true;
    if (lost->empty()) return {};
    const events::SequenceId head = parts_.log.head().sequence;
    const std::string count = lost->size() == 1 ? "an order" : std::to_string(lost->size()) + " orders";
    hold_.set(events::Hold{"the broker's book has " + count +
                               " of this log that the log does not know, or has with other terms, so the "
                               "log is an older copy, or the order was changed past this gateway",
                           head,
                           head,
                           {},
                           true});
    return {};
}

Result<void> Runtime::reconcile() {
    const std::uint64_t mine = ++reconciles_asked_;
    const std::scoped_lock one(reconciling_);
    if (reconciled_up_to_ >= mine) return {};  // the look that just ended began after this was asked
    const std::uint64_t asked = reconciles_asked_;
    auto reconciled = reconcile_once();
    if (reconciled) reconciled_up_to_ = asked;
    return reconciled;
}

std::function<bool()> Runtime::no_write_since_look(const events::WorkflowId& order_id) const {
    return [this, order_id] { return !in_flight_.changed_since_look(order_id); };
}

Result<void> Runtime::reconcile_once() {
    in_flight_.begin_look();
    static_cast<void>(rule_out_lost_orders());
    if (held() != nullptr) return {};
    // An intent without outcome and without a write under way is one whose outcome could not be recorded.
    if (auto settled = settle_pending_intents(); !settled) return settled;
    auto open = read([](const Queries& models) { return models.open_orders(); });
    if (!open) return failure(open.error());
    if (!open->empty()) learn_accounts();
    for (const OrderRecord& order : *open)
        if (auto reported = reconcile_order(order); !reported) return reported;
    // A local book is read in the same call that ends an order: nothing of it comes late.
    return broker_.book_read_proves_absence() ? Result<void>{} : book_late_executions();
}

Result<void> Runtime::reconcile_order(const OrderRecord& order) {
    if (in_flight_.contains(order.order_id)) return {};
    bool book_was_read = false;
    auto report = book_report(order.order_id, order.account, order.client_order_id, &book_was_read);
    if (!book_was_read) return {};
    if (!report) {
        const bool absence_settles = order.state == "unknown" && broker_.book_read_proves_absence();
        if (!absence_settles) return {};
        report.emplace();
        report->order_id = order.order_id;
        report->evidence = "absence_proved";
        report->message = "the broker's complete book holds no order with this client order id";
    }
    // Old terms in a network broker's book do not prove that a lost modify will not arrive yet.
    if (order.lost_modify && !broker_.book_read_proves_absence() && !took_effect(*order.lost_modify, *report))
        report->terms.reset();
    if (parts_.suspension != nullptr && !parts_.suspension->pass(SuspensionPoint::before_report))
        return failure(events::ErrorCode::audit_write_failed, "the process stops here");
    return record_report(std::move(*report), order.account, "report:", no_write_since_look(order.order_id));
}

}  // namespace ibkr::engine
