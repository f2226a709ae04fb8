#include "events/values/order.hpp"

namespace ibkr::events {
namespace {

constexpr auto environments =
    std::to_array<EnumName<Environment>>({{Environment::paper, "paper"}, {Environment::live, "live"}});
constexpr auto account_modes = std::to_array<EnumName<AccountMode>>(
    {{AccountMode::paper, "paper"}, {AccountMode::live, "live"}, {AccountMode::unknown, "unknown"}});
constexpr auto sides = std::to_array<EnumName<Side>>({{Side::buy, "buy"}, {Side::sell, "sell"}});
constexpr auto order_types =
    std::to_array<EnumName<OrderType>>({{OrderType::limit, "limit"},
                                        {OrderType::market, "market"},
                                        {OrderType::stop, "stop"},
                                        {OrderType::stop_limit, "stop_limit"},
                                        {OrderType::trailing_stop, "trailing_stop"}});
constexpr auto times_in_force = std::to_array<EnumName<TimeInForce>>(
    {{TimeInForce::day, "day"}, {TimeInForce::good_till_cancelled, "good_till_cancelled"}});
constexpr auto asset_classes = std::to_array<EnumName<AssetClass>>({{AssetClass::stock, "stock"},
                                                                    {AssetClass::etf, "etf"},
                                                                    {AssetClass::option, "option"},
                                                                    {AssetClass::future, "future"},
                                                                    {AssetClass::forex, "forex"},
                                                                    {AssetClass::bond, "bond"},
                                                                    {AssetClass::fund, "fund"},
                                                                    {AssetClass::other, "other"}});
constexpr auto data_statuses =
    std::to_array<EnumName<DataStatus>>({{DataStatus::live, "live"},
                                         {DataStatus::delayed, "delayed"},
                                         {DataStatus::stale, "stale"},
                                         {DataStatus::unavailable, "unavailable"}});
constexpr auto operations = std::to_array<EnumName<Operation>>(
    {{Operation::submit, "submit"}, {Operation::cancel, "cancel"}, {Operation::modify, "modify"}});
constexpr auto outcomes = std::to_array<EnumName<Outcome>>({{Outcome::confirmed, "confirmed"},
                                                            {Outcome::refused, "refused"},
                                                            {Outcome::not_sent, "not_sent"},
                                                            {Outcome::unknown, "unknown"}});

}  // namespace

std::span<const EnumName<Environment>> enum_names(Environment) noexcept {
    return environments;
}
std::span<const EnumName<AccountMode>> enum_names(AccountMode) noexcept {
    return account_modes;
}
std::span<const EnumName<Side>> enum_names(Side) noexcept {
    return sides;
}
std::span<const EnumName<OrderType>> enum_names(OrderType) noexcept {
    return order_types;
}
std::span<const EnumName<TimeInForce>> enum_names(TimeInForce) noexcept {
    return times_in_force;
}
std::span<const EnumName<AssetClass>> enum_names(AssetClass) noexcept {
    return asset_classes;
}
std::span<const EnumName<DataStatus>> enum_names(DataStatus) noexcept {
    return data_statuses;
}
std::span<const EnumName<Operation>> enum_names(Operation) noexcept {
    return operations;
}
std::span<const EnumName<Outcome>> enum_names(Outcome) noexcept {
    return outcomes;
}

}  // namespace ibkr::events
