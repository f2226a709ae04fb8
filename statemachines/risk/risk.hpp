#pragma once

#include <optional>

#include "events/catalogue/preview_events.hpp"
#include "events/records.hpp"
#include "events/result.hpp"
#include "statemachines/commands.hpp"
#include "statemachines/policy.hpp"

namespace ibkr::statemachines {

/// A quote whose source time lies further ahead than this is not believed.
inline constexpr std::int64_t quote_ahead_ms_max = 5000;

/// Evaluates every check of a risk policy and collects every reason: gateway contract section 6, then the
/// older Python server's controls. Same answer for the same values, for ever under one `decider_version`.
/// - A limit is kept by a value that equals it.
/// - What cannot be computed or is not known (an overflow, no usable quote, no position) is a reason, never a
/// pass.
/// - `exposure` does not hold the order itself.
/// - `policy_hash` of the answer is left empty: the caller knows it.
[[nodiscard]] events::OrderRiskChecked evaluate(const RiskPolicy& policy, const events::OrderTerms& terms,
                                                const MarketFacts& market, const events::Exposure& exposure,
                                                const events::OrderCount& today, events::Timestamp now);

/// The price an order is valued at: its limit price, else its stop price, else the quote's side it would meet
/// (ask for a buy, bid for a sell), else the last price. Where the order would fill at a higher price than it
/// names (a sell limit below the bid, a buy stop below the ask, a sell stop-limit's stop), that price counts.
/// Only prices above zero, and only a quote of the contract in the contract's currency. nullopt: none.
[[nodiscard]] std::optional<events::Price> reference_price(const events::OrderTerms& terms,
                                                           const std::optional<events::Quote>& quote);

/// reference price x quantity; nullopt when there is no price or the product does not fit.
[[nodiscard]] std::optional<events::Money> order_notional(const events::OrderTerms& terms,
                                                          const std::optional<events::Quote>& quote);

/// The last moment at which `quote` is still fresh under the policy; nullopt when freshness is not checked.
[[nodiscard]] std::optional<events::Timestamp> fresh_until(const RiskPolicy& policy,
                                                           const std::optional<events::Quote>& quote);

}  // namespace ibkr::statemachines
