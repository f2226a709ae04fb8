#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/result.hpp"
#include "events/values/order.hpp"

namespace ibkr::engine {

/// What the broker says of its session (gateway contract 2, SessionStatus).
struct BrokerSession {
    std::string status;   ///< usable | manual_action_required | expired | competing | unavailable
    std::string backend;  ///< simulated_venue | client_portal_gateway
    events::Timestamp checked_at;
    std::optional<events::Timestamp> last_keepalive_at;
};

struct BrokerAccount {
    events::AccountId account_id;
    std::string label;
    events::AccountMode mode = events::AccountMode::unknown;
    events::Currency base_currency;
};

struct BrokerPosition {
    events::AccountId account_id;
    events::Contract contract;
    events::Quantity quantity;
    events::Price average_cost;
    events::Price market_price;
    events::Decimal market_value;
    events::Decimal unrealized_pnl;
    events::Timestamp as_of;
};

struct CashBalance {
    events::Currency currency;
    events::Decimal amount;
};

struct BrokerPortfolio {
    events::AccountId account_id;
    events::Currency base_currency;
    events::Decimal net_liquidation;
    events::Decimal available_funds;
    events::Decimal buying_power;
    events::Decimal gross_position_value;
    events::Decimal unrealized_pnl;
    events::Decimal realized_pnl;
    std::vector<CashBalance> cash_balances;
    events::Timestamp as_of;
    events::DataStatus data_status = events::DataStatus::live;
};

struct Bar {
    events::Timestamp start;
    events::Price open, high, low, close;
    events::Quantity volume;
    events::Currency currency;
};

/// The broker's own word on an order.
enum class BrokerOrderStatus : std::uint8_t {
    pending,
    working,
    partially_filled,
    filled,
    cancelled,
    rejected,
    expired
};

/// An order as the broker's book holds it. `filled_quantity` is informative: executions are the truth.
struct BrokerOrder {
    events::AccountId account_id;
    events::BrokerOrderId broker_order_id;
    events::ClientOrderId client_order_id;
    events::OrderTerms terms;
    BrokerOrderStatus status = BrokerOrderStatus::pending;
    events::Quantity filled_quantity;
    std::optional<events::Price> average_fill_price;
    std::string reason;  ///< why rejected or cancelled, text from outside
    events::Timestamp created_at;
    events::Timestamp updated_at;
};

struct SubmitRequest {
    events::AccountId account_id;
    events::Environment environment = events::Environment::paper;
    events::ClientOrderId client_order_id;
    events::OrderTerms terms;
};

/// Both ids name the order: the broker id is what the broker goes by, the client order id who it belongs to.
struct ModifyRequest {
    events::AccountId account_id;
    events::Environment environment = events::Environment::paper;
    events::BrokerOrderId broker_order_id;
    events::ClientOrderId client_order_id;
    std::optional<events::Quantity> quantity;
    std::optional<events::Price> limit_price;
    std::optional<events::Price> stop_price;
    std::optional<events::Decimal> trailing_amount;
    std::optional<events::Decimal> trailing_percent;
    std::optional<events::TimeInForce> time_in_force;
};

struct CancelRequest {
    events::AccountId account_id;
    events::Environment environment = events::Environment::paper;
    events::BrokerOrderId broker_order_id;
    events::ClientOrderId client_order_id;
};

/// What one broker write came to. `unknown` when the request may have reached the broker and no definite
/// answer came back; `not_sent` only when it provably never began.
struct BrokerAnswer {
    events::Outcome outcome = events::Outcome::unknown;
    events::BrokerOrderId broker_order_id;  ///< empty when the broker named none
    std::optional<BrokerOrderStatus> status;
    std::string message;     ///< text from outside; redacted before it is recorded
    std::string raw_answer;  ///< the bytes received; recorded as their sha256
};

/// The one way to a broker. Implementations: the simulated venue (io/broker/sim), the scripted broker of the
/// simulation tests, later the Client Portal client. Calls block and come from the effect shell or from fact
/// gathering, never from the writer; one call at a time per instance. Order writes are never retried inside.
/// Reads fail with BROKER_SESSION_REQUIRED, BROKER_SESSION_EXPIRED, BROKER_BACKEND_UNAVAILABLE,
/// BROKER_RESPONSE_INVALID, INPUT_UNAUTHORIZED_ACCOUNT, INPUT_INVALID_CONTRACT or a MARKET_DATA code.
class Broker {
public:
    virtual ~Broker() = default;

    [[nodiscard]] virtual std::string_view backend_name() const = 0;
    /// Without an outcome at recovery: true when one read of a complete book proves absence (simulated
    /// venue), false when absence needs the polls of design section 3.
    [[nodiscard]] virtual bool book_read_proves_absence() const = 0;
    /// Whether an order write is more than a commit on this machine's disk. Before each one that is, the
    /// anchors of the log's head are made durable: what others have seen must not outlive its record (design
    /// section 4, "Anchors"). False only for a venue whose book is a file beside the log.
    [[nodiscard]] virtual bool leaves_process() const { return true; }

    [[nodiscard]] virtual events::Result<BrokerSession> session() = 0;
    [[nodiscard]] virtual events::Result<std::vector<BrokerAccount>> accounts() = 0;
    [[nodiscard]] virtual events::Result<BrokerPortfolio> portfolio(const events::AccountId& account) = 0;
    [[nodiscard]] virtual events::Result<std::vector<BrokerPosition>> positions(
        const events::AccountId& account) = 0;
    /// Case-insensitive; matches symbol or description; every asset class the broker lists.
    [[nodiscard]] virtual events::Result<std::vector<events::Contract>> search_contracts(
        std::string_view query) = 0;
    [[nodiscard]] virtual events::Result<events::Contract> contract(const events::ContractId& id) = 0;
    [[nodiscard]] virtual events::Result<events::Quote> quote(const events::ContractId& id) = 0;
    /// `duration` such as "1 D", `bar_size` such as "5 mins" (gateway contract 2); newest last, at most 1000.
    [[nodiscard]] virtual events::Result<std::vector<Bar>> bars(const events::ContractId& id,
                                                                std::string_view duration,
                                                                std::string_view bar_size) = 0;
    /// Every order of the account of the present broker day, terminal ones included.
    [[nodiscard]] virtual events::Result<std::vector<BrokerOrder>> orders(
        const events::AccountId& account) = 0;
    /// The order that carries this client order id, whatever its age; nullopt when the book has none.
    [[nodiscard]] virtual events::Result<std::optional<BrokerOrder>> find_by_client_order_id(
        const events::AccountId& account, const events::ClientOrderId& id) = 0;
    [[nodiscard]] virtual events::Result<std::vector<events::Execution>> executions(
        const events::AccountId& account) = 0;
    /// Those of one order. Picked from `executions` unless the broker can be asked for them alone.
    [[nodiscard]] virtual events::Result<std::vector<events::Execution>> executions_of_order(
        const events::AccountId& account, const events::BrokerOrderId& order);

    [[nodiscard]] virtual BrokerAnswer submit(const SubmitRequest& request) = 0;
    /// Refused, and nothing changes, when the order with that broker id has another client order id: brokers
    /// give their ids out again (order-safety fault 6).
    [[nodiscard]] virtual BrokerAnswer cancel(const CancelRequest& request) = 0;
    /// Likewise.
    [[nodiscard]] virtual BrokerAnswer modify(const ModifyRequest& request) = 0;
};

[[nodiscard]] std::span<const events::EnumName<BrokerOrderStatus>> enum_names(BrokerOrderStatus) noexcept;

}  // namespace ibkr::engine
