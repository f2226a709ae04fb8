#include "cli/command_list.hpp"
#include "cli/commands/orders/order_options.hpp"
#include "cli/input.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;

/// The gates that a missing option closes, in the order of gateway contract 6: the flag before the approval.
void check_paper_flag(Input& input) {
    if (!input.has("--enable-paper"))
        input.fail(ErrorCode::paper_trading_disabled, "paper trading needs --enable-paper on each call");
}

events::Result<engine::Operation> prepare_submit(const Arguments& arguments) {
    Input input(arguments);
    const bool complete =
        input.has("--account") && input.has("--approval-id") && input.has("--idempotency-key");
    if (!complete) check_paper_flag(input);
    engine::operation::PaperSubmit request;
    request.account = input.account();
    if (input.has("--approval-id"))
        request.approval_id = input.workflow_id("--approval-id");
    else
        input.fail(ErrorCode::paper_approval_required, "the approval is missing",
                   "Preview the order, have it approved, and give its --approval-id.");
    request.idempotency_key = input.idempotency_key();
    if (!input.ok()) return input.error();
    return request;
}

events::Result<engine::Operation> prepare_cancel(const Arguments& arguments) {
    Input input(arguments);
    engine::operation::PaperCancel request;
    request.account = input.account();
    request.broker_order_id = input.broker_order_id("--broker-order-id");
    request.idempotency_key = input.idempotency_key();
    if (!input.ok()) return input.error();
    return request;
}

std::optional<events::Price> price(Input& input, std::string_view name) {
    if (auto value = input.optional_decimal(name)) return events::Price(*value);
    return std::nullopt;
}

events::Result<engine::Operation> prepare_modify(const Arguments& arguments) {
    Input input(arguments);
    engine::operation::PaperModify request;
    request.account = input.account();
    request.broker_order_id = input.broker_order_id("--broker-order-id");
    request.idempotency_key = input.idempotency_key();
    events::OrderChanges& changes = request.changes;
    if (auto quantity = input.optional_decimal("--quantity")) changes.quantity = events::Quantity(*quantity);
    changes.limit_price = price(input, "--limit-price");
    changes.stop_price = price(input, "--stop-price");
    changes.trailing_amount = input.optional_decimal("--trailing-amount");
    changes.trailing_percent = input.optional_decimal("--trailing-percent");
    if (input.has("--time-in-force"))
        changes.time_in_force = arguments.text("--time-in-force") == "gtc"
                                    ? events::TimeInForce::good_till_cancelled
                                    : input.choice<events::TimeInForce>("--time-in-force");
    if (input.has("--approval-id")) request.approval_id = input.workflow_id("--approval-id");
    if (input.ok() && changes.empty())
        input.fail(ErrorCode::order_validation_failed, "nothing to change was given",
                   "Give at least one of --quantity, --limit-price, --stop-price, --trailing-amount, "
                   "--trailing-percent and --time-in-force.");
    if (!input.ok()) return input.error();
    return request;
}

events::Result<engine::Operation> refuse_approve(const Arguments&) {
    return events::failure(
        ErrorCode::readonly_write_forbidden,
        "'orders approve' never writes: an approval belongs to a preview, not to an order",
        "Create an approval with 'ibkr-agent approvals create'; an operator grants a pending "
        "one with 'ibkr-agent approvals grant'.");
}

Option approval_option(std::string_view help) {
    return {"--approval-id", OptionKind::text, "ID", help};
}

Command submit_command() {
    return {.path = "orders submit",
            .tool_name = "ibkr_paper_order_submit",
            .summary = "Send an approved order to a paper account",
            .options = {account_option(false), approval_option("an approved approval of the order's preview"),
                        key_option(), enable_paper_option()},
            .examples = {"ibkr-agent orders submit --account DU1234567 --approval-id ID --idempotency-key "
                         "morning-1 --enable-paper"},
            .prepare = prepare_submit};
}

Command cancel_command() {
    return {.path = "orders cancel",
            .tool_name = "ibkr_paper_order_cancel",
            .summary = "Cancel a working order of a paper account",
            .options = {account_option(), order_id_option(), key_option(), enable_paper_option()},
            .examples = {"ibkr-agent orders cancel --account DU1234567 --broker-order-id 1002 "
                         "--idempotency-key cancel-1 --enable-paper"},
            .prepare = prepare_cancel};
}

Command modify_command() {
    return {.path = "orders modify",
            .tool_name = "ibkr_paper_order_modify",
            .summary = "Change a working order of a paper account",
            .options = {account_option(),
                        order_id_option(),
                        key_option(),
                        {"--quantity", OptionKind::text, "NUMBER", "new quantity"},
                        {"--limit-price", OptionKind::text, "PRICE", "new limit price"},
                        {"--stop-price", OptionKind::text, "PRICE", "new stop price"},
                        {"--trailing-amount", OptionKind::text, "AMOUNT", "new trailing amount"},
                        {"--trailing-percent", OptionKind::text, "PERCENT", "new trailing percent"},
                        {"--time-in-force", OptionKind::choice, "", "new time in force", false, "",
                         "day|gtc|good_till_cancelled"},
                        approval_option("of the replacement preview, where the policy asks for one"),
                        enable_paper_option()},
            .examples =
                {"ibkr-agent orders modify --account DU1234567 --broker-order-id 1002 --limit-price 190.50 "
                 "--idempotency-key modify-1 --enable-paper"},
            .prepare = prepare_modify};
}

}  // namespace

std::vector<Command> order_write_commands() {
    return {submit_command(),
            cancel_command(),
            modify_command(),
            {.path = "orders approve",
             .tool_name = "ibkr_order_write_refusal",
             .summary = "Never writes; see 'approvals grant'",
             .options = {},
             .examples = {"ibkr-agent approvals grant --approval-id ID"},
             .prepare = refuse_approve}};
}

}  // namespace ibkr::cli
