#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/simulation/world/broker_model.hpp"

namespace ibkr::simulation {

using namespace ibkr::engine;
using namespace ibkr::events;

namespace {

tl::unexpected<Error> unreadable() {
    return failure(ErrorCode::broker_backend_unavailable, "the broker does not answer reads");
}

}  // namespace

Contract BrokerModel::stock() {
    return {ContractId("4815"), "AAPL", "APPLE INC", AssetClass::stock, "SMART", Currency{}};
}

Result<BrokerSession> BrokerModel::session() {
    return BrokerSession{"usable", "broker_model", clock_.now(), std::nullopt};
}

Result<std::vector<BrokerAccount>> BrokerModel::accounts() {
    if (reads_fail_) return unreadable();
    const AccountMode mode = says_live_ ? AccountMode::live : AccountMode::paper;
    return std::vector<BrokerAccount>{{account(), "model", mode, Currency{}}};
}

Result<BrokerPortfolio> BrokerModel::portfolio(const AccountId& account) {
    BrokerPortfolio portfolio;
    portfolio.account_id = account;
    portfolio.as_of = clock_.now();
    return portfolio;
}

Result<std::vector<BrokerPosition>> BrokerModel::positions(const AccountId& account) {
    if (reads_fail_) return unreadable();
    if (position().value().is_zero()) return std::vector<BrokerPosition>{};
    const Price price(Decimal::whole(199));
    return std::vector<BrokerPosition>{
        {account, stock(), position(), price, price, Decimal{}, Decimal{}, clock_.now()}};
}

Result<std::vector<Contract>> BrokerModel::search_contracts(std::string_view) {
    return std::vector<Contract>{stock()};
}

Result<Contract> BrokerModel::contract(const ContractId&) {
    return stock();
}

Result<Quote> BrokerModel::quote(const ContractId& id) {
    if (reads_fail_) return unreadable();
    const Price bid(Decimal::whole(199));
    const Price ask(Decimal::whole(200));
    return Quote{
        id, bid, ask, bid, Currency{}, clock_.now().plus_ms(-quote_age_ms_), clock_.now(), DataStatus::live};
}

Result<std::vector<Bar>> BrokerModel::bars(const ContractId&, std::string_view, std::string_view) {
    return std::vector<Bar>{};
}

void BrokerModel::set_shuffled(std::optional<std::uint64_t> seed) {
    shuffle_.reset();
    if (seed && !is_local_) shuffle_.emplace(*seed, "lists");
}

template <class Listed>
void BrokerModel::shuffle(std::vector<Listed>& list) {
    if (!shuffle_) return;
    for (std::size_t left = list.size(); left > 1; --left)
        std::swap(list[left - 1], list[shuffle_->below(left)]);
}

const BrokerOrder* BrokerModel::as_listed(const Truth& truth) const {
    const Timestamp as_of = clock_.now().plus_ms(-stale_.orders_ms);
    const auto newer = std::find_if(truth.versions.begin(), truth.versions.end(),
                                    [&](const BrokerOrder& version) { return version.updated_at > as_of; });
    if (truth.listed_from > clock_.now() || newer == truth.versions.begin()) return nullptr;
    return &*std::prev(newer);
}

Result<std::vector<BrokerOrder>> BrokerModel::orders(const AccountId&) {
    if (reads_fail_) return unreadable();
    std::vector<BrokerOrder> listed;
    for (const Truth& truth : book_)
        if (const BrokerOrder* const order = as_listed(truth)) listed.push_back(*order);
    shuffle(listed);
    return listed;
}

Result<std::optional<BrokerOrder>> BrokerModel::find_by_client_order_id(const AccountId&,
                                                                        const ClientOrderId& id) {
    if (reads_fail_) {
        met("reads_fail", id);
        return unreadable();
    }
    for (const Truth& truth : book_) {
        if (truth.order.client_order_id != id) continue;
        const BrokerOrder* const order = as_listed(truth);
        if (truth.listed_from > clock_.now())
            met("lag", id);
        else if (order != &truth.versions.back())
            met("stale_read", id);
        return order != nullptr ? std::optional<BrokerOrder>(*order) : std::nullopt;
    }
    return std::optional<BrokerOrder>{};
}

/// Newest first, unless shuffled; while told so, each one twice.
Result<std::vector<Execution>> BrokerModel::executions(const AccountId&) {
    if (reads_fail_) return unreadable();
    std::vector<Execution> listed;
    const Timestamp as_of = clock_.now().plus_ms(-stale_.executions_ms);
    for (auto fill = fills_.rbegin(); fill != fills_.rend(); ++fill) {
        if (fill->listed_from > clock_.now()) {
            met("lag", fill->client_order_id);
            continue;
        }
        if (fill->execution.executed_at > as_of) {
            met("stale_read", fill->client_order_id);
            continue;
        }
        listed.push_back(fill->execution);
        if (executions_twice_) listed.push_back(fill->execution);
    }
    shuffle(listed);
    return listed;
}

}  // namespace ibkr::simulation
