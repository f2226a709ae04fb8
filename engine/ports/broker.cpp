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

std::span<const events::EnumName<BrokerOrderStatus>> enum_names(BrokerOrderStatus) noexcept {
    return statuses;
}

}  // namespace ibkr::engine
