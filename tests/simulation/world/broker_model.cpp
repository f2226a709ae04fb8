#include "tests/simulation/world/broker_model.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

// The book of truth and what changes it. Reads stand in broker_model_reads.cpp.

namespace ibkr::simulation {

using namespace ibkr::engine;
using namespace ibkr::events;

std::string_view name_of(WriteFault fault) noexcept {
    switch (fault) {
        case WriteFault::none:
            return "none";
        case WriteFault::lose_request:
            return "lose_request";
        case WriteFault::lose_answer:
            return "lose_answer";
        case WriteFault::deliver_twice:
            return "deliver_twice";
        case WriteFault::refuse:
            return "refuse";
        case WriteFault::hold_up:
            return "hold_up";
        case WriteFault::answer_late:
            return "answer_late";
    }
    return "none";
}

bool BrokerModel::Truth::live() const {
    return order.status == BrokerOrderStatus::working || order.status == BrokerOrderStatus::partially_filled;
}

Quantity BrokerModel::Truth::open_quantity() const {
    return live() ? order.terms.quantity.minus(order.filled_quantity).value() : Quantity();
}

Quantity BrokerModel::position() const {
    Quantity sum;
    for (const Fill& fill : fills_)
        sum = (fill.execution.side == Side::buy ? sum.plus(fill.execution.quantity)
                                                : sum.minus(fill.execution.quantity))
                  .value();
    return sum;
}

/// Ids may be given out again: the newest order that works under one is meant, else the newest that did.
BrokerModel::Truth* BrokerModel::newest_with(const BrokerOrderId& id) {
    Truth* found = nullptr;
    for (Truth& truth : book_) {
        const bool meant = found == nullptr || truth.live() || !found->live();
        if (truth.order.broker_order_id == id && meant) found = &truth;
    }
    return found;
}

const BrokerModel::Truth* BrokerModel::live_order(std::uint64_t nth) const {
    std::vector<const Truth*> live;
    for (const Truth& truth : book_)
        if (truth.live()) live.push_back(&truth);
    return live.empty() ? nullptr : live[nth % live.size()];
}

BrokerModel::Truth* BrokerModel::nth_live(std::uint64_t nth) {
    const Truth* const found = live_order(nth);
    return found == nullptr ? nullptr : &book_[static_cast<std::size_t>(found - book_.data())];
}

ClientOrderId BrokerModel::client_id_of(const BrokerOrderId& id) const {
    const auto found = std::find_if(book_.rbegin(), book_.rend(),
                                    [&](const Truth& truth) { return truth.order.broker_order_id == id; });
    return found == book_.rend() ? ClientOrderId() : found->order.client_order_id;
}

void BrokerModel::changed(Truth& truth) {
    truth.order.updated_at = clock_.now();
    truth.versions.push_back(truth.order);
}

void BrokerModel::execute(Truth& truth, Quantity quantity) {
    BrokerOrder& order = truth.order;
    order.filled_quantity = order.filled_quantity.plus(quantity).value();
    order.status = order.filled_quantity >= order.terms.quantity ? BrokerOrderStatus::filled
                                                                 : BrokerOrderStatus::partially_filled;
    changed(truth);
    Execution execution;
    execution.execution_id = ExecutionId("fill-" + std::to_string(fills_.size() + 1));
    execution.broker_order_id = order.broker_order_id;
    if (names_owner_) execution.client_order_id = order.client_order_id;
    execution.contract_id = order.terms.contract.contract_id;
    execution.side = order.terms.side;
    execution.quantity = quantity;
    execution.price = *order.terms.limit_price;
    execution.executed_at = clock_.now();
    fills_.push_back({execution, clock_.now().plus_ms(lag_ms_), order.client_order_id});
}

bool BrokerModel::fill(std::uint64_t nth, std::int64_t units) {
    Truth* const truth = nth_live(nth);
    if (truth == nullptr) return false;
    execute(*truth, std::min(truth->open_quantity(), Quantity::whole(units)));
    return true;
}

bool BrokerModel::end(std::uint64_t nth, BrokerOrderStatus status) {
    Truth* const truth = nth_live(nth);
    if (truth == nullptr) return false;
    const bool refused_late =
        status == BrokerOrderStatus::rejected && truth->order.filled_quantity > Quantity();
    truth->order.status = refused_late ? BrokerOrderStatus::cancelled : status;
    truth->order.reason = "ended by the broker";
    changed(*truth);
    return true;
}

void BrokerModel::restart_session(std::int64_t ids_back) {
    if (!is_local_) next_id_ = std::max<std::int64_t>(7'000, next_id_ - ids_back);
}

void BrokerModel::deliver_held_up() {
    while (!held_up_.empty() && held_up_.begin()->first <= clock_.now()) {
        const HeldUp request = std::move(held_up_.extract(held_up_.begin()).mapped());
        met("arrives_late", request.order);
        static_cast<void>(request.process());
    }
}

void BrokerModel::heal() {
    write_faults_.clear();
    before_write_ = nullptr;
    lag_ms_ = quote_age_ms_ = 0;
    stale_ = {};
    shuffle_.reset();
    reads_fail_ = executions_twice_ = says_live_ = false;
}

BrokerModel::NextWrite BrokerModel::take_next_write() {
    if (write_faults_.empty()) return {};
    NextWrite next = std::move(write_faults_.front());
    write_faults_.pop_front();
    // Nothing is under way at a venue that commits before it answers.
    if (next.fault == WriteFault::hold_up && is_local_) next.fault = WriteFault::lose_request;
    return next;
}

/// The broker knows the repetition of one submit by its client order id; other writes it just does again.
BrokerAnswer BrokerModel::deliver_twice(Operation operation, const std::function<BrokerAnswer()>& process) {
    const std::size_t orders = book_.size();
    BrokerAnswer first = process();
    if (operation == Operation::submit && book_.size() > orders) return first;
    return process();
}

BrokerAnswer BrokerModel::carry(Operation operation, const ClientOrderId& order,
                                const std::function<BrokerAnswer()>& process) {
    const BrokerAnswer lost{Outcome::unknown, {}, std::nullopt, "no answer arrived", {}};
    if (const auto event = std::exchange(before_write_, nullptr)) event();
    const NextWrite next = take_next_write();
    if (next.fault != WriteFault::none) met(name_of(next.fault), order);
    switch (next.fault) {
        case WriteFault::lose_request:
            return lost;
        case WriteFault::refuse:
            return {Outcome::refused, {}, std::nullopt, "refused", "{\"error\":\"refused\"}"};
        case WriteFault::hold_up:
            held_up_.emplace(clock_.now().plus_ms(next.ms), HeldUp{order, process});
            return lost;
        case WriteFault::lose_answer:
            static_cast<void>(process());
            return lost;
        case WriteFault::deliver_twice:
            return deliver_twice(operation, process);
        case WriteFault::answer_late: {
            BrokerAnswer answer = process();
            clock_.advance_ms(next.ms);
            deliver_held_up();
            if (next.meanwhile) next.meanwhile();
            return answer;
        }
        case WriteFault::none:
            break;
    }
    return process();
}

BrokerAnswer BrokerModel::place(const SubmitRequest& request) {
    Truth truth;
    truth.order.account_id = request.account_id;
    truth.order.broker_order_id = BrokerOrderId(std::to_string(++next_id_));
    truth.order.client_order_id = request.client_order_id;
    truth.order.terms = request.terms;
    truth.order.status = BrokerOrderStatus::working;
    truth.order.created_at = clock_.now();
    truth.listed_from = clock_.now().plus_ms(lag_ms_);
    if (const ClientOrderId before = client_id_of(truth.order.broker_order_id); !before.empty()) {
        met("ids_again", before);
        met("ids_again", request.client_order_id);
    }
    changed(truth);
    book_.push_back(truth);
    if (fill_from_ && request.terms.side == Side::buy &&
        *request.terms.limit_price >= Price(Decimal::whole(*fill_from_)))
        execute(book_.back(), request.terms.quantity);
    return {Outcome::confirmed, truth.order.broker_order_id, book_.back().order.status, {}, "{\"ok\":1}"};
}

BrokerAnswer BrokerModel::take_cancel(const CancelRequest& request) {
    Truth* const truth = newest_with(request.broker_order_id);
    if (truth == nullptr || !truth->live() || truth->order.client_order_id != request.client_order_id)
        return {Outcome::refused, {}, std::nullopt, "not open", "{\"error\":\"not open\"}"};
    truth->order.status = BrokerOrderStatus::cancelled;
    changed(*truth);
    return {Outcome::confirmed, request.broker_order_id, truth->order.status, {}, "{\"ok\":2}"};
}

BrokerAnswer BrokerModel::take_modify(const ModifyRequest& request) {
    Truth* const truth = newest_with(request.broker_order_id);
    const bool possible = truth != nullptr && truth->live() &&
                          truth->order.client_order_id == request.client_order_id &&
                          (!request.quantity || *request.quantity > truth->order.filled_quantity);
    if (!possible) return {Outcome::refused, {}, std::nullopt, "not open", "{\"error\":\"not open\"}"};
    if (request.quantity) truth->order.terms.quantity = *request.quantity;
    if (request.limit_price) truth->order.terms.limit_price = request.limit_price;
    changed(*truth);
    return {Outcome::confirmed, request.broker_order_id, truth->order.status, {}, "{\"ok\":3}"};
}

BrokerAnswer BrokerModel::submit(const SubmitRequest& request) {
    ++submits_begun_[request.client_order_id];
    if (on_submit) on_submit(request);
    return carry(Operation::submit, request.client_order_id, [this, request] { return place(request); });
}

BrokerAnswer BrokerModel::cancel(const CancelRequest& request) {
    if (on_cancel) on_cancel(request);
    return carry(Operation::cancel, client_id_of(request.broker_order_id),
                 [this, request] { return take_cancel(request); });
}

BrokerAnswer BrokerModel::modify(const ModifyRequest& request) {
    if (on_modify) on_modify(request);
    return carry(Operation::modify, client_id_of(request.broker_order_id),
                 [this, request] { return take_modify(request); });
}

}  // namespace ibkr::simulation
