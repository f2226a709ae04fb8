#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/gateway/read_questions.hpp"
#include "events/crypto/sha256.hpp"
#include "events/event_codec.hpp"
#include "tests/support/engine_rig.hpp"

using namespace ibkr::engine;
using namespace ibkr::events;
using ibkr::testing::EngineRig;
using ibkr::testing::member;
using ibkr::testing::ScriptedBroker;
using Json = nlohmann::json;

namespace {

CallContext caller(const EngineRig& rig, const std::string& tool, std::vector<std::string> scopes) {
    CallContext context = rig.context(tool);
    context.actor.scopes = std::move(scopes);
    return context;
}

Event newest(const EngineRig& rig) {
    auto cursor = rig.log.read_back(rig.log.head().sequence).value();
    Record record;
    REQUIRE(cursor->next(record).value());
    return decode_event(record.header.type_number, record.bytes).value();
}

/// A broker that only lists contracts.
class Listing final : public Broker {
public:
    std::vector<Contract> contracts;

    std::string_view backend_name() const override { return "listing"; }
    bool book_read_proves_absence() const override { return true; }
    Result<BrokerSession> session() override { return none(); }
    Result<std::vector<BrokerAccount>> accounts() override { return none(); }
    Result<BrokerPortfolio> portfolio(const AccountId&) override { return none(); }
    Result<std::vector<BrokerPosition>> positions(const AccountId&) override { return none(); }
    Result<std::vector<Contract>> search_contracts(std::string_view) override { return contracts; }
    Result<Contract> contract(const ContractId& id) override {
        for (const Contract& known : contracts)
            if (known.contract_id == id) return known;
        return failure(ErrorCode::input_invalid_contract, "none");
    }
    Result<Quote> quote(const ContractId&) override { return none(); }
    Result<std::vector<Bar>> bars(const ContractId&, std::string_view, std::string_view) override {
        return none();
    }
    Result<std::vector<BrokerOrder>> orders(const AccountId&) override { return none(); }
    Result<std::optional<BrokerOrder>> find_by_client_order_id(const AccountId&,
                                                               const ClientOrderId&) override {
        return none();
    }
    Result<std::vector<Execution>> executions(const AccountId&) override { return none(); }
    BrokerAnswer submit(const SubmitRequest&) override { return {}; }
    BrokerAnswer cancel(const CancelRequest&) override { return {}; }
    BrokerAnswer modify(const ModifyRequest&) override { return {}; }

private:
    static tl::unexpected<Error> none() { return failure(ErrorCode::broker_capability_unavailable, "none"); }
};

Contract listed(std::string id, std::string symbol, AssetClass asset_class, std::string exchange,
                std::string_view currency = "USD") {
    return {
        ContractId(std::move(id)),        std::move(symbol), "a company", asset_class, std::move(exchange),
        Currency::parse(currency).value()};
}

ContractQuery query(std::string text) {
    ContractQuery asked;
    asked.query = std::move(text);
    return asked;
}

ErrorCode code_of(const Result<Contract>& result) {
    REQUIRE_FALSE(result.has_value());
    return result.error().code;
}

}  // namespace

TEST_CASE("a read leaves one event with hashes of question and answer", "[reads]") {
    EngineRig rig;
    const auto before = rig.log.head().sequence;
    const auto reply = rig.gateway().accounts_list(caller(rig, "ibkr_accounts_list", {"ibkr:accounts:read"}));
    REQUIRE(reply.has_value());
    CHECK(rig.log.head().sequence == before.next());
    const Event event = newest(rig);
    CHECK(event.event_id == reply->audit_event_id);
    CHECK(std::holds_alternative<ToolCompleted>(event.body));
    CHECK(event.output_hash == hex(sha256(reply->payload)));
    CHECK_FALSE(event.input_hash.empty());
    CHECK(event.actor.tool_name == "ibkr_accounts_list");
}

TEST_CASE("a read without its scope is denied, recorded and never asked of the broker", "[reads]") {
    EngineRig rig;
    const auto reply = rig.gateway().positions_list(caller(rig, "ibkr_positions", {"ibkr:health:read"}),
                                                    ScriptedBroker::account());
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().error.code == ErrorCode::auth_missing_scope);
    const Event event = newest(rig);
    CHECK(event.event_id == reply.error().audit_event_id);
    CHECK(event.decision == Decision::deny);
    CHECK(event.result_status == ResultStatus::denied_scope);
    CHECK(std::get<ToolDeniedScope>(event.body).required_scope == "ibkr:positions:read");
}

TEST_CASE("account mistakes are told apart and never recorded raw", "[reads]") {
    EngineRig rig;
    const auto ask = [&](const std::string& account) {
        const auto reply = rig.gateway().positions_list(
            caller(rig, "ibkr_positions", {"ibkr:positions:read"}), AccountId(account));
        REQUIRE_FALSE(reply.has_value());
        return reply.error().error.code;
    };
    CHECK(ask("") == ErrorCode::input_missing_account);
    CHECK(ask("U0000001") == ErrorCode::input_unauthorized_account);
    CHECK(newest(rig).result_status == ResultStatus::failed);
    auto cursor = rig.log.read(SequenceId(1)).value();
    Record record;
    while (cursor->next(record).value()) {
        CHECK_THAT(record.bytes, !Catch::Contains("U0000001"));
        CHECK_THAT(record.bytes, !Catch::Contains(ScriptedBroker::account().raw()));
    }
}

TEST_CASE("what a caller types is recorded without its secrets and whatever its bytes", "[reads]") {
    EngineRig rig;
    const auto reply = rig.gateway().contracts_search(caller(rig, "ibkr_contracts", {"ibkr:marketdata:read"}),
                                                      query("\xff\xfe password=hunter2"));
    REQUIRE(reply.has_value());
    const Event event = newest(rig);
    CHECK_THAT(std::get<ToolCompleted>(event.body).arguments.text, !Catch::Contains("hunter2"));
}

TEST_CASE("a contract is resolved by every condition the query names", "[reads]") {
    Listing broker;
    broker.contracts = {
        listed("1", "ABC", AssetClass::stock, "SMART"), listed("2", "ABC", AssetClass::stock, "LSE", "GBP"),
        listed("3", "ABCD", AssetClass::etf, "SMART"), listed("4", "ABC", AssetClass::option, "SMART")};
    CHECK(code_of(resolve_contract(broker, query("abc"))) == ErrorCode::input_ambiguous_contract);
    ContractQuery narrow = query("abc");
    narrow.currency = Currency::parse("GBP").value();
    CHECK(resolve_contract(broker, narrow)->contract_id.text() == "2");
    narrow = query("ABC");
    narrow.exchange = "smart";
    CHECK(resolve_contract(broker, narrow)->contract_id.text() == "1");
    narrow.asset_class = AssetClass::etf;
    CHECK(resolve_contract(broker, narrow)->contract_id.text() == "3");
    narrow.asset_class = AssetClass::option;
    CHECK(code_of(resolve_contract(broker, narrow)) == ErrorCode::input_unsupported_asset_class);
    narrow = query("ABC");
    narrow.exchange = "NOWHERE";
    CHECK(code_of(resolve_contract(broker, narrow)) == ErrorCode::input_invalid_contract);
    CHECK(code_of(resolve_contract(broker, query(""))) == ErrorCode::input_invalid_contract);
    CHECK(code_of(resolve_contract(broker, query(std::string(101, 'A')))) ==
          ErrorCode::input_invalid_contract);
}

TEST_CASE("a number names a contract by its id, within the other conditions", "[reads]") {
    Listing broker;
    broker.contracts = {listed("1", "ABC", AssetClass::stock, "SMART"),
                        listed("4", "OPT", AssetClass::option, "SMART")};
    CHECK(resolve_contract(broker, query("1"))->symbol == "ABC");
    CHECK(code_of(resolve_contract(broker, query("9"))) == ErrorCode::input_invalid_contract);
    CHECK(code_of(resolve_contract(broker, query("4"))) == ErrorCode::input_unsupported_asset_class);
    ContractQuery other = query("1");
    other.currency = Currency::parse("EUR").value();
    CHECK(code_of(resolve_contract(broker, other)) == ErrorCode::input_invalid_contract);
}

TEST_CASE("a search shows stocks and ETFs only, and says when nothing else is there", "[reads]") {
    Listing broker;
    broker.contracts = {listed("1", "ABC", AssetClass::stock, "SMART"),
                        listed("4", "OPT", AssetClass::option, "SMART")};
    CHECK(search_contracts(broker, query("a"))->size() == 1);
    broker.contracts.erase(broker.contracts.begin());
    CHECK(search_contracts(broker, query("a")).error().code == ErrorCode::input_unsupported_asset_class);
    broker.contracts.clear();
    CHECK(search_contracts(broker, query("a"))->empty());
}

TEST_CASE("an order is found by either id after a look at the book", "[reads]") {
    EngineRig rig;
    const std::string preview = member(rig.preview("10", "199.6")->payload, "preview_id");
    const std::string approval = member(rig.approve(WorkflowId(preview))->payload, "approval_id");
    const Json order = Json::parse(rig.submit(WorkflowId(approval), "key-1")->payload);
    const BrokerOrderId id(order.at("broker_order_id").get<std::string>());
    rig.broker.fill(id, Quantity::whole(4), Price(Decimal::of(19950, 2)));

    const CallContext context = caller(rig, "ibkr_order_status", {"ibkr:orders:read"});
    const auto status = [&](const std::string& asked) {
        return rig.gateway().order_status(context, ScriptedBroker::account(), asked);
    };
    for (const char* name : {"broker_order_id", "client_order_id"}) {
        const auto found = status(order.at(name).get<std::string>());
        REQUIRE(found.has_value());
        const Json shown = Json::parse(found->payload);
        CHECK(shown.at("order_id") == order.at("order_id"));
        CHECK(shown.at("status") == "open");
        CHECK(shown.at("order_state") == "partially_filled");
        CHECK(shown.at("filled_quantity") == "4");
    }
    CHECK(status("nothing-like-it").error().error.code == ErrorCode::broker_capability_unavailable);
    CHECK(status("no id \"at all").error().error.code == ErrorCode::order_validation_failed);

    OrdersQuery all;
    all.account = ScriptedBroker::account();
    CHECK(Json::parse(rig.gateway().orders_list(context, all)->payload).size() == 1);
    const Json fills =
        Json::parse(rig.gateway().executions_list(context, ScriptedBroker::account(), std::nullopt)->payload);
    REQUIRE(fills.size() == 1);
    CHECK(fills[0].at("order_id") == order.at("order_id"));
    CHECK(fills[0].at("quantity") == "4");
    CHECK(fills[0].at("price") == "199.50");
    CHECK(
        Json::parse(rig.gateway()
                        .executions_list(context, ScriptedBroker::account(), rig.clock.now().plus_seconds(1))
                        ->payload)
            .empty());
}

TEST_CASE("health tells version, head and how far the projections are", "[reads]") {
    EngineRig rig;
    const auto reply = rig.gateway().health(caller(rig, "ibkr_health", {"ibkr:health:read"}));
    REQUIRE(reply.has_value());
    const Json health = Json::parse(reply->payload);
    CHECK(health.at("gateway") == "ok");
    CHECK(health.at("read_only") == false);
    CHECK(health.at("engine").at("role") == "owner");
    CHECK(health.at("engine").at("projections_lag") == 0);
    CHECK(health.at("engine").at("log_head") == rig.log.head().sequence.value() - 1);
}

TEST_CASE("asking for the session is recorded as a session check", "[reads]") {
    EngineRig rig;
    const auto reply = rig.gateway().backend_status(caller(rig, "ibkr_backend_status", {"ibkr:health:read"}));
    REQUIRE(reply.has_value());
    CHECK(Json::parse(reply->payload).at("status") == "usable");
    const Event event = newest(rig);
    CHECK((std::holds_alternative<BackendSessionChecked>(event.body) ||
           std::holds_alternative<BackendSessionChanged>(event.body)));
}
