#pragma once

#include "engine/call.hpp"
#include "engine/gateway/requests.hpp"
#include "engine/runtime.hpp"

namespace ibkr::engine {

// Facts for decisions: read from the broker before a command enters the engine, with source and receive times
// (design 5.5). Nothing here decides or records.

/// The account as the broker lists it. INPUT_MISSING_ACCOUNT, INPUT_UNAUTHORIZED_ACCOUNT.
[[nodiscard]] events::Result<BrokerAccount> known_account(Runtime& runtime, const events::AccountId& account);

/// The one contract with exactly this symbol (case-insensitive) and currency. INPUT_INVALID_CONTRACT when
/// there is none, INPUT_AMBIGUOUS_CONTRACT when there are several.
[[nodiscard]] events::Result<events::Contract> contract_by_symbol(Runtime& runtime, const std::string& symbol,
                                                                  const events::Currency& currency);

/// What a decision is to be made from, and when its position was read.
struct Gathered {
    statemachines::Facts facts;
    std::optional<PositionRead> position_read = std::nullopt;
};

/// Quote and position of one contract; neither when `contract` is empty. A quote that cannot be had is left
/// out: the risk policy refuses what it needs and does not find. Sets `read`, begun before the position was
/// asked for; so is the moment from which a position that is not held is known.
[[nodiscard]] events::Result<statemachines::MarketFacts> market_facts(Runtime& runtime,
                                                                      const BrokerAccount& account,
                                                                      const events::ContractId& contract,
                                                                      std::optional<PositionRead>& read);

/// Facts of a broker write.
[[nodiscard]] events::Result<Gathered> order_facts(Runtime& runtime, const CallContext& context,
                                                   const BrokerAccount& account,
                                                   const events::ContractId& contract);

[[nodiscard]] statemachines::ActFacts act_facts(Runtime& runtime, const CallContext& context);

}  // namespace ibkr::engine
