#include "engine/gateway/read_questions.hpp"

#include <algorithm>
#include <cassert>

#include "engine/payloads/audit_payloads.hpp"
#include "engine/payloads/payload_parts.hpp"
#include "events/json/describe_codec.hpp"
#include "events/redaction/sensitive_spans.hpp"

namespace ibkr::engine {

using events::AssetClass;
using events::Contract;
using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

bool same_without_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return events::ascii_lower(x) == events::ascii_lower(y); });
}

bool is_supported(AssetClass asset_class) noexcept {
    return asset_class == AssetClass::stock || asset_class == AssetClass::etf;
}

/// Every condition but the asset class that the query names.
bool meets(const Contract& contract, const ContractQuery& query) noexcept {
    return (!query.currency || contract.currency == *query.currency) &&
           (query.exchange.empty() || same_without_case(contract.exchange, query.exchange));
}

tl::unexpected<events::Error> unsupported(AssetClass asset_class) {
    return failure(ErrorCode::input_unsupported_asset_class,
                   "asset class " + std::string(name_of(asset_class)) + " is not supported");
}

Result<void> check_query(const ContractQuery& query) {
    if (query.query.empty() || query.query.size() > contract_query_bytes_max)
        return failure(ErrorCode::input_invalid_contract,
                       "a contract query has 1 to " + std::to_string(contract_query_bytes_max) + " bytes");
    if (query.asset_class && !is_supported(*query.asset_class)) return unsupported(*query.asset_class);
    return {};
}

/// The contract of an id, when the query is one that the broker knows.
Result<Contract> contract_of_id(Broker& broker, const ContractQuery& query) {
    auto contract = broker.contract(events::ContractId(query.query));
    if (!contract) return contract;
    if (!is_supported(contract->asset_class)) return unsupported(contract->asset_class);
    const bool class_differs = query.asset_class && contract->asset_class != *query.asset_class;
    if (class_differs || !meets(*contract, query))
        return failure(ErrorCode::input_invalid_contract,
                       "the contract with this id is not of the asset class, currency or exchange asked for");
    return contract;
}

}  // namespace

Question& Question::account(const events::AccountId& account) {
    assert(runtime_ != nullptr);
    if (!account.empty()) members_["account"] = runtime_->accounts().hash(account).text();
    return *this;
}

Question& Question::text(std::string_view name, std::string_view value) {
    if (!value.empty()) members_[std::string(name)] = outside_text(value);
    return *this;
}

Question& Question::contract_query(const ContractQuery& query) {
    text("query", query.query).text("exchange", query.exchange);
    if (query.asset_class) text("asset_class", name_of(*query.asset_class));
    if (query.currency) text("currency", query.currency->code());
    return *this;
}

std::string Question::json() const {
    return events::to_canonical_json(members_);
}

std::string audit_tail_arguments(std::uint32_t limit, bool full) {
    return Question()
        .text("limit", std::to_string(audit_tail_limit(limit)))
        .text("full", full ? "true" : "")
        .json();
}

std::string audit_export_arguments(const AuditExportRequest& request) {
    const auto number = [](const std::optional<std::uint64_t>& value) {
        return value ? std::to_string(*value) : std::string();
    };
    return Question()
        .text("limit", std::to_string(request.limit))
        .text("from_sequence", number(request.from_sequence))
        .text("to_sequence", number(request.to_sequence))
        .json();
}

std::string audit_verify_arguments() {
    return Question().json();
}

Result<void> check_contract_id(const events::ContractId& id) {
    if (events::is_id_text(id.text(), events::ContractIdTag::length_max)) return {};
    return failure(ErrorCode::input_invalid_contract,
                   id.empty() ? "no contract id was named" : "that is not a contract id");
}

Result<std::vector<Contract>> search_contracts(Broker& broker, const ContractQuery& query) {
    if (auto valid = check_query(query); !valid) return failure(valid.error());
    auto found = broker.search_contracts(query.query);
    if (!found) return found;
    std::erase_if(*found, [&](const Contract& contract) { return !meets(contract, query); });
    const bool any = !found->empty();
    const AssetClass first = any ? found->front().asset_class : AssetClass::other;
    std::erase_if(*found, [](const Contract& contract) { return !is_supported(contract.asset_class); });
    if (any && found->empty()) return unsupported(first);
    if (query.asset_class)
        std::erase_if(*found,
                      [&](const Contract& contract) { return contract.asset_class != *query.asset_class; });
    if (found->size() > contracts_max) found->resize(contracts_max);
    return found;
}

Result<Contract> resolve_contract(Broker& broker, const ContractQuery& query) {
    if (auto valid = check_query(query); !valid) return failure(valid.error());
    const bool is_number =
        std::all_of(query.query.begin(), query.query.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (is_number && events::is_id_text(query.query, events::ContractIdTag::length_max))
        return contract_of_id(broker, query);
    auto found = search_contracts(broker, query);
    if (!found) return failure(found.error());
    std::vector<Contract> exact;
    std::copy_if(found->begin(), found->end(), std::back_inserter(exact),
                 [&](const Contract& contract) { return same_without_case(contract.symbol, query.query); });
    const std::vector<Contract>& candidates = exact.empty() ? *found : exact;
    if (candidates.empty())
        return failure(ErrorCode::input_invalid_contract, "no contract matches the query");
    if (candidates.size() > 1)
        return failure(ErrorCode::input_ambiguous_contract,
                       std::to_string(candidates.size()) + " contracts match the query");
    return candidates.front();
}

}  // namespace ibkr::engine
