#include "tests/simulation/world/broker_model.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

// The faults of the broker model by themselves: what is late or old is so in the way its name says.

using namespace ibkr;
using namespace ibkr::simulation;
using engine::BrokerOrderStatus;
using events::Outcome;
using events::Quantity;

namespace {

struct Model {
    explicit Model(bool is_local = false) : broker(clock, is_local) {}

    engine::BrokerAnswer submit(const std::string& id, std::int64_t quantity = 10) {
        engine::SubmitRequest request;
        request.account_id = BrokerModel::account();
        request.client_order_id = events::ClientOrderId(id);
        request.terms.contract = BrokerModel::stock();
        request.terms.quantity = Quantity::whole(quantity);
        request.terms.limit_price = events::Price(events::Decimal::whole(150));
        return broker.submit(request);
    }
    engine::BrokerAnswer modify(const events::BrokerOrderId& id, std::int64_t quantity) {
        engine::ModifyRequest request;
        request.account_id = BrokerModel::account();
        request.broker_order_id = id;
        request.client_order_id = owner(id);
        request.quantity = Quantity::whole(quantity);
        return broker.modify(request);
    }
    engine::BrokerAnswer cancel(const events::BrokerOrderId& id) {
        return broker.cancel({BrokerModel::account(), events::Environment::paper, id, owner(id)});
    }
    events::ClientOrderId owner(const events::BrokerOrderId& id) const {
        for (const BrokerModel::Truth& truth : broker.book())
            if (truth.order.broker_order_id == id) return truth.order.client_order_id;
        return {};
    }
    std::optional<engine::BrokerOrder> find(const std::string& id) {
        return broker.find_by_client_order_id(BrokerModel::account(), events::ClientOrderId(id)).value();
    }
    std::vector<std::string> listed() {
        std::vector<std::string> ids;
        const auto orders = broker.orders(BrokerModel::account());
        for (const auto& order : orders.value())
            ids.push_back(order.client_order_id.text());
        return ids;
    }
    std::vector<std::string> executed() {
        std::vector<std::string> ids;
        const auto executions = broker.executions(BrokerModel::account());
        for (const auto& execution : executions.value())
            ids.push_back(execution.execution_id.text());
        return ids;
    }

    engine::VirtualClock clock{events::Timestamp(1'767'625'200'000)};
    BrokerModel broker;
};

}  // namespace

TEST_CASE("a request that was held up longer arrives after one that was sent later") {
    Model model;
    const auto placed = model.submit("order").broker_order_id;
    model.broker.next_write(WriteFault::hold_up, 5'000);
    CHECK(model.modify(placed, 12).outcome == Outcome::unknown);
    model.broker.next_write(WriteFault::hold_up, 1'000);
    CHECK(model.cancel(placed).outcome == Outcome::unknown);
    model.clock.advance_ms(6'000);
    model.broker.deliver_held_up();
    const auto& order = model.broker.book().front().order;
    CHECK(order.status == BrokerOrderStatus::cancelled);
    CHECK(order.terms.quantity == Quantity::whole(10));
}

TEST_CASE("a request that is not due yet does not arrive with one that is") {
    Model model;
    model.broker.next_write(WriteFault::hold_up, 5'000);
    static_cast<void>(model.submit("later"));
    model.broker.next_write(WriteFault::hold_up, 1'000);
    static_cast<void>(model.submit("sooner"));
    model.clock.advance_ms(1'000);
    model.broker.deliver_held_up();
    CHECK(model.listed() == std::vector<std::string>{"sooner"});
    model.clock.advance_ms(4'000);
    model.broker.deliver_held_up();
    CHECK(model.listed() == std::vector<std::string>{"sooner", "later"});
}

TEST_CASE("a late answer is of the moment of its request, and other things happen before it comes") {
    for (const bool is_local : {true, false}) {
        Model model(is_local);
        const auto sent = model.clock.now();
        model.broker.next_write(WriteFault::answer_late, 6'000, [&] { model.broker.fill(0, 10); });
        const auto answer = model.submit("order");
        CHECK(answer.outcome == Outcome::confirmed);
        CHECK(answer.status == BrokerOrderStatus::working);
        CHECK(model.clock.now() == sent.plus_ms(6'000));
        CHECK(model.find("order")->status == BrokerOrderStatus::filled);
        CHECK(model.find("order")->created_at == sent);
    }
}

TEST_CASE("an id that is given out again is the newest order's, and changes are refused to the one before") {
    Model model;
    const auto first = model.submit("first").broker_order_id;
    model.broker.restart_session(1);
    REQUIRE(model.submit("second").broker_order_id == first);
    CHECK(model.cancel(first).outcome == Outcome::refused);
    CHECK(model.modify(first, 12).outcome == Outcome::refused);
    CHECK(model.find("first")->status == BrokerOrderStatus::working);
    CHECK(model.find("second")->status == BrokerOrderStatus::working);
    CHECK(model.find("first")->terms.quantity == Quantity::whole(10));
}

TEST_CASE("shuffled lists hold the same in another order, until they do no more") {
    Model model;
    for (const char* const id : {"a", "b", "c", "d", "e"})
        static_cast<void>(model.submit(id));
    for (std::uint64_t fill = 0; fill < 5; ++fill)
        model.broker.fill(fill, 1);
    const auto orders = model.listed();
    const auto executions = model.executed();
    model.broker.set_shuffled(3);
    const auto shuffled_orders = model.listed();
    const auto shuffled_executions = model.executed();
    CHECK(shuffled_orders != orders);
    CHECK(shuffled_executions != executions);
    CHECK(std::ranges::is_permutation(shuffled_orders, orders));
    CHECK(std::ranges::is_permutation(shuffled_executions, executions));
    CHECK(model.listed() != shuffled_orders);
    model.broker.set_shuffled(std::nullopt);
    CHECK(model.listed() == orders);
}

TEST_CASE("a stale list shows orders and executions as they were, and new ones not at all") {
    Model model;
    const auto placed = model.submit("old").broker_order_id;
    model.clock.advance_ms(1'000);
    static_cast<void>(model.modify(placed, 12));
    model.clock.advance_ms(1'000);
    model.broker.fill(0, 4);
    static_cast<void>(model.submit("new"));
    model.broker.set_stale({1'500, 0});
    CHECK(model.find("old")->terms.quantity == Quantity::whole(10));
    CHECK(model.listed() == std::vector<std::string>{"old"});
    CHECK(model.executed().size() == 1);
    model.broker.set_stale({1'000, 1'000});
    CHECK(model.find("old")->terms.quantity == Quantity::whole(12));
    CHECK(model.find("old")->status == BrokerOrderStatus::working);
    CHECK_FALSE(model.find("new"));
    CHECK(model.executed().empty());
    model.broker.set_stale({});
    CHECK(model.find("old")->filled_quantity == Quantity::whole(4));
    CHECK(model.find("new"));
}

TEST_CASE("a venue beside the log is neither stale nor shuffled, and holds nothing up") {
    Model model(true);
    static_cast<void>(model.submit("a"));
    static_cast<void>(model.submit("b"));
    model.broker.set_stale({60'000, 60'000});
    model.broker.set_shuffled(3);
    model.broker.next_write(WriteFault::hold_up, 1'000);
    CHECK(model.submit("c").outcome == Outcome::unknown);
    model.clock.advance_ms(2'000);
    model.broker.deliver_held_up();
    for (int read = 0; read < 8; ++read)
        CHECK(model.listed() == std::vector<std::string>{"a", "b"});
}
