#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "events/describe.hpp"
#include "events/values/ids.hpp"
#include "events/values/money.hpp"

namespace ibkr::events {

enum class Environment : std::uint8_t { paper, live };
enum class AccountMode : std::uint8_t { paper, live, unknown };
enum class Side : std::uint8_t { buy, sell };
enum class OrderType : std::uint8_t { limit, market, stop, stop_limit, trailing_stop };
enum class TimeInForce : std::uint8_t { day, good_till_cancelled };
enum class AssetClass : std::uint8_t { stock, etf, option, future, forex, bond, fund, other };
enum class DataStatus : std::uint8_t { live, delayed, stale, unavailable };
enum class Operation : std::uint8_t { submit, cancel, modify };

/// What is known after a broker write (design section 1). `not_sent` is proved by us: the request never
/// began. `unknown` is an outcome, not an error: the order stays in the state unknown until evidence arrives.
enum class Outcome : std::uint8_t { confirmed, refused, not_sent, unknown };

[[nodiscard]] std::span<const EnumName<Environment>> enum_names(Environment) noexcept;
[[nodiscard]] std::span<const EnumName<AccountMode>> enum_names(AccountMode) noexcept;
[[nodiscard]] std::span<const EnumName<Side>> enum_names(Side) noexcept;
[[nodiscard]] std::span<const EnumName<OrderType>> enum_names(OrderType) noexcept;
[[nodiscard]] std::span<const EnumName<TimeInForce>> enum_names(TimeInForce) noexcept;
[[nodiscard]] std::span<const EnumName<AssetClass>> enum_names(AssetClass) noexcept;
[[nodiscard]] std::span<const EnumName<DataStatus>> enum_names(DataStatus) noexcept;
[[nodiscard]] std::span<const EnumName<Operation>> enum_names(Operation) noexcept;
[[nodiscard]] std::span<const EnumName<Outcome>> enum_names(Outcome) noexcept;

/// A contract as the broker names it.
struct Contract {
    ContractId contract_id;
    std::string symbol;
    std::string description;
    AssetClass asset_class = AssetClass::other;
    std::string exchange;
    Currency currency;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("contract_id", self.contract_id);
        v("symbol", self.symbol);
        v("description", self.description);
        v("asset_class", self.asset_class);
        v("exchange", self.exchange);
        v("currency", self.currency);
    }
    friend bool operator==(const Contract&, const Contract&) = default;
};

/// Everything that makes an order this order. Its canonical JSON, with environment and account hash, is what
/// an approval binds (`order_hash`).
struct OrderTerms {
    Contract contract;
    Side side = Side::buy;
    Quantity quantity;
    OrderType order_type = OrderType::limit;
    TimeInForce time_in_force = TimeInForce::day;
    std::optional<Price> limit_price;
    std::optional<Price> stop_price;
    std::optional<Decimal> trailing_amount;
    std::optional<Decimal> trailing_percent;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("contract", self.contract);
        v("side", self.side);
        v("quantity", self.quantity);
        v("order_type", self.order_type);
        v("time_in_force", self.time_in_force);
        v("limit_price", self.limit_price);
        v("stop_price", self.stop_price);
        v("trailing_amount", self.trailing_amount);
        v("trailing_percent", self.trailing_percent);
    }
    friend bool operator==(const OrderTerms&, const OrderTerms&) = default;
};

/// A quote as received: `source_timestamp` is the market's time, `received_at` ours. Quote age is always
/// computed from the source timestamp (gateway contract 12c.17).
struct Quote {
    ContractId contract_id;
    std::optional<Price> bid;
    std::optional<Price> ask;
    std::optional<Price> last;
    Currency currency;
    Timestamp source_timestamp;
    Timestamp received_at;
    DataStatus data_status = DataStatus::unavailable;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("contract_id", self.contract_id);
        v("bid", self.bid);
        v("ask", self.ask);
        v("last", self.last);
        v("currency", self.currency);
        v("source_timestamp", self.source_timestamp);
        v("received_at", self.received_at);
        v("data_status", self.data_status);
    }
    friend bool operator==(const Quote&, const Quote&) = default;
};

/// A broker's position at `as_of`; negative is short.
struct PositionFact {
    ContractId contract_id;
    Quantity quantity;
    Timestamp as_of;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("contract_id", self.contract_id);
        v("quantity", self.quantity);
        v("as_of", self.as_of);
    }
    friend bool operator==(const PositionFact&, const PositionFact&) = default;
};

/// One fill. Deduplicated by (account, execution_id); the truth for quantities (design 5.10).
struct Execution {
    ExecutionId execution_id;
    BrokerOrderId broker_order_id;
    ClientOrderId client_order_id;  ///< empty when the broker does not say it
    ContractId contract_id;
    Side side = Side::buy;
    Quantity quantity;
    Price price;
    Currency currency;
    Timestamp executed_at;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("execution_id", self.execution_id);
        v("broker_order_id", self.broker_order_id);
        v("client_order_id", self.client_order_id);
        v("contract_id", self.contract_id);
        v("side", self.side);
        v("quantity", self.quantity);
        v("price", self.price);
        v("currency", self.currency);
        v("executed_at", self.executed_at);
    }
    friend bool operator==(const Execution&, const Execution&) = default;
};

}  // namespace ibkr::events
