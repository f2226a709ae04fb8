#include <set>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/gateway/scopes.hpp"
#include "engine/payloads/order_payloads.hpp"
#include "engine/payloads/read_payloads.hpp"
#include "engine/payloads/workflow_payloads.hpp"
#include "tests/support/engine_rig.hpp"

using namespace ibkr::engine;
using namespace ibkr::events;
using ibkr::testing::EngineRig;
using ibkr::testing::member;
using ibkr::testing::ScriptedBroker;
using ibkr::testing::WriteFault;
using Json = nlohmann::json;

namespace {

const Timestamp noon(1'767'614'400'000);  // 2026-01-05T12:00:00Z
const AccountId account("DU7654321");

Decimal number(std::string_view text) {
    return Decimal::parse(text).value();
}
Price price(std::string_view text) {
    return Price(number(text));
}

std::set<std::string> names(const Json& object) {
    std::set<std::string> found;
    for (const auto& item : object.items())
        found.insert(item.key());
    return found;
}

/// True when `object` has every one of `wanted`.
void check_members(const Json& object, const std::set<std::string>& wanted) {
    const std::set<std::string> found = names(object);
    for (const std::string& name : wanted) {
        INFO("member " << name << " in " << object.dump());
        CHECK(found.contains(name));
    }
}

Quote quote(Timestamp source, DataStatus claimed) {
    return {ContractId("265598"), price("199.5"), price("199.6"), price("199.55"),
            Currency{},           source,         source,         claimed};
}

Json snapshot(Timestamp source, DataStatus claimed) {
    return Json::parse(snapshot_payload(quote(source, claimed), noon));
}

AccountDirectory directory() {
    return AccountDirectory([](const AccountId& id) { return AccountHash("hash-of-" + id.raw()); });
}

BrokerPosition position(std::string_view value, AssetClass asset_class, const Currency& currency) {
    BrokerPosition held;
    held.account_id = account;
    held.contract = {ContractId("1"), "X", "X", asset_class, "SMART", currency};
    held.quantity = Quantity::whole(10);
    held.market_value = number(value);
    held.as_of = noon;
    return held;
}

}  // namespace

TEST_CASE("a quote's freshness is its source time's age, whatever the broker claims", "[payloads]") {
    const Json fresh = snapshot(noon.plus_seconds(-3), DataStatus::live);
    CHECK(fresh.at("data_status") == "live");
    CHECK(fresh.at("staleness_seconds") == 3);
    CHECK(fresh.at("bid") == Json{{"amount", "199.50"}, {"currency", "USD"}});
    CHECK(fresh.at("warnings").empty());
    check_members(fresh, {"contract_id", "ask", "last", "currency", "source_timestamp", "received_at"});
    CHECK(fresh.at("source_timestamp") == "2026-01-05T11:59:57.000Z");

    CHECK(snapshot(noon.plus_seconds(-900), DataStatus::live).at("data_status") == "live");
    const Json old = snapshot(noon.plus_seconds(-901), DataStatus::live);
    CHECK(old.at("data_status") == "stale");
    CHECK(old.at("warnings").size() == 1);
    CHECK(snapshot(noon, DataStatus::delayed).at("data_status") == "delayed");
    const Json ahead = snapshot(noon.plus_seconds(60), DataStatus::live);
    CHECK(ahead.at("staleness_seconds") == 0);
    CHECK(ahead.at("warnings").size() == 1);

    Quote empty = quote(noon, DataStatus::live);
    empty.bid = empty.ask = empty.last = std::nullopt;
    const Json none = Json::parse(snapshot_payload(empty, noon));
    CHECK(none.at("data_status") == "unavailable");
    CHECK_FALSE(none.contains("bid"));
}

TEST_CASE("a session has the contract's word and its exact state", "[payloads]") {
    const auto shown = [](std::string status) {
        return Json::parse(session_payload({std::move(status), "simulated_venue", noon, std::nullopt}));
    };
    CHECK(shown("usable").at("status") == "usable");
    CHECK_FALSE(shown("usable").contains("error_code"));
    CHECK(shown("expired").at("status") == "manual_action_required");
    CHECK(shown("expired").at("error_code") == "BROKER_SESSION_EXPIRED");
    CHECK(shown("competing").at("session_state") == "competing");
    CHECK(shown("competing").contains("user_action"));
    CHECK(shown("unavailable").at("status") == "unavailable");
    CHECK(shown("something new").at("status") == "unavailable");
}

TEST_CASE("accounts are shown with their hash and fill the directory", "[payloads]") {
    AccountDirectory known = directory();
    const Json list = Json::parse(
        accounts_payload({{account, "bearer abcdef123456", AccountMode::paper, Currency{}}}, known));
    REQUIRE(list.size() == 1);
    CHECK(list[0].at("account_id") == "DU7654321");
    CHECK(list[0].at("account_id_hash") == "hash-of-DU7654321");
    CHECK(list[0].at("account_mode") == "paper");
    CHECK(list[0].at("metadata_redacted") == true);
    CHECK(list[0].at("account_label") == "[REDACTED]");
    CHECK(known.display(AccountHash("hash-of-DU7654321")) == "DU7654321");
    check_members(Json::parse(account_profile_payload({account, "", AccountMode::paper, Currency{}})),
                  {"account_id", "account_mode", "base_currency", "margin_profile", "product_permissions",
                   "shorting_allowed", "pdt_status", "gfv_status", "restrictions", "metadata_redacted"});
}

TEST_CASE("a portfolio's shares are of what is held in its own currency", "[payloads]") {
    BrokerPortfolio portfolio;
    portfolio.account_id = account;
    portfolio.net_liquidation = number("100000");
    portfolio.available_funds = number("75000.5");
    portfolio.cash_balances = {{Currency{}, number("75000")}};
    portfolio.as_of = noon;
    const Json plain = Json::parse(portfolio_payload(
        portfolio, {position("20000", AssetClass::stock, {}), position("3333.333", AssetClass::stock, {}),
                    position("1666.667", AssetClass::etf, {})}));
    CHECK(plain.at("net_liquidation") == "100000.00");
    CHECK(plain.at("margin_summary").at("available_funds") == "75000.50");
    CHECK(plain.at("cash_balances") == Json::parse(R"([{"amount":"75000.00","currency":"USD"}])"));
    CHECK(plain.at("allocations") == Json::parse(R"([{"asset_class":"cash","percent":"75.00"},
        {"asset_class":"etf","percent":"1.67"},{"asset_class":"stock","percent":"23.33"}])"));
    CHECK(plain.at("warnings").empty());
    check_members(plain, {"account_id", "base_currency", "as_of", "data_status"});

    const Json mixed = Json::parse(
        portfolio_payload(portfolio, {position("20000", AssetClass::stock, Currency::parse("EUR").value())}));
    CHECK(mixed.at("allocations").size() == 1);
    CHECK(mixed.at("warnings").size() == 1);
    portfolio.net_liquidation = Decimal{};
    CHECK(Json::parse(portfolio_payload(portfolio, {})).at("allocations").empty());

    const Json positions = Json::parse(positions_payload({position("20000", AssetClass::stock, {})}));
    CHECK(positions[0].at("quantity") == "10");
    CHECK(positions[0].at("market_value") == "20000.00");
    check_members(positions[0], {"account_id", "contract_id", "symbol", "asset_class", "market_price",
                                 "currency", "unrealized_pnl", "as_of"});
}

TEST_CASE("a bar's prices are money and its volume is a quantity", "[payloads]") {
    const Json bars = Json::parse(bars_payload(
        {{noon, price("1"), price("2.5"), price("0.5"), price("2"), Quantity::whole(700), Currency{}}}));
    REQUIRE(bars.size() == 1);
    CHECK(bars[0].at("open") == Json{{"amount", "1.00"}, {"currency", "USD"}});
    CHECK(bars[0].at("volume") == Json{{"value", "700"}});
    check_members(bars[0], {"timestamp", "high", "low", "close", "currency"});
}

TEST_CASE("an order of the book and our record of it are one order", "[payloads]") {
    AccountDirectory known = directory();
    const AccountHash hash = known.add(account);
    BrokerOrder in_book;
    in_book.account_id = account;
    in_book.broker_order_id = BrokerOrderId("9001");
    in_book.client_order_id = ClientOrderId("p0-k1");
    in_book.terms.contract = ScriptedBroker::stock();
    in_book.terms.quantity = Quantity::whole(10);
    in_book.status = BrokerOrderStatus::working;
    in_book.created_at = noon;
    BrokerOrder foreign = in_book;
    foreign.broker_order_id = BrokerOrderId("77");
    foreign.client_order_id = {};
    foreign.status = BrokerOrderStatus::rejected;
    foreign.reason = "password=hunter2 expired";
    foreign.created_at = noon.plus_seconds(60);

    OrderRecord ours;
    ours.order_id = WorkflowId("order-1");
    ours.account = hash;
    ours.state = "partially_filled";
    ours.ever_working = true;
    ours.client_order_id = in_book.client_order_id;
    ours.terms = in_book.terms;
    ours.filled_quantity = Quantity::whole(3);
    ours.filled_value = number("600");
    ours.created_at = noon;
    OrderRecord never_placed = ours;
    never_placed.order_id = WorkflowId("order-0");
    never_placed.client_order_id = ClientOrderId("p0-k0");
    never_placed.state = "unknown";
    never_placed.filled_quantity = {};
    never_placed.created_at = noon.plus_seconds(-60);

    const std::vector<BrokerOrder> book{in_book, foreign};
    const std::vector<OrderRecord> records{ours, never_placed};
    const Json list = Json::parse(orders_payload(join_orders(book, records), known));
    REQUIRE(list.size() == 3);
    CHECK(list[0].at("source") == "external");
    CHECK(list[0].at("status") == "refused");
    CHECK_THAT(list[0].at("message").get<std::string>(), !Catch::Contains("hunter2"));
    CHECK_FALSE(list[0].contains("order_state"));

    CHECK(list[1].at("source") == "gateway");
    CHECK(list[1].at("status") == "open");
    CHECK(list[1].at("order_state") == "partially_filled");
    CHECK(list[1].at("broker_status") == "working");
    CHECK(list[1].at("average_fill_price") == "200.00");
    CHECK(list[1].at("account_id") == "DU7654321");

    CHECK(list[2].at("order_id") == "order-0");
    CHECK(list[2].at("status") == "unknown");
    CHECK(list[2].contains("user_action"));
    CHECK_FALSE(list[2].contains("broker_status"));
}

TEST_CASE("an order of somebody else under a broker id that ours had is not ours", "[payloads]") {
    AccountDirectory known = directory();
    BrokerOrder theirs;
    theirs.account_id = account;
    theirs.broker_order_id = BrokerOrderId("9001");
    theirs.client_order_id = ClientOrderId("elsewhere-1");
    theirs.terms.contract = ScriptedBroker::stock();
    theirs.terms.quantity = Quantity::whole(10);
    OrderRecord ours;
    ours.order_id = WorkflowId("order-1");
    ours.account = known.add(account);
    ours.state = "filled";
    ours.broker_order_id = theirs.broker_order_id;
    ours.client_order_id = ClientOrderId("p0-k1");
    ours.terms = theirs.terms;
    const std::vector<OrderRecord> records{ours};

    const auto joined = [&] { return join_orders({theirs}, records).size(); };
    CHECK(joined() == 2);
    theirs.client_order_id = {};
    CHECK(joined() == 1);
    theirs.client_order_id = ours.client_order_id;
    CHECK(joined() == 1);
}

TEST_CASE("the answers of one paper order have the contract's members", "[payloads]") {
    EngineRig rig;
    rig.broker.fill_buys_at_or_above(price("199.60"));
    const auto previewed = rig.preview("10", "199.6");
    REQUIRE(previewed.has_value());
    const Json preview = Json::parse(previewed->payload);
    CHECK(preview.at("status") == "created");
    CHECK(preview.at("account_id") == "DU7654321");
    CHECK(preview.at("limit_price") == "199.60");
    CHECK(preview.at("estimated_cost") == Json{{"amount", "1996.00"}, {"currency", "USD"}});
    CHECK(preview.at("audit_event_id") == previewed->audit_event_id.text());
    check_members(preview, {"preview_id", "validated_order_id", "environment", "symbol", "side", "quantity",
                            "order_type", "time_in_force", "warnings", "expires_at", "order_hash"});

    const auto approved = rig.approve(WorkflowId(preview.at("preview_id").get<std::string>()));
    REQUIRE(approved.has_value());
    const Json approval = Json::parse(approved->payload);
    CHECK(approval.at("status") == "approved");
    CHECK(approval.at("approval_state") == "approved");
    check_members(approval, {"approval_id", "preview_id", "account_id", "environment", "approved_by",
                             "approved_at", "created_at", "expires_at"});

    const WorkflowId approval_id(approval.at("approval_id").get<std::string>());
    const auto submitted = rig.submit(approval_id, "key-1");
    REQUIRE(submitted.has_value());
    const Json lifecycle = Json::parse(submitted->payload);
    CHECK(lifecycle.at("status") == "filled");
    CHECK(lifecycle.at("order_state") == "filled");
    CHECK(lifecycle.at("filled_quantity") == "10");
    CHECK(lifecycle.at("average_fill_price") == "199.60");
    CHECK_FALSE(lifecycle.contains("user_action"));
    check_members(lifecycle,
                  {"account_id", "broker_order_id", "client_order_id", "order_id", "quantity", "updated_at"});

    const auto again = rig.submit(approval_id, "key-1");
    REQUIRE(again.has_value());
    const Json stored = Json::parse(again->payload);
    CHECK(stored.at("replayed") == true);
    CHECK(stored.at("broker_order_id") == lifecycle.at("broker_order_id"));
    check_members(stored.at("current"), {"status", "order_state", "filled_quantity", "updated_at"});
    CHECK(stored.at("current").at("status") == "filled");
    CHECK(rig.broker.writes_begun() == 1);
}

TEST_CASE("an order whose outcome is not known says what to do", "[payloads]") {
    EngineRig rig;
    rig.broker.set_absence_provable(false);
    const std::string preview = member(rig.preview("10", "199.6")->payload, "preview_id");
    const std::string approval = member(rig.approve(WorkflowId(preview))->payload, "approval_id");
    rig.broker.next_write(WriteFault::drop_request);
    const auto submitted = rig.submit(WorkflowId(approval), "key-1");
    REQUIRE(submitted.has_value());
    CHECK(submitted->unknown_outcome);
    const Json lifecycle = Json::parse(submitted->payload);
    CHECK(lifecycle.at("status") == "unknown");
    CHECK_FALSE(lifecycle.at("user_action").get<std::string>().empty());
    CHECK_FALSE(lifecycle.contains("average_fill_price"));
}

TEST_CASE("a kill switch nobody touched says so", "[payloads]") {
    EngineRig rig;
    Gateway gateway = rig.gateway();
    const Json first =
        Json::parse(gateway.kill_switch_status(rig.context("ibkr_kill_switch_status"))->payload);
    CHECK(first.at("state") == "closed");
    CHECK_FALSE(first.contains("changed_at"));
    REQUIRE(gateway.kill_switch_set(rig.context("ibkr_kill_switch"), true, "market opens").has_value());
    const Json then =
        Json::parse(gateway.kill_switch_status(rig.context("ibkr_kill_switch_status"))->payload);
    CHECK(then.at("state") == "open");
    CHECK(then.at("reason") == "market opens");
    check_members(then, {"changed_by", "changed_at", "audit_event_id"});
}

TEST_CASE("scopes are the contract's 25", "[scopes]") {
    STATIC_REQUIRE(is_known_scope("ibkr:marketdata:depth:read"));
    STATIC_REQUIRE_FALSE(is_known_scope("marketdata:depth:read"));
    STATIC_REQUIRE_FALSE(is_known_scope(""));
    CHECK(all_scopes().size() == 25);
    std::size_t reads = 0;
    for (const ScopeInfo& known : all_scopes())
        if (known.tier == ScopeTier::read) ++reads;
    CHECK(reads == 17);
}
