#include <atomic>
#include <functional>
#include <set>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/gateway/operation_codec.hpp"
#include "engine/gateway/scopes.hpp"
#include "tests/support/engine_rig.hpp"

using namespace ibkr;
using namespace ibkr::engine;
using events::ErrorCode;
using ibkr::testing::EngineRig;
using ibkr::testing::member;
using ibkr::testing::ScriptedBroker;
using Json = nlohmann::json;

namespace {

events::Price price(std::string_view text) {
    return events::Price(*events::Decimal::parse(text));
}

operation::OrderPreview a_preview() {
    operation::OrderPreview asked;
    asked.account = ScriptedBroker::account();
    asked.environment = events::Environment::paper;
    asked.symbol = "AAPL";
    asked.side = events::Side::sell;
    asked.quantity = events::Quantity::whole(5);
    asked.limit_price = price("190.25");
    asked.trailing_percent = events::Decimal::of(5, 1);
    asked.rationale = "a reason, \"quoted\"";
    asked.replaces = events::BrokerOrderId("9001");
    return asked;
}

operation::PaperModify a_modify() {
    operation::PaperModify asked;
    asked.account = ScriptedBroker::account();
    asked.broker_order_id = events::BrokerOrderId("9001");
    asked.idempotency_key = events::IdempotencyKey("k-3");
    asked.changes.limit_price = price("191");
    asked.approval_id = events::WorkflowId("an-approval");
    return asked;
}

ContractQuery a_query() {
    return {"AAPL", events::AssetClass::stock, events::Currency{}, "SMART"};
}

ReportedError an_error() {
    return {{ErrorCode::input_missing_account,
             "two things are wrong",
             true,
             "Name the account.",
             {{"INPUT_MISSING_ACCOUNT", "the account is missing"}}}};
}

/// Every operation with every member set, and some with the ones that may be left out left out.
std::vector<Operation> samples() {
    const NamedAccount account = ScriptedBroker::account();
    return {
        operation::Health{},
        operation::BackendStatus{},
        operation::AccountsList{},
        operation::AccountMetadata{{account}},
        operation::AccountSummary{{account}},
        operation::PortfolioSnapshot{{account}},
        operation::PositionsList{{account}},
        operation::ContractsSearch{a_query()},
        operation::ContractResolve{{"AAPL", {}, {}, {}}},
        operation::MarketSnapshot{events::ContractId("265598")},
        operation::HistoricalBars{events::ContractId("265598"), "1 D", "5 mins"},
        operation::OrdersList{{account, 7}},
        operation::OrderStatus{{account}, "9001"},
        operation::ExecutionsList{{account}, events::Timestamp(1'767'625'200'000)},
        operation::ExecutionsList{{account}, {}},
        a_preview(),
        operation::ApprovalCreate{{account, events::WorkflowId("a-preview"), 60}},
        operation::ApprovalAct{{ApprovalAct::deny, events::WorkflowId("an-approval"), "too large"}},
        operation::ApprovalsList{},
        operation::ApprovalsList{{account}},
        operation::ApprovalShow{events::WorkflowId("an-approval")},
        operation::PaperSubmit{{account, events::WorkflowId("an-approval"), events::IdempotencyKey("k-1")}},
        operation::PaperCancel{{account, events::BrokerOrderId("9001"), events::IdempotencyKey("k-2")}},
        a_modify(),
        operation::KillSwitchStatus{},
        operation::KillSwitchSet{true, "market opens"},
        operation::AuditTail{20, true},
        operation::AuditExport{{10, 1, 9}},
        operation::AuditVerify{},
        operation::RecordAuditRead{
            {AuditReadKind::export_range, {R"({"limit":"10"})"}, std::string(64, 'a'), {}}},
        operation::RecordAuditRead{{AuditReadKind::verify, {"{}"}, {}, an_error()}},
        operation::RecordFailure{an_error(), {R"({"command":"orders list"})"}}};
}

ErrorCode code_of(const events::Result<Operation>& parsed) {
    REQUIRE_FALSE(parsed);
    return parsed.error().code;
}

// ------------------------------------------------------------------------------------------ performing

CallContext context_of(const EngineRig& rig) {
    CallContext context = rig.context("ibkr_tool");
    context.actor.scopes.clear();
    for (const ScopeInfo& known : all_scopes())
        context.actor.scopes.emplace_back(known.name);
    return context;
}

using Direct = std::function<CallResult(Gateway&, const CallContext&)>;

/// What one call did: to its caller and to the log.
struct Effect {
    bool has_value = false;
    std::string payload;
    std::string error_message;
    events::EventId event_id;
    events::Mac mac{};
    friend bool operator==(const Effect&, const Effect&) = default;
};

Effect effect_of(EngineRig& rig, const Direct& call) {
    Gateway gateway = rig.gateway();
    const CallResult result = call(gateway, context_of(rig));
    const events::Mac mac = rig.log.head().mac;
    if (result) return {true, result->payload, {}, result->audit_event_id, mac};
    return {false, {}, result.error().error.message, result.error().audit_event_id, mac};
}

/// Two engines from the same seed make the same log of the same calls: with a preview, and an order that
/// works.
struct Twins {
    EngineRig direct;
    EngineRig by_value;
    events::WorkflowId preview_id;
    events::WorkflowId approval_id;

    Twins() {
        for (EngineRig* rig : {&direct, &by_value}) {
            const auto preview = rig->preview("5", "150");
            REQUIRE(preview);
            const auto approval = rig->approve(events::WorkflowId(member(preview->payload, "preview_id")));
            REQUIRE(approval);
            approval_id = events::WorkflowId(member(approval->payload, "approval_id"));
            REQUIRE(rig->submit(approval_id, "first"));
            preview_id = events::WorkflowId(member(rig->preview("6", "150").value().payload, "preview_id"));
        }
    }

    void check(const Operation& operation, const Direct& call) {
        INFO(operation_name(operation));
        const auto before = direct.log.head().mac;
        REQUIRE(by_value.log.head().mac == before);
        const Effect expected = effect_of(direct, call);
        CHECK(direct.log.head().mac != before);
        const auto sent = parse_operation(operation_name(operation), operation_json(operation));
        REQUIRE(sent);
        const Effect made = effect_of(by_value, [&](Gateway& gateway, const CallContext& context) {
            return perform(gateway, context, *sent);
        });
        CHECK(made == expected);
    }
};

}  // namespace

TEST_CASE("every operation is read back as it was written", "[operation]") {
    std::set<std::size_t> seen;
    for (const Operation& operation : samples()) {
        INFO(operation_name(operation));
        const std::string json = operation_json(operation);
        CHECK(json == Json::parse(json).dump());
        const auto read = parse_operation(operation_name(operation), json);
        REQUIRE(read);
        CHECK(*read == operation);
        seen.insert(operation.index());
    }
    CHECK(seen.size() == std::variant_size_v<Operation>);
}

TEST_CASE("an operation of another form is another protocol", "[operation]") {
    for (const Operation& operation : samples()) {
        INFO(operation_name(operation));
        Json json = Json::parse(operation_json(operation));
        json["surprise"] = 1;
        CHECK(code_of(parse_operation(operation_name(operation), json.dump())) ==
              ErrorCode::engine_protocol_mismatch);
        CHECK(code_of(parse_operation(operation_name(operation), "[]")) ==
              ErrorCode::engine_protocol_mismatch);
    }
    CHECK(code_of(parse_operation("order_place", "{}")) == ErrorCode::engine_protocol_mismatch);
    CHECK(code_of(parse_operation("", "{}")) == ErrorCode::engine_protocol_mismatch);
    for (const std::string_view wrong :
         {R"({"account":"DU7654321"})", R"({"account":"DU7654321","limit":-1})",
          R"({"account":"DU7654321","limit":"7"})", R"({"account":"a b","limit":7})",
          R"({"account":"","limit":7})", R"({"account":"DU7654321","limit":7,"limit":7})"})
        CHECK(code_of(parse_operation("orders_list", wrong)) == ErrorCode::engine_protocol_mismatch);
    CHECK(code_of(parse_operation("approval_act", R"({"act":"adore","approval_id":"a"})")) ==
          ErrorCode::engine_protocol_mismatch);
    CHECK(code_of(parse_operation("kill_switch_set", R"({"open":true})")) ==
          ErrorCode::engine_protocol_mismatch);
    const std::string long_text(operation_bytes_max, 'a');
    CHECK(code_of(parse_operation("kill_switch_set", R"({"open":true,"reason":")" + long_text + "\"}")) ==
          ErrorCode::engine_protocol_mismatch);
}

TEST_CASE("a refused form names the member and never its value", "[operation]") {
    const auto parsed = parse_operation("orders_list", R"({"account":"DU 7654321","limit":7})");
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message.find("'account'") != std::string::npos);
    CHECK(parsed.error().message.find("7654321") == std::string::npos);
}

TEST_CASE("a read performed as a value is the gateway's read", "[operation]") {
    Twins twins;
    const NamedAccount account = ScriptedBroker::account();
    const events::ContractId contract = ScriptedBroker::stock().contract_id;
    using C = const CallContext&;
    twins.check(operation::Health{}, [](Gateway& g, C c) { return g.health(c); });
    twins.check(operation::BackendStatus{}, [](Gateway& g, C c) { return g.backend_status(c); });
    twins.check(operation::AccountsList{}, [](Gateway& g, C c) { return g.accounts_list(c); });
    twins.check(operation::AccountMetadata{{account}},
                [&](Gateway& g, C c) { return g.account_metadata(c, account); });
    twins.check(operation::AccountSummary{{account}},
                [&](Gateway& g, C c) { return g.account_summary(c, account); });
    twins.check(operation::PortfolioSnapshot{{account}},
                [&](Gateway& g, C c) { return g.portfolio_snapshot(c, account); });
    twins.check(operation::PositionsList{{account}},
                [&](Gateway& g, C c) { return g.positions_list(c, account); });
    twins.check(operation::ContractsSearch{a_query()},
                [](Gateway& g, C c) { return g.contracts_search(c, a_query()); });
    twins.check(operation::ContractResolve{a_query()},
                [](Gateway& g, C c) { return g.contract_resolve(c, a_query()); });
    twins.check(operation::MarketSnapshot{contract},
                [&](Gateway& g, C c) { return g.market_snapshot(c, contract); });
    twins.check(operation::HistoricalBars{contract, "1 D", "5 mins"},
                [&](Gateway& g, C c) { return g.historical_bars(c, contract, "1 D", "5 mins"); });
    twins.check(operation::OrdersList{{account, 7}},
                [&](Gateway& g, C c) { return g.orders_list(c, {account, 7}); });
    twins.check(operation::OrderStatus{{account}, "9001"},
                [&](Gateway& g, C c) { return g.order_status(c, account, "9001"); });
    const events::Timestamp from(1'767'625'200'000);
    twins.check(operation::ExecutionsList{{account}, from},
                [&](Gateway& g, C c) { return g.executions_list(c, account, from); });
    twins.check(operation::ApprovalsList{{account}},
                [&](Gateway& g, C c) { return g.approvals_list(c, account); });
    twins.check(operation::ApprovalShow{twins.approval_id},
                [&](Gateway& g, C c) { return g.approval_show(c, twins.approval_id); });
    twins.check(operation::KillSwitchStatus{}, [](Gateway& g, C c) { return g.kill_switch_status(c); });
    twins.check(operation::AuditTail{5, true}, [](Gateway& g, C c) { return g.audit_tail(c, 5, true); });
    twins.check(operation::AuditExport{{3, {}, {}}},
                [](Gateway& g, C c) { return g.audit_export(c, {3, {}, {}}); });
    twins.check(operation::AuditVerify{}, [](Gateway& g, C c) { return g.audit_verify(c); });
    const AuditReadMade made{AuditReadKind::tail, {R"({"limit":"5"})"}, std::string(64, 'a'), {}};
    twins.check(operation::RecordAuditRead{made},
                [&](Gateway& g, C c) { return g.record_audit_read(c, made); });
    twins.check(
        operation::RecordFailure{an_error(), {R"({"command":"orders list"})"}},
        [](Gateway& g, C c) -> CallResult {
            return tl::unexpected(g.record_failure(c, an_error().error, R"({"command":"orders list"})"));
        });
}

TEST_CASE("a workflow's call performed as a value is the gateway's call", "[operation]") {
    Twins twins;
    const NamedAccount account = ScriptedBroker::account();
    using C = const CallContext&;
    operation::OrderPreview preview = a_preview();
    preview.side = events::Side::buy;
    preview.trailing_percent.reset();
    preview.replaces = {};
    twins.check(preview, [&](Gateway& g, C c) { return g.order_preview(c, preview); });
    const ApprovalRequest approve{account, twins.preview_id, 60};
    twins.check(operation::ApprovalCreate{approve},
                [&](Gateway& g, C c) { return g.approval_create(c, approve); });
    for (const ApprovalAct act : {ApprovalAct::grant, ApprovalAct::deny, ApprovalAct::revoke}) {
        const ApprovalActRequest word{act, twins.approval_id, "a word"};
        twins.check(operation::ApprovalAct{word}, [&](Gateway& g, C c) { return g.approval_act(c, word); });
    }
    operation::PaperModify modify = a_modify();
    modify.approval_id = {};
    modify.changes.limit_price = price("151");
    twins.check(modify, [&](Gateway& g, C c) { return g.paper_modify(c, modify); });
    const CancelRequestByKey cancel{account, events::BrokerOrderId("9001"), events::IdempotencyKey("k-2")};
    twins.check(operation::PaperCancel{cancel}, [&](Gateway& g, C c) { return g.paper_cancel(c, cancel); });
    const SubmitRequestByApproval submit{account, twins.approval_id, events::IdempotencyKey("k-1")};
    twins.check(operation::PaperSubmit{submit}, [&](Gateway& g, C c) { return g.paper_submit(c, submit); });
    for (const bool open : {true, false})
        twins.check(operation::KillSwitchSet{open, "a test"},
                    [&](Gateway& g, C c) { return g.kill_switch_set(c, open, "a test"); });
}

TEST_CASE("an audit read tells how far it is", "[operation]") {
    constexpr std::uint64_t enough_to_tell = 4'096;
    EngineRig rig;
    Gateway gateway = rig.gateway();
    while (rig.log.head().sequence.value() < enough_to_tell)
        REQUIRE(perform(gateway, context_of(rig), operation::Health{}));
    std::atomic<std::uint64_t> scanned = 0;
    const auto progress = [&](std::uint64_t done) { scanned = done; };
    REQUIRE(perform(gateway, context_of(rig), operation::AuditVerify{}, progress));
    CHECK(scanned > 0);
    scanned = 0;
    REQUIRE(perform(gateway, context_of(rig), operation::AuditExport{{enough_to_tell, {}, {}}}, progress));
    CHECK(scanned > 0);
}
