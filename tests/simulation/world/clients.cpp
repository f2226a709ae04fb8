#include "tests/simulation/world/clients.hpp"

#include "events/error_codes.hpp"
#include "tests/support/engine_rig.hpp"

namespace ibkr::simulation {

using namespace ibkr::events;
using engine::CallResult;
using engine::Gateway;
using ibkr::testing::member;

std::string Clients::call(const std::function<CallResult(Gateway&)>& make,
                          std::optional<CallResult>& result) {
    const bool sync_had_failed = world_.disk.sync_failed();
    Gateway gateway = world_.gateway();
    result = make(gateway);
    world_.clock.advance_ms(3);
    if (world_.points.crashed()) {
        result.reset();
        return "no answer";
    }
    invariants_.check_answer(*result, sync_had_failed);
    if (*result) return "answered";
    const Error& error = result->error().error;
    if (error.code == ErrorCode::audit_write_failed && !world_.running()) {
        result.reset();
        return "no answer";
    }
    return std::string(to_string(error.code));
}

std::string Clients::key_of(const Client& client) const {
    return "order-" + std::to_string(client.number) + "-" + std::to_string(client.keys);
}

std::string Clients::begin(Side side, std::int64_t quantity, std::int64_t price) {
    if (clients_.size() >= clients_max) return "enough clients";
    Client client;
    client.number = clients_.size();
    client.side = side;
    client.quantity = quantity;
    client.price = price;
    clients_.push_back(client);
    return go_on(clients_.back());
}

std::string Clients::preview(Client& client) {
    engine::PreviewRequest request;
    request.account = BrokerModel::account();
    request.symbol = "AAPL";
    request.side = client.side;
    request.quantity = Quantity::whole(client.quantity);
    request.limit_price = Price(Decimal::whole(client.price));
    std::optional<CallResult> result;
    std::string said = call(
        [&](Gateway& gateway) {
            return gateway.order_preview(world_.context("ibkr_order_preview"), request);
        },
        result);
    if (!result) return said;
    if (*result) {
        client.preview_id = member((*result)->payload, "preview_id");
        client.stage = Stage::approve;
    } else if (++client.refusals > 3) {
        client.stage = Stage::over;
    }
    return said;
}

std::string Clients::approve(Client& client) {
    // An approval whose answer was lost: the refusal of a second one would say to use it.
    const auto open = world_.store().open_approval_of(WorkflowId(client.preview_id));
    if (open && *open && (*open)->state == "approved") {
        client.approval_id = (*open)->approval_id.text();
        client.stage = Stage::submit;
        return "found its approval";
    }
    std::optional<CallResult> result;
    std::string said = call(
        [&](Gateway& gateway) {
            return gateway.approval_create(world_.context("ibkr_approval_create"),
                                           {BrokerModel::account(), WorkflowId(client.preview_id), {}});
        },
        result);
    if (!result) return said;
    if (*result) {
        client.approval_id = member((*result)->payload, "approval_id");
        client.stage = Stage::submit;
    } else {
        client.stage = ++client.refusals > 3 ? Stage::over : Stage::preview;
    }
    return said;
}

std::string Clients::submit(Client& client, const std::string& approval, const std::string& key) {
    std::optional<CallResult> result;
    std::string said = call(
        [&](Gateway& gateway) {
            return gateway.paper_submit(world_.context("ibkr_paper_order_submit"),
                                        {BrokerModel::account(), WorkflowId(approval), IdempotencyKey(key)});
        },
        result);
    if (!result || key != key_of(client)) return said;
    if (!*result) {
        const Error& error = result->error().error;
        if (!error.retryable && ++client.refusals > 3) client.stage = Stage::over;
        const bool approval_is_spent = error.code == ErrorCode::approval_consumed ||
                                       error.code == ErrorCode::paper_approval_required ||
                                       error.code == ErrorCode::approval_preview_mismatch;
        if (approval_is_spent && client.stage != Stage::over) client.stage = Stage::preview;
        return said;
    }
    const std::string state = member((*result)->payload, "order_state");
    said += " " + state;
    if (const std::string id = member((*result)->payload, "broker_order_id"); !id.empty())
        client.broker_order_id = id;
    client.stage = Stage::placed;
    if ((state == "not_placed" || state == "not_sent") && client.keys < 3) {
        ++client.keys;  // the key is spent, the order was never placed
        client.stage = Stage::submit;
    }
    return said;
}

std::string Clients::go_on(Client& client) {
    switch (client.stage) {
        case Stage::preview:
            return preview(client);
        case Stage::approve:
            return approve(client);
        case Stage::submit:
            return submit(client, client.approval_id, key_of(client));
        case Stage::placed:
            return client.broker_order_id.empty() ? submit(client, client.approval_id, key_of(client))
                                                  : "has its order";
        case Stage::over:
            break;
    }
    return "gave up";
}

template <class Is>
Clients::Client* Clients::nth_that(std::uint64_t nth, const Is& is) {
    std::vector<Client*> those;
    for (Client& client : clients_)
        if (is(client)) those.push_back(&client);
    return those.empty() ? nullptr : those[nth % those.size()];
}

bool Clients::waits(const Client& client) {
    return client.stage != Stage::over && (client.stage != Stage::placed || client.broker_order_id.empty());
}

std::string Clients::cancel(Client& client) {
    const std::string key = "cancel-" + std::to_string(client.number) + "-" + std::to_string(client.changes);
    std::optional<CallResult> result;
    std::string said = call(
        [&](Gateway& gateway) {
            return gateway.paper_cancel(
                world_.context("ibkr_paper_order_cancel"),
                {BrokerModel::account(), BrokerOrderId(client.broker_order_id), IdempotencyKey(key)});
        },
        result);
    if (result) ++client.changes;
    return said;
}

std::string Clients::modify(Client& client, std::uint64_t how) {
    OrderChanges changes;
    if (how % 4 != 0)
        changes.quantity = Quantity::whole(client.quantity + static_cast<std::int64_t>(how % 9));
    if (how % 4 == 0) changes.limit_price = Price(Decimal::whole(150 + static_cast<std::int64_t>(how % 40)));
    const std::string key = "modify-" + std::to_string(client.number) + "-" + std::to_string(client.changes);
    std::optional<CallResult> result;
    std::string said = call(
        [&](Gateway& gateway) {
            return gateway.paper_modify(world_.context("ibkr_paper_order_modify"),
                                        {BrokerModel::account(),
                                         BrokerOrderId(client.broker_order_id),
                                         IdempotencyKey(key),
                                         changes,
                                         {}});
        },
        result);
    if (result) ++client.changes;
    return said;
}

std::string Clients::revoke(Client& client) {
    if (client.approval_id.empty()) return "has no approval";
    std::optional<CallResult> result;
    return call(
        [&](Gateway& gateway) {
            return gateway.approval_act(
                world_.context("ibkr_approvals"),
                {engine::ApprovalAct::revoke, WorkflowId(client.approval_id), "second thoughts"});
        },
        result);
}

std::string Clients::set_kill_switch(bool open) {
    std::optional<CallResult> result;
    return call(
        [&](Gateway& gateway) {
            return gateway.kill_switch_set(world_.context("ibkr_kill_switch"), open, "drill");
        },
        result);
}

std::string Clients::perform(const Act& act) {
    if (act.kind == ActKind::begin)
        return begin(Side::buy, 1 + static_cast<std::int64_t>(act.a % 12),
                     150 + static_cast<std::int64_t>(act.b % 55));
    if (act.kind == ActKind::sell) return begin(Side::sell, 1 + static_cast<std::int64_t>(act.a % 12), 205);
    if (act.kind == ActKind::kill_switch) return set_kill_switch(act.a % 2 == 1);
    if (act.kind == ActKind::cancel || act.kind == ActKind::modify) {
        Client* const client =
            nth_that(act.a, [](const Client& one) { return !one.broker_order_id.empty(); });
        if (client == nullptr) return "nobody has an order";
        return act.kind == ActKind::cancel ? cancel(*client) : modify(*client, act.b);
    }
    if (act.kind == ActKind::go_on) {
        Client* const client = nth_that(act.a, waits);
        return client == nullptr ? "nobody waits" : go_on(*client);
    }
    if (clients_.empty()) return "nobody is there";
    Client& client = clients_[act.a % clients_.size()];
    switch (act.kind) {
        case ActKind::ask_again:
            return client.approval_id.empty() ? "has no approval"
                                              : submit(client, client.approval_id, key_of(client));
        case ActKind::reuse:
            return submit(client, client.approval_id, "reuse-" + std::to_string(act.b));
        case ActKind::mix_up:
            return submit(client, clients_[act.b % clients_.size()].approval_id, key_of(client));
        case ActKind::revoke:
            return revoke(client);
        default:
            return "is no client's act";
    }
}

bool Clients::settle() {
    for (int round = 0; round < rounds_max; ++round) {
        bool all = true;
        for (Client& client : clients_) {
            if (client.stage == Stage::over || client.stage == Stage::placed) continue;
            if (!world_.running()) return false;
            static_cast<void>(go_on(client));
            all = false;
        }
        if (all) return true;
    }
    return false;
}

}  // namespace ibkr::simulation
