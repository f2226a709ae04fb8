#include "engine/ports/broker.hpp"

#include <array>

namespace ibkr::engine {
namespace {

using enum BrokerOrderStatus;
constexpr auto statuses =
    std::to_array<events::EnumName<BrokerOrderStatus>>({{pending, "pending"},
                                                        {working, "working"},
                                                        {partially_filled, "partially_filled"},
                                                        {filled, "filled"},
                                                        {cancelled, "cancelled"},
                                                        {rejected, "rejected"},
                                                        {expired, "expired"}});

}  // namespace

events::Result<std::vector<events::Execution>> Broker::executions_of_order(
    const events::AccountId& account, const events::BrokerOrderId& order) {
    auto found = executions(account);
    if (found)
        std::erase_if(*found, [&](const events::Execution& fill) { return fill.broker_order_id != order; });
    return found;
}

std::span<const events::EnumName<BrokerOrderStatus>> enum_names(BrokerOrderStatus) noexcept {
    return statuses;
}

}  // namespace ibkr::engine
