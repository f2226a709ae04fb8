#include "cli/command_list.hpp"
#include "cli/input.hpp"

namespace ibkr::cli {
namespace {

constexpr std::size_t query_bytes_max = 64;
constexpr std::size_t exchange_bytes_max = 32;

template <class Search>
events::Result<engine::Operation> prepare(const Arguments& arguments) {
    Input input(arguments);
    Search query;
    query.query = input.text("QUERY", query_bytes_max, events::ErrorCode::input_invalid_contract);
    if (input.has("--asset-class")) query.asset_class = input.choice<events::AssetClass>("--asset-class");
    if (input.has("--currency")) query.currency = input.currency("--currency");
    if (input.has("--exchange")) query.exchange = input.text("--exchange", exchange_bytes_max);
    if (!input.ok()) return input.error();
    return query;
}

std::vector<Option> options() {
    return {{"QUERY", OptionKind::text, "QUERY", "symbol or part of the name", true},
            {"--asset-class", OptionKind::choice, "CLASS", "only this asset class", false, "", "stock|etf"},
            {"--currency", OptionKind::text, "CODE", "only this currency, such as USD"},
            {"--exchange", OptionKind::text, "NAME", "only this exchange, such as SMART"}};
}

}  // namespace

std::vector<Command> contract_commands() {
    return {{.path = "contracts search",
             .tool_name = "ibkr_contracts",
             .summary = "Search contracts by symbol or name",
             .options = options(),
             .examples = {"ibkr-agent contracts search AAPL",
                          "ibkr-agent contracts search bond --asset-class etf"},
             .prepare = prepare<engine::operation::ContractsSearch>,
             .columns = {{"contract", "contract_id"},
                         {"symbol", "symbol"},
                         {"description", "description"},
                         {"class", "asset_class"},
                         {"exchange", "exchange"},
                         {"currency", "currency"}},
             .empty_text = "no contract matches"},
            {.path = "contracts resolve",
             .tool_name = "ibkr_contracts",
             .summary = "Find the one contract that is meant",
             .options = options(),
             .examples = {"ibkr-agent contracts resolve AAPL --exchange SMART"},
             .prepare = prepare<engine::operation::ContractResolve>}};
}

}  // namespace ibkr::cli
