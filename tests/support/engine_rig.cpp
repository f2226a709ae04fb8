#include "tests/support/engine_rig.hpp"

#include <cassert>

#include <nlohmann/json.hpp>

#include "engine/log_records.hpp"
#include "engine/replay/fixture.hpp"
#include "events/crypto/hmac.hpp"

namespace ibkr::testing {

using namespace ibkr::engine;
using namespace ibkr::events;

namespace {

LogKeys test_keys() {
    const LogId log_id{0x5a, 0x17, 0x09, 0x3c, 0x5d, 0xe2, 0x41, 0x88, 1, 2, 3, 4, 5, 6, 7, 8};
    auto keys = LogKeys::create(Secret(std::string(fixture_secret)), log_id, Secret(std::string(32, 'a')));
    assert(keys);
    return std::move(*keys);
}

Policies paper_policies(const AccountHash& account) {
    Policies policies;
    policies.settings.preview_enabled = true;
    policies.settings.paper_enabled = true;
    policies.settings.paper_accounts = {account};
    statemachines::RiskPolicy risk;
    risk.max_quantity = Quantity::whole(100);
    risk.max_notional = Money{Decimal::whole(20'000), Currency{}};
    risk.max_position_notional = Money{Decimal::whole(60'000), Currency{}};
    risk.max_orders_per_day = 50;
    policies.risk_policies.push_back(risk);
    return policies;
}

}  // namespace

bool Cut::pass(SuspensionPoint point) {
    ++count_;
    if (fired_ || (cut_at_ != 0 && count_ == cut_at_)) {
        if (!fired_) where_ = point;
        fired_ = true;
        return false;
    }
    return true;
}

EngineRig::EngineRig(std::uint64_t seed)
    : log(test_keys()),
      clock(Timestamp(1'767'625'200'000)),  // 2026-01-05T15:00:00Z
      broker(clock),
      ids_(seed),
      accounts_([this](const AccountId& id) { return account_hash(log.keys().account_key(), id); }) {
    policies = paper_policies(accounts_.add(ScriptedBroker::account()));
    const LogIdentity identity = log.identity();
    const PendingRecord first = log_record_maker(clock, ids_)(
        SequenceId(1), LogCreated{identity.log_id_hex(), log_format_version, identity.key_id_hex(), "test"},
        {});
    const auto head = log.append({&first, 1}, SequenceId(1));
    assert(head);
    const bool started = restart();
    assert(started);
    static_cast<void>(started);
}

RuntimeParts EngineRig::parts() {
    RuntimeParts parts{log_in_front != nullptr ? *log_in_front : log,
                       log.keys(),
                       *store_,
                       *workflows_,
                       broker,
                       clock,
                       many_callers ? static_cast<IdSource&>(system_ids_) : ids_,
                       accounts_,
                       points != nullptr ? points
                       : many_callers    ? nullptr
                                         : static_cast<SuspensionPoints*>(&cut),
                       "test"};
    parts.limits = limits;
    parts.held = hold;
    parts.resumed = resumed;
    parts.disk = disk;
    return parts;
}

bool EngineRig::restart() {
    runtime_.reset();
    store_.reset();
    log.reopen();
    auto workflows = std::make_unique<WorkflowProjection>();
    workflows_ = workflows.get();
    auto store = projections::ProjectionStore::open(":memory:", all_projections(std::move(workflows)));
    assert(store);
    store_ = std::make_unique<projections::ProjectionStore>(std::move(*store));
    auto opened = Runtime::open(parts(), policies);
    if (!opened) return false;
    runtime_ = std::move(*opened);
    return true;
}

CallContext EngineRig::context(std::string tool) const {
    CallContext context;
    context.actor = {"local-user",
                     "session-test",
                     "request-test",
                     std::move(tool),
                     {"ibkr:orders:preview", "ibkr:approvals:create", "ibkr:orders:paper:submit",
                      "ibkr:orders:paper:cancel", "ibkr:orders:paper:modify", "ibkr:orders:live:submit",
                      "ibkr:health:read", "ibkr:orders:read", "ibkr:audit:read", "ibkr:audit:export"}};
    context.command_id = CommandId("command-" + std::to_string(log.head().sequence.value()));
    context.is_operator = true;
    context.enable_preview = true;
    context.enable_paper = true;
    return context;
}

CallResult EngineRig::preview(const std::string& quantity, const std::string& limit, Side side) {
    PreviewRequest request;
    request.account = ScriptedBroker::account();
    request.symbol = "AAPL";
    request.side = side;
    request.quantity = Quantity(*Decimal::parse(quantity));
    request.limit_price = Price(*Decimal::parse(limit));
    return gateway().order_preview(context("ibkr_order_preview"), request);
}

CallResult EngineRig::approve(const WorkflowId& preview) {
    return gateway().approval_create(context("ibkr_approval_create"),
                                     {ScriptedBroker::account(), preview, {}});
}

CallResult EngineRig::submit(const WorkflowId& approval, const std::string& key) {
    return gateway().paper_submit(context("ibkr_paper_order_submit"),
                                  {ScriptedBroker::account(), approval, IdempotencyKey(key)});
}

CallResult EngineRig::cancel(const BrokerOrderId& order, const std::string& key) {
    return gateway().paper_cancel(context("ibkr_paper_order_cancel"),
                                  {ScriptedBroker::account(), order, IdempotencyKey(key)});
}

std::string member(const std::string& payload, const std::string& name) {
    const auto json = nlohmann::json::parse(payload, nullptr, false);
    if (!json.is_object() || !json.contains(name) || !json[name].is_string()) return {};
    return json[name].get<std::string>();
}

}  // namespace ibkr::testing
