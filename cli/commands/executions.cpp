#include "cli/command_list.hpp"
#include "cli/commands/order_options.hpp"
#include "cli/input.hpp"
#include "engine/gateway/gateway.hpp"

namespace ibkr::cli {
namespace {

events::Result<Call> prepare_list(const Arguments& arguments) {
    Input input(arguments);
    const events::AccountId account = input.account();
    const std::optional<events::Timestamp> from = input.time("--from");
    if (!input.ok()) return input.error();
    return Call([account, from](engine::Gateway& gateway, const engine::CallContext& context) {
        return gateway.executions_list(context, account, from);
    });
}

}  // namespace

std::vector<Command> execution_commands() {
    return {
        {.path = "executions list",
         .tool_name = "ibkr_executions_list",
         .summary = "List the fills of an account",
         .options = {account_option(), {"--from", OptionKind::text, "TIME", "only fills since, RFC 3339"}},
         .examples = {"ibkr-agent executions list --account DU1234567",
                      "ibkr-agent executions list --account DU1234567 --from 2026-01-05T09:30:00-05:00"},
         .prepare = prepare_list,
         .columns = {{"execution", "execution_id"},
                     {"order", "broker_order_id"},
                     {"contract", "contract_id"},
                     {"side", "side"},
                     {"quantity", "quantity"},
                     {"price", "price"},
                     {"currency", "currency"},
                     {"executed", "executed_at"}},
         .empty_text = "no fills"}};
}

}  // namespace ibkr::cli
