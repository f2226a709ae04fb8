#include "cli/command_list.hpp"
#include "cli/input.hpp"

namespace ibkr::cli {
namespace {

/// A read of one account.
template <class Read>
events::Result<engine::Operation> prepare_account(const Arguments& arguments) {
    Input input(arguments);
    Read asked;
    asked.account = input.account();
    if (!input.ok()) return input.error();
    return asked;
}

Option account_option() {
    return {"--account", OptionKind::text, "ACCOUNT", "account id, see 'accounts list'", true};
}

}  // namespace

std::vector<Command> account_commands() {
    return {{.path = "accounts list",
             .tool_name = "ibkr_accounts_list",
             .summary = "List the accounts of the broker session",
             .options = {},
             .examples = {"ibkr-agent accounts list", "ibkr-agent accounts list --json"},
             .prepare = prepare_plain<engine::operation::AccountsList>,
             .columns = {{"account", "account_id"},
                         {"label", "account_label"},
                         {"mode", "account_mode"},
                         {"currency", "base_currency"}}},
            {.path = "account summary",
             .tool_name = "ibkr_account_summary",
             .summary = "Show net liquidation, cash and margin of an account",
             .options = {account_option()},
             .examples = {"ibkr-agent account summary --account DU1234567"},
             .prepare = prepare_account<engine::operation::AccountSummary>},
            {.path = "account metadata",
             .tool_name = "ibkr_account_metadata",
             .summary = "Show mode, currency and permissions of an account",
             .options = {account_option()},
             .examples = {"ibkr-agent account metadata --account DU1234567"},
             .prepare = prepare_account<engine::operation::AccountMetadata>},
            {.path = "portfolio snapshot",
             .tool_name = "ibkr_portfolio_snapshot",
             .summary = "Show balances, margin and allocation of an account",
             .options = {account_option()},
             .examples = {"ibkr-agent portfolio snapshot --account DU1234567"},
             .prepare = prepare_account<engine::operation::PortfolioSnapshot>},
            {.path = "positions list",
             .tool_name = "ibkr_positions_list",
             .summary = "List the open positions of an account",
             .options = {account_option()},
             .examples = {"ibkr-agent positions list --account DU1234567"},
             .prepare = prepare_account<engine::operation::PositionsList>,
             .columns = {{"symbol", "symbol"},
                         {"contract", "contract_id"},
                         {"quantity", "quantity"},
                         {"price", "market_price"},
                         {"value", "market_value"},
                         {"unrealised", "unrealized_pnl"},
                         {"currency", "currency"},
                         {"as of", "as_of"}},
             .empty_text = "no open positions"}};
}

}  // namespace ibkr::cli
