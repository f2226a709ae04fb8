#include "io/broker/sim/accounts.hpp"
#include "io/broker/sim/matching.hpp"
#include "io/broker/sim/order_entry.hpp"
#include "io/broker/sim/venue_internal.hpp"

namespace ibkr::io {
namespace {

using engine::BrokerAnswer;
using engine::BrokerOrderStatus;
using events::Outcome;

/// What stands in for the bytes of an answer on a wire.
std::string answer_text(std::string_view kind, const BrokerAnswer& answer) {
    std::string text(kind);
    if (!answer.broker_order_id.empty()) text += " order_id=" + answer.broker_order_id.text();
    if (answer.status) text += " status=" + std::string(events::name_of(*answer.status));
    if (!answer.message.empty()) text += " message=" + answer.message;
    return text;
}

BrokerAnswer confirmed(const sim::BookOrder& order) {
    BrokerAnswer answer{
        Outcome::confirmed, events::BrokerOrderId(std::to_string(order.order_id)), order.status, {}, {}};
    answer.raw_answer = answer_text("confirmed", answer);
    return answer;
}

BrokerAnswer refused(std::string message) {
    BrokerAnswer answer{Outcome::refused, {}, std::nullopt, std::move(message), {}};
    answer.raw_answer = answer_text("refused", answer);
    return answer;
}

BrokerAnswer rejected(const sim::BookOrder& order) {
    BrokerAnswer answer{Outcome::refused,
                        events::BrokerOrderId(std::to_string(order.order_id)),
                        order.status,
                        order.reason,
                        {}};
    answer.raw_answer = answer_text("rejected", answer);
    return answer;
}

/// No bytes came back.
BrokerAnswer without_answer(Outcome outcome, std::string message) {
    return {outcome, {}, std::nullopt, std::move(message), {}};
}

/// Empty when the account takes requests of this environment.
std::string account_problem(const events::AccountId& account, events::Environment environment) {
    const sim::AccountTerms* terms = sim::find_account(account.raw());
    if (terms == nullptr) return "the venue has no such account";
    const auto wanted =
        environment == events::Environment::paper ? events::AccountMode::paper : events::AccountMode::live;
    return terms->mode == wanted ? "" : "the account is not of the request's environment";
}

}  // namespace

template <class Body>
BrokerAnswer SimulatedVenue::write(events::Operation operation, Body body) {
    if (faults_ != nullptr && faults_->fail_to_begin(operation))
        return without_answer(Outcome::not_sent, "the venue cannot be reached");
    if (!book_->begin()) return without_answer(Outcome::not_sent, book_->failure()->message);
    const sim::Millis now = carry_to_now();
    BrokerAnswer answer = body(now);
    book_->set_clock(now);
    if (book_->failure()) {
        book_->rollback();
        return without_answer(Outcome::not_sent, "nothing was booked: " + book_->failure()->message);
    }
    if (faults_ != nullptr && faults_->drop_before_commit(operation)) {
        book_->rollback();
        return without_answer(Outcome::unknown, "no answer from the venue");
    }
    if (!book_->commit()) return without_answer(Outcome::unknown, book_->failure()->message);
    if (faults_ != nullptr && faults_->lose_answer_after_commit(operation))
        return without_answer(Outcome::unknown, "no answer from the venue");
    return answer;
}

BrokerAnswer SimulatedVenue::submit(const engine::SubmitRequest& request) {
    return write(events::Operation::submit, [&](sim::Millis now) { return place(request, now); });
}

BrokerAnswer SimulatedVenue::cancel(const engine::CancelRequest& request) {
    return write(events::Operation::cancel, [&](sim::Millis now) { return withdraw(request, now); });
}

BrokerAnswer SimulatedVenue::modify(const engine::ModifyRequest& request) {
    return write(events::Operation::modify, [&](sim::Millis now) { return change(request, now); });
}

bool SimulatedVenue::is_affordable(const sim::BookOrder& order, sim::Millis now) {
    const auto holdings = book_->holdings_of(order.account_id);
    auto others = book_->open_orders_of(order.account_id);
    std::erase_if(others, [&](const sim::BookOrder& other) { return other.order_id == order.order_id; });
    const auto value = sim::value_account(book_->cash_of(order.account_id), holdings, others, market_, now);
    const sim::Cents opening = sim::opening_value(order, holdings, market_, now);
    return opening == 0 || opening <= value.buying_power;
}

BrokerAnswer SimulatedVenue::place(const engine::SubmitRequest& request, sim::Millis now) {
    if (auto problem = account_problem(request.account_id, request.environment); !problem.empty())
        return refused(std::move(problem));
    const std::string& client_id = request.client_order_id.text();
    if (!events::is_id_text(client_id, events::ClientOrderIdTag::length_max))
        return refused("a client order id of 1 to 50 printable characters is needed");
    if (book_->order_by_client_id(request.account_id.raw(), client_id))
        return refused("duplicate client order id");
    auto entered = sim::enter_order(request, now);
    if (!entered) return refused(std::move(entered.error()));
    sim::BookOrder& order = *entered;
    if (book_->open_orders_of(order.account_id).size() >= open_orders_max)
        return refused("the account has too many open orders");
    order.order_id = book_->next_order_id();
    if (order.instrument->behaviour == sim::Behaviour::rejecting)
        order.reason = "the venue takes no orders in this contract";
    else if (!is_affordable(order, now))
        order.reason = "insufficient buying power";
    if (!order.reason.empty()) {
        order.status = BrokerOrderStatus::rejected;
        book_->insert_order(order);
        return rejected(order);
    }
    const auto fills = sim::match_at(order, market_, now);
    book_->insert_order(order);
    book(bookings_of(order, fills));
    return confirmed(order);
}

tl::expected<sim::BookOrder, BrokerAnswer> SimulatedVenue::open_order(const events::AccountId& account,
                                                                      events::Environment environment,
                                                                      const events::BrokerOrderId& id,
                                                                      const events::ClientOrderId& owner) {
    if (auto problem = account_problem(account, environment); !problem.empty())
        return tl::unexpected(refused(std::move(problem)));
    const auto number = order_number(id);
    auto order = number ? book_->order(account.raw(), *number) : std::nullopt;
    if (!order) return tl::unexpected(refused("unknown order id"));
    if (order->client_order_id != owner.text())
        return tl::unexpected(refused("the order with this id has another client order id"));
    if (!order->is_open())
        return tl::unexpected(refused("the order is already " + std::string(events::name_of(order->status))));
    return *std::move(order);
}

BrokerAnswer SimulatedVenue::withdraw(const engine::CancelRequest& request, sim::Millis now) {
    auto order =
        open_order(request.account_id, request.environment, request.broker_order_id, request.client_order_id);
    if (!order) return order.error();
    order->status = BrokerOrderStatus::cancelled;
    order->reason = "cancelled by request";
    order->updated = now;
    book_->update_order(*order);
    return confirmed(*order);
}

BrokerAnswer SimulatedVenue::change(const engine::ModifyRequest& request, sim::Millis now) {
    const auto order =
        open_order(request.account_id, request.environment, request.broker_order_id, request.client_order_id);
    if (!order) return order.error();
    auto changed = sim::change_order(*order, request, now);
    if (!changed) return refused(std::move(changed.error()));
    if (!is_affordable(*changed, now)) return refused("insufficient buying power");
    const auto fills = sim::match_at(*changed, market_, now);
    book_->update_order(*changed);
    book(bookings_of(*changed, fills));
    return confirmed(*changed);
}

}  // namespace ibkr::io
