#include "engine/gateway/gather.hpp"

#include <algorithm>
#include <cctype>

namespace ibkr::engine {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

bool same_without_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::toupper(x) == std::toupper(y); });
}

}  // namespace

Result<BrokerAccount> known_account(Runtime& runtime, const events::AccountId& account) {
    if (account.empty()) return failure(ErrorCode::input_missing_account, "no account was named");
    auto listed = runtime.broker().accounts();
    if (!listed) return failure(listed.error());
    for (const BrokerAccount& own : *listed)
        runtime.accounts().add(own.account_id);
    const auto found = std::find_if(listed->begin(), listed->end(),
                                    [&](const BrokerAccount& own) { return own.account_id == account; });
    if (found == listed->end())
        return failure(ErrorCode::input_unauthorized_account,
                       "the broker's session does not list this account");
    return *found;
}

Result<events::Contract> contract_by_symbol(Runtime& runtime, const std::string& symbol,
                                            const events::Currency& currency) {
    auto found = runtime.broker().search_contracts(symbol);
    if (!found) return failure(found.error());
    std::erase_if(*found, [&](const events::Contract& candidate) {
        return !same_without_case(candidate.symbol, symbol) || candidate.currency != currency;
    });
    if (found->empty())
        return failure(ErrorCode::input_invalid_contract,
                       "no contract in " + std::string(currency.code()) + " has exactly this symbol");
    if (found->size() > 1)
        return failure(ErrorCode::input_ambiguous_contract,
                       std::to_string(found->size()) + " contracts have this symbol and currency");
    return found->front();
}

Result<statemachines::MarketFacts> market_facts(Runtime& runtime, const BrokerAccount& account,
                                                const events::ContractId& contract,
                                                std::optional<PositionRead>& read) {
    statemachines::MarketFacts facts;
    facts.account_mode = account.mode;
    auto day_start = runtime.day_start();
    if (!day_start) return failure(day_start.error());
    facts.day_start = *day_start;
    if (contract.empty()) return facts;
    if (auto quote = runtime.broker().quote(contract)) facts.quote = std::move(*quote);
    read = runtime.begin_position_read(runtime.accounts().hash(account.account_id), contract);
    const events::Timestamp asked_at = runtime.now();
    if (auto positions = runtime.broker().positions(account.account_id)) {
        // A complete list without the contract says: none is held.
        facts.position = events::PositionFact{contract, {}, asked_at};
        for (const BrokerPosition& position : *positions)
            if (position.contract.contract_id == contract)
                facts.position = events::PositionFact{contract, position.quantity, position.as_of};
    }
    return facts;
}

Result<Gathered> order_facts(Runtime& runtime, const CallContext& context, const BrokerAccount& account,
                             const events::ContractId& contract) {
    Gathered gathered;
    statemachines::OrderFacts facts;
    auto market = market_facts(runtime, account, contract, gathered.position_read);
    if (!market) return failure(market.error());
    facts.market = std::move(*market);
    facts.new_id = runtime.new_id();
    facts.enable_paper = context.enable_paper;
    facts.log_prefix = runtime.log_prefix();
    facts.network_broker = !runtime.broker().book_read_proves_absence();
    facts.now = runtime.now();
    gathered.facts = std::move(facts);
    return gathered;
}

statemachines::ActFacts act_facts(Runtime& runtime, const CallContext& context) {
    return {runtime.now(), runtime.new_id(), context.is_operator, context.actor.user_id};
}

}  // namespace ibkr::engine
