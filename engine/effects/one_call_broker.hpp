#pragma once

#include <mutex>

#include "engine/ports/broker.hpp"

namespace ibkr::engine {

/// A broker as many threads may call it: one call at a time goes on to the one that is borrowed, which must
/// outlive it. So order writes never overlap either (design 5.9: one at a time per broker session).
class OneCallBroker final : public Broker {
public:
    explicit OneCallBroker(Broker& broker) : broker_(broker) {}

    [[nodiscard]] std::string_view backend_name() const override { return broker_.backend_name(); }
    [[nodiscard]] bool book_read_proves_absence() const override {
        return broker_.book_read_proves_absence();
    }
    [[nodiscard]] bool leaves_process() const override { return broker_.leaves_process(); }

    [[nodiscard]] events::Result<BrokerSession> session() override;
    [[nodiscard]] events::Result<std::vector<BrokerAccount>> accounts() override;
    [[nodiscard]] events::Result<BrokerPortfolio> portfolio(const events::AccountId& account) override;
    [[nodiscard]] events::Result<std::vector<BrokerPosition>> positions(
        const events::AccountId& account) override;
    [[nodiscard]] events::Result<std::vector<events::Contract>> search_contracts(
        std::string_view query) override;
    [[nodiscard]] events::Result<events::Contract> contract(const events::ContractId& id) override;
    [[nodiscard]] events::Result<events::Quote> quote(const events::ContractId& id) override;
    [[nodiscard]] events::Result<std::vector<Bar>> bars(const events::ContractId& id,
                                                        std::string_view duration,
                                                        std::string_view bar_size) override;
    [[nodiscard]] events::Result<std::vector<BrokerOrder>> orders(const events::AccountId& account) override;
    [[nodiscard]] events::Result<std::optional<BrokerOrder>> find_by_client_order_id(
        const events::AccountId& account, const events::ClientOrderId& id) override;
    [[nodiscard]] events::Result<std::vector<events::Execution>> executions(
        const events::AccountId& account) override;
    [[nodiscard]] events::Result<std::vector<events::Execution>> executions_of_order(
        const events::AccountId& account, const events::BrokerOrderId& order) override;
    [[nodiscard]] BrokerAnswer submit(const SubmitRequest& request) override;
    [[nodiscard]] BrokerAnswer cancel(const CancelRequest& request) override;
    [[nodiscard]] BrokerAnswer modify(const ModifyRequest& request) override;

private:
    Broker& broker_;
    std::mutex mutex_;
};

}  // namespace ibkr::engine
