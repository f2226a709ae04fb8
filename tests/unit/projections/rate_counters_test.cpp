#include <map>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/unit/projections/facts.hpp"

using namespace ibkr::events;
using namespace ibkr::unit;
using ibkr::projections::ProjectionStore;

namespace {

OrderCount count(const ProjectionStore& store, std::int64_t since_ms = 0) {
    return store.count(account_a, Environment::paper, "default", Timestamp(since_ms)).value();
}

OrderCount counted(std::uint32_t orders, std::string_view notional) {
    return {orders, decimal(notional)};
}

}  // namespace

TEST_CASE("orders count at the intent, whatever comes of them at the broker") {
    auto store = memory_store();
    Feed feed;
    fold(store, {feed.submit("o1", "100.50"), feed.submit("o2", "0.25")});
    CHECK(count(store) == counted(2, "100.75"));
    fold(store, {feed.outcome<PaperOrderSubmitted>("o1", "o1", Outcome::confirmed, "working"),
                 feed.outcome<PaperOrderSubmitted>("o2", "o2", Outcome::unknown, "unknown"),
                 feed.cancel("o1", "c1", "k"),
                 feed.outcome<PaperOrderCancelled>("o1", "c1", Outcome::confirmed, "cancelled"),
                 feed.lifecycle("o1", "cancelled")});
    CHECK(count(store) == counted(2, "100.75"));
}

TEST_CASE("what never reached the book is given back, what was rejected only its notional") {
    auto store = memory_store();
    Feed feed;
    fold(store, {feed.submit("o1", "10"), feed.submit("o2", "20"), feed.submit("o3", "40"),
                 feed.outcome<PaperOrderSubmitted>("o1", "o1", Outcome::not_sent, "not_sent"),
                 feed.outcome<PaperOrderSubmitted>("o2", "o2", Outcome::refused, "rejected"),
                 feed.outcome<PaperOrderSubmitted>("o3", "o3", Outcome::unknown, "unknown")});
    CHECK(count(store) == counted(2, "40"));
    fold(store, {feed.lifecycle("o3", "not_placed"), feed.lifecycle("o3", "not_placed")});
    CHECK(count(store) == counted(1, "0"));
}

TEST_CASE("a fill of an order that was given back counts it again") {
    auto store = memory_store();
    Feed feed;
    fold(store, {feed.submit("o1", "10"), feed.lifecycle("o1", "not_placed")});
    CHECK(count(store) == counted(0, "0"));
    fold(store, {feed.execution("o1", "e1", Side::buy, "1", start_ms), feed.lifecycle("o1", "not_placed")});
    CHECK(count(store) == counted(1, "10"));
}

TEST_CASE("a modify counts one order and what it adds, and gives back by its own outcome") {
    auto store = memory_store();
    Feed feed;
    fold(store, {feed.submit("o1", "10"), feed.modify("o1", "m1", "5"), feed.modify("o1", "m2", "7"),
                 feed.modify("o1", "m3", "0")});
    CHECK(count(store) == counted(4, "22"));
    fold(store, {feed.outcome<PaperOrderModified>("o1", "m1", Outcome::not_sent, "working"),
                 feed.outcome<PaperOrderModified>("o1", "m2", Outcome::refused, "working")});
    CHECK(count(store) == counted(3, "10"));
}

TEST_CASE("account, environment, policy and currency are counted apart") {
    auto store = memory_store();
    Feed feed;
    auto euro = feed.submit("o1", "9");
    std::get<OrderSubmitIntended>(euro.body).notional.currency = Currency::parse("EUR").value();
    auto live = feed.submit("o2", "8");
    std::get<OrderSubmitIntended>(live.body).environment = Environment::live;
    fold(store,
         {euro, live, feed.submit("o3", "7", "", "small"), feed.submit("o4", "6", "", "default", account_b)});
    const Timestamp since(0);
    CHECK(count(store) == counted(1, "0"));
    CHECK(store.count(account_a, Environment::paper, "default", since, Currency::parse("EUR").value())
              .value() == counted(1, "9"));
    CHECK(store.count(account_a, Environment::live, "default", since).value() == counted(1, "8"));
    CHECK(store.count(account_a, Environment::paper, "small", since).value() == counted(1, "7"));
    CHECK(store.count(account_b, Environment::paper, "default", since).value() == counted(1, "6"));
    CHECK(store.counts(since).value().size() == 4);
    CHECK(store.counts(since).value().back() ==
          ibkr::projections::CountedOrders{account_b, Environment::paper, "default", {}, counted(1, "6")});
}

TEST_CASE("a period begins at its millisecond, within an hour too") {
    auto store = memory_store();
    Feed feed;
    const std::int64_t half_hour = 1'800'000;
    fold(store, {feed.submit("o1", "1")});
    feed.now_ms = start_ms + half_hour;
    fold(store, {feed.submit("o2", "2")});
    feed.now_ms = start_ms + 2 * half_hour;
    fold(store, {feed.submit("o3", "4")});
    CHECK(count(store, start_ms) == counted(3, "7"));
    CHECK(count(store, start_ms + 1) == counted(2, "6"));
    CHECK(count(store, start_ms + half_hour) == counted(2, "6"));
    CHECK(count(store, start_ms + half_hour + 1) == counted(1, "4"));
    CHECK(count(store, start_ms + 2 * half_hour) == counted(1, "4"));
    CHECK(count(store, start_ms + 2 * half_hour + 1) == counted(0, "0"));
}

TEST_CASE("a sum beyond what a decimal holds stays at the largest number and harms nothing else") {
    auto store = memory_store();
    Feed feed;
    const std::string huge(36, '9');
    fold(store, {feed.submit("o1", huge), feed.submit("o2", huge), feed.submit("o3", "0.5")});
    CHECK(count(store) == counted(3, huge));
}

// What the rules of design 5.8 give, computed from the list of events alone, without hours or running sums.
TEST_CASE("random lives of orders count as the rules say") {
    CHECK(rc::check("counters equal a recount of the events", [] {
        auto store = memory_store();
        Feed feed;
        struct Expected {
            std::int64_t at;
            Decimal notional;
            bool order = true;
            bool money = true;
            bool executed = false;
        };
        std::map<std::string, Expected> intents;
        std::vector<Event> list;
        const int steps = *rc::gen::inRange(1, 40);
        for (int i = 0; i < steps; ++i) {
            feed.now_ms += *rc::gen::inRange(0, 2'000'000);
            const auto order = "o" + std::to_string(*rc::gen::inRange(0, 6));
            const auto amount = Decimal::of(*rc::gen::inRange(0, 1'000'000), 3);
            const bool known = intents.contains(order);
            switch (*rc::gen::inRange(0, 6)) {
                case 0:
                    list.push_back(feed.submit(order, amount.to_string()));
                    if (!known) intents[order] = {feed.now_ms, amount};
                    break;
                case 1: {
                    const auto intent = order + "-m" + std::to_string(i);
                    list.push_back(feed.modify(order, intent, amount.to_string()));
                    Expected& expected = intents[intent] = {feed.now_ms, amount};
                    const auto outcome = *rc::gen::element(Outcome::confirmed, Outcome::refused,
                                                           Outcome::not_sent, Outcome::unknown);
                    list.push_back(feed.outcome<PaperOrderModified>(order, intent, outcome, "working"));
                    expected.order = outcome != Outcome::not_sent;
                    expected.money = outcome != Outcome::not_sent && outcome != Outcome::refused;
                    break;
                }
                case 2: {
                    const auto outcome = *rc::gen::element(Outcome::confirmed, Outcome::refused,
                                                           Outcome::not_sent, Outcome::unknown);
                    list.push_back(feed.outcome<PaperOrderSubmitted>(order, order, outcome, "any"));
                    if (known && outcome == Outcome::not_sent) intents[order].order = false;
                    if (known && (outcome == Outcome::not_sent || outcome == Outcome::refused))
                        intents[order].money = false;
                    break;
                }
                case 3: {
                    const std::string state = *rc::gen::element<std::string>(
                        "working", "filled", "cancelled", "rejected", "not_placed", "unknown");
                    list.push_back(feed.lifecycle(order, state));
                    if (known && state == "not_placed") intents[order].order = false;
                    if (known && (state == "not_placed" || state == "rejected")) intents[order].money = false;
                    break;
                }
                case 4:
                    list.push_back(
                        feed.execution(order, "e" + std::to_string(i), Side::buy, "1", feed.now_ms));
                    if (known) intents[order].executed = true;
                    break;
                default:
                    list.push_back(feed.cancel(order, order + "-c" + std::to_string(i), ""));
                    list.push_back(feed.outcome<PaperOrderCancelled>(order, order + "-c" + std::to_string(i),
                                                                     Outcome::refused, "working"));
            }
        }
        fold(store, list);
        const std::int64_t since = start_ms + *rc::gen::inRange(-10, 40'000'000);
        OrderCount expected;
        for (const auto& [id, intent] : intents) {
            if (intent.at < since) continue;
            if (intent.executed || intent.order) ++expected.orders;
            if (intent.executed || intent.money)
                expected.notional = expected.notional.plus(intent.notional).value();
        }
        RC_ASSERT(count(store, since) == expected);
    }));
}
