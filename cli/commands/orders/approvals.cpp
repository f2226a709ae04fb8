#include "cli/command_list.hpp"
#include "cli/commands/orders/order_options.hpp"
#include "cli/input.hpp"

namespace ibkr::cli {
namespace {

constexpr std::size_t reason_bytes_max = 500;

events::Result<engine::Operation> prepare_create(const Arguments& arguments) {
    Input input(arguments);
    engine::operation::ApprovalCreate request;
    request.account = input.account();
    request.preview_id = input.workflow_id("--preview-id");
    if (input.has("--ttl-seconds"))
        request.ttl_seconds = static_cast<std::uint32_t>(arguments.integer("--ttl-seconds"));
    if (!input.ok()) return input.error();
    return request;
}

events::Result<engine::Operation> prepare_list(const Arguments& arguments) {
    Input input(arguments);
    engine::operation::ApprovalsList asked;
    if (input.has("--account")) asked.account = input.account();
    if (!input.ok()) return input.error();
    return asked;
}

events::Result<engine::Operation> prepare_show(const Arguments& arguments) {
    Input input(arguments);
    engine::operation::ApprovalShow asked{input.workflow_id("--approval-id")};
    if (!input.ok()) return input.error();
    return asked;
}

template <engine::ApprovalAct act>
events::Result<engine::Operation> prepare_act(const Arguments& arguments) {
    Input input(arguments);
    engine::operation::ApprovalAct request;
    request.act = act;
    request.approval_id = input.workflow_id("--approval-id");
    if (input.has("--reason")) request.reason = input.text("--reason", reason_bytes_max);
    if (!input.ok()) return input.error();
    return request;
}

Option approval_option() {
    return {"--approval-id", OptionKind::text, "ID", "approval, see 'approvals list'", true};
}

Option reason_option() {
    return {"--reason", OptionKind::text, "TEXT", "why, at most 500 bytes; recorded"};
}

std::vector<Command> operator_commands() {
    return {{.path = "approvals grant",
             .tool_name = "ibkr_approval_grant",
             .summary = "Grant a pending approval; operators only",
             .options = {approval_option(), reason_option()},
             .examples = {"ibkr-agent approvals grant --approval-id ID --reason 'checked with the desk'"},
             .prepare = prepare_act<engine::ApprovalAct::grant>},
            {.path = "approvals deny",
             .tool_name = "ibkr_approval_deny",
             .summary = "Deny a pending approval; operators only",
             .options = {approval_option(), reason_option()},
             .examples = {"ibkr-agent approvals deny --approval-id ID --reason 'too large'"},
             .prepare = prepare_act<engine::ApprovalAct::deny>},
            {.path = "approvals revoke",
             .tool_name = "ibkr_approval_revoke",
             .summary = "Take an approval back; operators only",
             .options = {approval_option(), reason_option()},
             .examples = {"ibkr-agent approvals revoke --approval-id ID"},
             .prepare = prepare_act<engine::ApprovalAct::revoke>}};
}

}  // namespace

std::vector<Command> approval_commands() {
    std::vector<Command> commands = {
        {.path = "approvals create",
         .tool_name = "ibkr_approval_create",
         .summary = "Approve the order of a preview for a short time",
         .options = {account_option(),
                     {"--preview-id", OptionKind::text, "ID", "preview, from 'orders preview'", true},
                     {"--ttl-seconds", OptionKind::integer, "SECONDS",
                      "life of the approval, kept within 10 to 3600 (default: the configured one, 300)",
                      false, "", "", 0, 4'294'967'295}},
         .examples = {"ibkr-agent approvals create --account DU1234567 --preview-id ID"},
         .prepare = prepare_create},
        {.path = "approvals list",
         .tool_name = "ibkr_approvals_list",
         .summary = "List approvals, newest first",
         .options = {{"--account", OptionKind::text, "ACCOUNT", "only of this account"}},
         .examples = {"ibkr-agent approvals list"},
         .prepare = prepare_list,
         .columns = {{"approval", "approval_id"},
                     {"preview", "preview_id"},
                     {"account", "account_id"},
                     {"status", "status"},
                     {"approved by", "approved_by"},
                     {"expires", "expires_at"}},
         .empty_text = "no approvals"},
        {.path = "approvals show",
         .tool_name = "ibkr_approval_show",
         .summary = "Show one approval",
         .options = {approval_option()},
         .examples = {"ibkr-agent approvals show --approval-id ID"},
         .prepare = prepare_show},
    };
    for (Command& command : operator_commands())
        commands.push_back(std::move(command));
    return commands;
}

}  // namespace ibkr::cli
