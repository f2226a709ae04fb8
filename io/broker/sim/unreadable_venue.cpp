#include "io/broker/sim/unreadable_venue.hpp"

#include "io/broker/sim/venue_internal.hpp"

namespace ibkr::io {

using events::AccountId;
using events::failure;
using events::Result;

std::string_view UnreadableVenue::backend_name() const {
    return venue_backend_name;
}

Result<std::vector<engine::BrokerAccount>> UnreadableVenue::accounts() {
    return venue_accounts();
}

engine::BrokerAnswer UnreadableVenue::not_sent() const {
    engine::BrokerAnswer answer;
    answer.outcome = events::Outcome::not_sent;
    answer.message = error_.message;
    return answer;
}

Result<engine::BrokerSession> UnreadableVenue::session() {
    return failure(error_);
}

Result<engine::BrokerPortfolio> UnreadableVenue::portfolio(const AccountId& /*account*/) {
    return failure(error_);
}

Result<std::vector<engine::BrokerPosition>> UnreadableVenue::positions(const AccountId& /*account*/) {
    return failure(error_);
}

Result<std::vector<events::Contract>> UnreadableVenue::search_contracts(std::string_view /*query*/) {
    return failure(error_);
}

Result<events::Contract> UnreadableVenue::contract(const events::ContractId& /*id*/) {
    return failure(error_);
}

Result<events::Quote> UnreadableVenue::quote(const events::ContractId& /*id*/) {
    return failure(error_);
}

Result<std::vector<engine::Bar>> UnreadableVenue::bars(const events::ContractId& /*id*/,
                                                       std::string_view /*duration*/,
                                                       std::string_view /*bar_size*/) {
    return failure(error_);
}

Result<std::vector<engine::BrokerOrder>> UnreadableVenue::orders(const AccountId& /*account*/) {
    return failure(error_);
}

Result<std::optional<engine::BrokerOrder>> UnreadableVenue::find_by_client_order_id(
    const AccountId& /*account*/, const events::ClientOrderId& /*id*/) {
    return failure(error_);
}

Result<std::vector<events::Execution>> UnreadableVenue::executions(const AccountId& /*account*/) {
    return failure(error_);
}

engine::BrokerAnswer UnreadableVenue::submit(const engine::SubmitRequest& /*request*/) {
    return not_sent();
}

engine::BrokerAnswer UnreadableVenue::cancel(const engine::CancelRequest& /*request*/) {
    return not_sent();
}

engine::BrokerAnswer UnreadableVenue::modify(const engine::ModifyRequest& /*request*/) {
    return not_sent();
}

}  // namespace ibkr::io
