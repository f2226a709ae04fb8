#pragma once

#include "engine/ports/broker.hpp"
#include "events/result.hpp"

namespace ibkr::io {

/// Stands in for a simulated venue whose book cannot be read, so that the kill switch, the log and its
/// readers still work. Says which accounts there are, which the book does not decide; answers every other
/// read with the error that opening the book gave, and sends nothing. What the venue's book would prove it
/// leaves open: an order without an outcome stays unknown until the book is back.
class UnreadableVenue final : public engine::Broker {
public:
    explicit UnreadableVenue(events::Error error) : error_(std::move(error)) {}

    [[nodiscard]] std::string_view backend_name() const override;
    [[nodiscard]] bool book_read_proves_absence() const override { return true; }
    [[nodiscard]] bool leaves_process() const override { return false; }

    [[nodiscard]] events::Result<engine::BrokerSession> session() override;
    [[nodiscard]] events::Result<std::vector<engine::BrokerAccount>> accounts() override;
    [[nodiscard]] events::Result<engine::BrokerPortfolio> portfolio(
        const events::AccountId& account) override;
    [[nodiscard]] events::Result<std::vector<engine::BrokerPosition>> positions(
        const events::AccountId& account) override;
    [[nodiscard]] events::Result<std::vector<events::Contract>> search_contracts(
        std::string_view query) override;
    [[nodiscard]] events::Result<events::Contract> contract(const events::ContractId& id) override;
    [[nodiscard]] events::Result<events::Quote> quote(const events::ContractId& id) override;
    [[nodiscard]] events::Result<std::vector<engine::Bar>> bars(const events::ContractId& id,
                                                                std::string_view duration,
                                                                std::string_view bar_size) override;
    [[nodiscard]] events::Result<std::vector<engine::BrokerOrder>> orders(
        const events::AccountId& account) override;
    [[nodiscard]] events::Result<std::optional<engine::BrokerOrder>> find_by_client_order_id(
        const events::AccountId& account, const events::ClientOrderId& id) override;
    [[nodiscard]] events::Result<std::vector<events::Execution>> executions(
        const events::AccountId& account) override;

    [[nodiscard]] engine::BrokerAnswer submit(const engine::SubmitRequest& request) override;
    [[nodiscard]] engine::BrokerAnswer cancel(const engine::CancelRequest& request) override;
    [[nodiscard]] engine::BrokerAnswer modify(const engine::ModifyRequest& request) override;

private:
    [[nodiscard]] engine::BrokerAnswer not_sent() const;
    events::Error error_;
};

}  // namespace ibkr::io
