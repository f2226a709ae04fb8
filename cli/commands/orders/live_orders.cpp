#include "cli/command_list.hpp"
#include "cli/commands/orders/order_options.hpp"
#include "cli/input.hpp"

namespace ibkr::cli {
namespace {

/// Live trading is not part of this version: the call is recorded and refused, whatever its flags.
events::Result<engine::Operation> refuse_live(const Arguments& arguments) {
    return events::failure(events::ErrorCode::live_trading_disabled,
                           "'" + std::string(arguments.command->path) +
                               "' comes with a later version: this one never writes to a live account",
                           "Use a paper account with 'orders submit' and 'orders cancel'.");
}

std::vector<Option> live_options(const Option& subject) {
    return {account_option(false),
            subject,
            key_option(),
            {"--enable-live", OptionKind::flag, "", "allow this call to write to a live account"},
            {"--live-scope", OptionKind::flag, "", "claim the live scope for this call"},
            {"--open-kill-switch", OptionKind::flag, "", "open the kill switch for this one decision"},
            {"--acknowledge-paper-to-live", OptionKind::flag, "", "acknowledge the paper-to-live checklist"},
            {"--live-broker", OptionKind::choice, "", "writer", false, "local-candidate",
             "local-candidate|client-portal|refusing"}};
}

}  // namespace

std::vector<Command> live_order_commands() {
    return {{.path = "orders live-submit",
             .tool_name = "ibkr_live_order_submit",
             .summary = "Live orders; not in this version",
             .options = live_options({"--approval-id", OptionKind::text, "ID", "an approval of the preview"}),
             .examples = {"ibkr-agent orders submit --help"},
             .prepare = refuse_live},
            {.path = "orders live-cancel",
             .tool_name = "ibkr_live_order_cancel",
             .summary = "Live cancels; not in this version",
             .options = live_options({"--broker-order-id", OptionKind::text, "ID", "order id"}),
             .examples = {"ibkr-agent orders cancel --help"},
             .prepare = refuse_live}};
}

}  // namespace ibkr::cli
