#include "cli/command_list.hpp"
#include "cli/input.hpp"
#include "engine/gateway/gateway.hpp"

namespace ibkr::cli {
namespace {

using AccountCall = engine::CallResult (engine::Gateway::*)(const engine::CallContext&,
                                                            const events::AccountId&);

/// A read of one account.
template <AccountCall read>
events::Result<Call> prepare_account(const Arguments& arguments) {
    Input input(arguments);
    const events::AccountId account = input.account();
    if (!input.ok()) return input.error();
    return Call([account](engine::Gateway& gateway, const engine::CallContext& context) {
        return (gateway.*read)(context, account);
    });
}

events::Result<Call> prepare_list(const Arguments&) {
    return Call([](engine::Gateway& gateway, const engine::CallContext& context) {
        return gateway.accounts_list(context);
    });
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
             .prepare = prepare_list,
             .columns = {{"account", "account_id"},
                         {"label", "account_label"},
                         {"mode", "account_mode"},
                         {"currency", "base_currency"}}},
            {.path = "account summary",
             .tool_name = "ibkr_account_summary",
             .summary = "Show net liquidation, cash and margin of an account",
             .options = {account_option()},
             .examples = {"ibkr-agent account summary --account DU1234567"},
             .prepare = prepare_account<&engine::Gateway::account_summary>},
            {.path = "account metadata",
             .tool_name = "ibkr_account_metadata",
             .summary = "Show mode, currency and permissions of an account",
             .options = {account_option()},
             .examples = {"ibkr-agent account metadata --account DU1234567"},
             .prepare = prepare_account<&engine::Gateway::account_metadata>},
            {.path = "portfolio snapshot",
             .tool_name = "ibkr_portfolio_snapshot",
             .summary = "Show balances, margin and allocation of an account",
             .options = {account_option()},
             .examples = {"ibkr-agent portfolio snapshot --account DU1234567"},
             .prepare = prepare_account<&engine::Gateway::portfolio_snapshot>},
            {.path = "positions list",
             .tool_name = "ibkr_positions_list",
             .summary = "List the open positions of an account",
             .options = {account_option()},
             .examples = {"ibkr-agent positions list --account DU1234567"},
             .prepare = prepare_account<&engine::Gateway::positions_list>,
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
