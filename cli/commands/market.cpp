#include "cli/command_list.hpp"
#include "cli/input.hpp"

namespace ibkr::cli {
namespace {

constexpr std::size_t word_bytes_max = 16;

events::Result<engine::Operation> prepare_snapshot(const Arguments& arguments) {
    Input input(arguments);
    engine::operation::MarketSnapshot asked{input.contract_id()};
    if (!input.ok()) return input.error();
    return asked;
}

events::Result<engine::Operation> prepare_bars(const Arguments& arguments) {
    constexpr events::ErrorCode code = events::ErrorCode::historical_bars_unavailable;
    Input input(arguments);
    engine::operation::HistoricalBars asked;
    asked.contract_id = input.contract_id();
    asked.duration = input.text("--duration", word_bytes_max, code);
    asked.bar_size = input.text("--bar-size", word_bytes_max, code);
    if (!input.ok()) return input.error();
    return asked;
}

Option contract_option() {
    return {"--contract-id", OptionKind::text, "ID", "contract id, see 'contracts search'", true};
}

}  // namespace

std::vector<Command> market_commands() {
    return {
        {.path = "market snapshot",
         .tool_name = "ibkr_marketdata",
         .summary = "Show the present quote of a contract",
         .options = {contract_option()},
         .examples = {"ibkr-agent market snapshot --contract-id 265598"},
         .prepare = prepare_snapshot},
        {.path = "market bars",
         .tool_name = "ibkr_marketdata",
         .summary = "Show historical bars of a contract",
         .options = {contract_option(),
                     {"--duration", OptionKind::text, "LENGTH", "how far back, such as '1 D'", true},
                     {"--bar-size", OptionKind::text, "SIZE", "length of one bar, such as '5 mins'", true}},
         .examples = {"ibkr-agent market bars --contract-id 265598 --duration '1 D' --bar-size '1 hour'"},
         .prepare = prepare_bars,
         .columns = {{"time", "timestamp"},
                     {"open", "open"},
                     {"high", "high"},
                     {"low", "low"},
                     {"close", "close"},
                     {"volume", "volume"}},
         .empty_text = "no bars"}};
}

}  // namespace ibkr::cli
