#include "statemachines/hashing.hpp"

#include <catch2/catch.hpp>

#include "events/crypto/bytes.hpp"
#include "events/crypto/sha256.hpp"
#include "tests/unit/statemachines/decide_world.hpp"

using namespace ibkr::tests;

TEST_CASE("an order hash is the sha256 of account, environment and terms in canonical JSON", "[hashing]") {
    const std::string canonical =
        R"({"account":")" + paper_account.text() +
        R"(","environment":"paper","terms":{"contract":{"asset_class":"stock","contract_id":"265598",)"
        R"("currency":"USD","description":"APPLE INC","exchange":"SMART","symbol":"AAPL"},"limit_price":"190",)"
        R"("order_type":"limit","quantity":"10","side":"buy","time_in_force":"day"}})";
    CHECK(sm::order_hash(paper_account, ev::Environment::paper, limit_terms()) ==
          ev::hex(ev::sha256(canonical)));
}

TEST_CASE("any change of the order changes its hash", "[hashing]") {
    const auto hash = [](const ev::OrderTerms& terms) {
        return sm::order_hash(paper_account, ev::Environment::paper, terms);
    };
    const auto base = hash(limit_terms());
    auto terms = limit_terms();
    SECTION("quantity") {
        terms.quantity = quantity("10.01");
    }
    SECTION("price") {
        terms.limit_price = price("190.01");
    }
    SECTION("side") {
        terms.side = ev::Side::sell;
    }
    SECTION("time in force") {
        terms.time_in_force = ev::TimeInForce::good_till_cancelled;
    }
    SECTION("contract") {
        terms.contract.contract_id = ev::ContractId("1");
    }
    CHECK(hash(terms) != base);
    CHECK(sm::order_hash(other_account, ev::Environment::paper, limit_terms()) != base);
    CHECK(sm::order_hash(paper_account, ev::Environment::live, limit_terms()) != base);
}

TEST_CASE("a request hash holds operation and arguments, not the key", "[hashing]") {
    sm::CancelOrder cancel{paper_account, ev::BrokerOrderId("B1"), ev::IdempotencyKey("a")};
    const auto hash = sm::request_hash(cancel);
    cancel.idempotency_key = ev::IdempotencyKey("b");
    CHECK(sm::request_hash(cancel) == hash);
    cancel.broker_order_id = ev::BrokerOrderId("B2");
    CHECK(sm::request_hash(cancel) != hash);
    sm::ModifyOrder modify;
    modify.account = paper_account;
    modify.broker_order_id = ev::BrokerOrderId("B1");
    CHECK(sm::request_hash(modify) != hash);
}

TEST_CASE("a client order id names environment, log, role and key within 50 characters", "[hashing]") {
    const ev::IdempotencyKey key(std::string(40, 'k'));
    const auto paper = sm::client_order_id(ev::Environment::paper, "0123abcd", key);
    CHECK(paper.text() == "p0123abcd-" + key.text());
    CHECK(paper.text().size() == 50);
    CHECK(sm::client_order_id(ev::Environment::live, "0123abcd", key).text() == "l0123abcd-" + key.text());
}
