#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gateway/requests.hpp"
#include "engine/ports/broker.hpp"
#include "engine/runtime.hpp"

namespace ibkr::engine {

inline constexpr std::uint32_t orders_limit_max = 500;
inline constexpr std::size_t contract_query_bytes_max = 100;
/// Contracts of one search answer, at most.
inline constexpr std::size_t contracts_max = 200;

/// The arguments of a read as they are recorded: texts made safe, account ids as hashes, empty ones left out.
class Question {
public:
    /// Of no account: needs no engine.
    Question() = default;
    explicit Question(Runtime& runtime) : runtime_(&runtime) {}
    /// Precondition (asserted): the question has a runtime, which knows the hash.
    Question& account(const events::AccountId& account);
    Question& text(std::string_view name, std::string_view value);
    Question& contract_query(const ContractQuery& query);
    [[nodiscard]] std::string json() const;

private:
    Runtime* runtime_ = nullptr;
    std::map<std::string, std::string> members_;
};

// The arguments of the audit reads: the same whether the owner makes the read or a process beside it, which
// has no engine.
[[nodiscard]] std::string audit_tail_arguments(std::uint32_t limit, bool full);
[[nodiscard]] std::string audit_export_arguments(const AuditExportRequest& request);
[[nodiscard]] std::string audit_verify_arguments();

/// INPUT_INVALID_CONTRACT unless it is a contract id's text.
[[nodiscard]] events::Result<void> check_contract_id(const events::ContractId& id);

/// Stocks and ETFs that match, by every condition the query names (gateway contract 12c.19). Errors:
/// INPUT_INVALID_CONTRACT (empty or too long), INPUT_UNSUPPORTED_ASSET_CLASS (asked for, or all there is).
[[nodiscard]] events::Result<std::vector<events::Contract>> search_contracts(Broker& broker,
                                                                             const ContractQuery& query);

/// The one contract a symbol, a name or a contract id means. Exact symbols win over other matches. Errors: as
/// the search, INPUT_INVALID_CONTRACT for none and INPUT_AMBIGUOUS_CONTRACT for several.
[[nodiscard]] events::Result<events::Contract> resolve_contract(Broker& broker, const ContractQuery& query);

}  // namespace ibkr::engine
