#pragma once

#include <string>
#include <vector>

#include "engine/account_directory.hpp"
#include "engine/ports/broker.hpp"

namespace ibkr::engine {

// Answers of the reads as canonical JSON (gateway contract section 2, "Shapes"). Pure, but for the directory,
// which learns the accounts that the broker lists.

/// Interfaces, "CLI and wire".
struct HealthReport {
    std::string gateway;  ///< ok | held | paused
    std::string version;
    std::string role;  ///< owner | forwarded | none
    events::SequenceId log_head;
    std::uint64_t projections_lag = 0;  ///< events
};
[[nodiscard]] std::string health_payload(const HealthReport& report);

/// SessionStatus: `status` is one of the contract's three words, `session_state` the exact one.
[[nodiscard]] std::string session_payload(const BrokerSession& session);

/// [Account]; every account goes into the directory.
[[nodiscard]] std::string accounts_payload(const std::vector<BrokerAccount>& accounts,
                                           AccountDirectory& directory);
/// AccountProfile. What the broker port does not tell stands in `not_reported` and has its cautious value.
[[nodiscard]] std::string account_profile_payload(const BrokerAccount& account);

[[nodiscard]] std::string account_summary_payload(const BrokerPortfolio& portfolio);
/// Shares of the net liquidation value by asset class, of what is held in the base currency.
[[nodiscard]] std::string portfolio_payload(const BrokerPortfolio& portfolio,
                                            const std::vector<BrokerPosition>& positions);
[[nodiscard]] std::string positions_payload(const std::vector<BrokerPosition>& positions);

[[nodiscard]] std::string contract_payload(const events::Contract& contract);
/// [Contract]; `is_unique_match` is true for the only one.
[[nodiscard]] std::string contracts_payload(const std::vector<events::Contract>& contracts);

/// Age in seconds of a quote beyond which it is shown as stale (gateway contract 4, market data policy).
inline constexpr std::int64_t snapshot_age_seconds_max = 900;
/// Snapshot. `data_status` and `staleness_seconds` come from the source timestamp's age at `now`, never from
/// the broker's own claim of freshness (gateway contract 12c.17).
[[nodiscard]] std::string snapshot_payload(const events::Quote& quote, events::Timestamp now);

/// [Bar], oldest first.
[[nodiscard]] std::string bars_payload(const std::vector<Bar>& bars);

}  // namespace ibkr::engine
