#include "tests/simulation/world/scene.hpp"

#include "events/error_codes.hpp"
#include "tests/support/engine_rig.hpp"

namespace ibkr::simulation {

using namespace ibkr::events;
using engine::CallResult;
using ibkr::testing::member;

std::string said(const CallResult& result, const std::string& name) {
    return result ? member(result->payload, name) : std::string(to_string(result.error().error.code));
}

CallResult Scene::ask(const std::function<CallResult(engine::Gateway&)>& make) {
    const bool sync_had_failed = world.disk.sync_failed();
    engine::Gateway gateway = world.gateway();
    CallResult result = make(gateway);
    if (world.has_process()) invariants.check_answer(result, sync_had_failed);
    invariants.check_failed_sync();
    pass_ms(5);
    return result;
}

WorkflowId Scene::approved(std::int64_t quantity, std::int64_t price, Side side) {
    engine::PreviewRequest request;
    request.account = BrokerModel::account();
    request.symbol = "AAPL";
    request.side = side;
    request.quantity = Quantity::whole(quantity);
    request.limit_price = Price(Decimal::whole(price));
    const CallResult preview = ask([&](engine::Gateway& gateway) {
        return gateway.order_preview(world.context("ibkr_order_preview"), request);
    });
    if (!preview) world.violations.add("scene", "the preview was refused: " + said(preview));
    const CallResult approval = ask([&](engine::Gateway& gateway) {
        return gateway.approval_create(world.context("ibkr_approval_create"),
                                       {BrokerModel::account(), WorkflowId(said(preview, "preview_id")), {}});
    });
    if (!approval) world.violations.add("scene", "the approval was refused: " + said(approval));
    return WorkflowId(said(approval, "approval_id"));
}

CallResult Scene::submit(const WorkflowId& approval, const std::string& key) {
    return ask([&](engine::Gateway& gateway) {
        return gateway.paper_submit(world.context("ibkr_paper_order_submit"),
                                    {BrokerModel::account(), approval, IdempotencyKey(key)});
    });
}

CallResult Scene::cancel(const std::string& broker_order_id, const std::string& key) {
    return ask([&](engine::Gateway& gateway) {
        return gateway.paper_cancel(
            world.context("ibkr_paper_order_cancel"),
            {BrokerModel::account(), BrokerOrderId(broker_order_id), IdempotencyKey(key)});
    });
}

CallResult Scene::modify(const std::string& broker_order_id, const std::string& key,
                         const OrderChanges& changes) {
    return ask([&](engine::Gateway& gateway) {
        return gateway.paper_modify(
            world.context("ibkr_paper_order_modify"),
            {BrokerModel::account(), BrokerOrderId(broker_order_id), IdempotencyKey(key), changes, {}});
    });
}

std::string Scene::placed(std::int64_t quantity, std::int64_t price, const std::string& key) {
    const CallResult answer = submit(approved(quantity, price), key);
    if (!answer) world.violations.add("scene", "the submit was refused: " + said(answer));
    return said(answer, "broker_order_id");
}

OrderRecord Scene::order(const std::string& key) {
    const auto bound = world.store().idempotency(Environment::paper, world.account(), IdempotencyKey(key));
    if (bound && *bound)
        if (auto found = world.store().order((*bound)->order_id); found && *found) return **found;
    world.violations.add("scene", "no order has the key " + key);
    return {};
}

Exposure Scene::exposure() {
    return world.store().exposure(world.account(), BrokerModel::stock().contract_id).value_or(Exposure{});
}

void Scene::pass_ms(std::int64_t ms) {
    world.clock.advance_ms(ms);
    world.broker.deliver_held_up();
    invariants.check_step();
}

void Scene::reconcile() {
    if (const auto done = world.runtime().reconcile(); !done)
        world.violations.add("scene", "reconcile: " + done.error().message);
    pass_ms(5);
}

void Scene::restart(DiskPolicy policy) {
    world.crash(policy);
    world.observer.forget_beyond_head();
    world.forget_replayed_beyond_head();
    invariants.note_start();
    if (!world.start()) world.violations.add("L1", "the next process does not come up");
    invariants.check_start();
    pass_ms(5);
}

std::string Scene::rest() {
    world.broker.heal();
    pass_ms(BrokerModel::hold_up_ms + 60'000);
    for (int round = 0; round < 3 && world.running() && !world.held(); ++round)
        reconcile();
    invariants.check_quiescence();
    std::string found;
    for (const Violation& violation : world.violations.found())
        found += violation.invariant + ": " + violation.what + "\n";
    return found;
}

}  // namespace ibkr::simulation
