#include "cli/command_list.hpp"
#include "cli/commands/orders/order_options.hpp"
#include "cli/input.hpp"

namespace ibkr::cli {
namespace {

events::Result<engine::Operation> prepare_list(const Arguments& arguments) {
    Input input(arguments);
    engine::operation::ExecutionsList asked;
    asked.account = input.account();
    asked.from = input.time("--from");
    if (!input.ok()) return input.error();
    return asked;
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
