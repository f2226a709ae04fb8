#include "cli/command_list.hpp"
#include "cli/commands/orders/order_options.hpp"
#include "cli/input.hpp"

namespace ibkr::cli {
namespace {

constexpr std::size_t symbol_bytes_max = 32;
constexpr std::size_t rationale_bytes_max = 500;
constexpr std::string_view order_types = "limit|market|stop|stop_limit|trailing_stop";

events::Result<engine::Operation> prepare_list(const Arguments& arguments) {
    Input input(arguments);
    engine::operation::OrdersList query;
    query.account = input.account();
    query.limit = static_cast<std::uint32_t>(arguments.integer("--limit"));
    if (!input.ok()) return input.error();
    return query;
}

events::Result<engine::Operation> prepare_status(const Arguments& arguments) {
    Input input(arguments);
    engine::operation::OrderStatus asked;
    asked.account = input.account();
    asked.id = input.broker_order_id("--broker-order-id").text();
    if (!input.ok()) return input.error();
    return asked;
}

std::optional<events::Price> price(Input& input, std::string_view name) {
    if (auto value = input.optional_decimal(name)) return events::Price(*value);
    return std::nullopt;
}

events::Result<engine::Operation> prepare_preview(const Arguments& arguments) {
    Input input(arguments);
    engine::operation::OrderPreview request;
    request.account = input.account();
    if (input.has("--environment")) request.environment = input.choice<events::Environment>("--environment");
    request.symbol = input.text("--symbol", symbol_bytes_max);
    request.side = input.choice<events::Side>("--side");
    request.quantity = events::Quantity(input.decimal("--quantity"));
    request.order_type = input.choice<events::OrderType>("--order-type");
    request.time_in_force = input.choice<events::TimeInForce>("--time-in-force");
    request.currency = input.currency("--currency");
    request.limit_price = price(input, "--limit-price");
    request.stop_price = price(input, "--stop-price");
    request.trailing_amount = input.optional_decimal("--trailing-amount");
    request.trailing_percent = input.optional_decimal("--trailing-percent");
    if (input.has("--rationale")) request.rationale = input.text("--rationale", rationale_bytes_max);
    if (input.has("--replaces")) request.replaces = input.broker_order_id("--replaces");
    if (!input.ok()) return input.error();
    return request;
}

std::vector<Option> preview_options() {
    return {account_option(),
            {"--symbol", OptionKind::text, "SYMBOL", "what to trade", true},
            {"--side", OptionKind::choice, "", "direction", true, "", "buy|sell"},
            {"--quantity", OptionKind::text, "NUMBER", "shares", true},
            {"--order-type", OptionKind::choice, "", "kind of order", false, "limit", order_types},
            {"--limit-price", OptionKind::text, "PRICE", "for limit and stop_limit"},
            {"--stop-price", OptionKind::text, "PRICE", "for stop and stop_limit"},
            {"--trailing-amount", OptionKind::text, "AMOUNT", "for trailing_stop"},
            {"--trailing-percent", OptionKind::text, "PERCENT", "for trailing_stop, instead of an amount"},
            {"--time-in-force", OptionKind::choice, "", "how long the order works", false, "day",
             time_in_force_words},
            {"--currency", OptionKind::text, "CODE", "currency of the contract", false, "USD"},
            {"--environment", OptionKind::choice, "", "default: the account's mode", false, "", "paper|live"},
            {"--rationale", OptionKind::text, "TEXT", "why, at most 500 bytes; recorded"},
            {"--replaces", OptionKind::text, "ORDER_ID", "preview a change of this working order"},
            {"--enable-preview", OptionKind::flag, "", "allow this preview when the configuration does not"}};
}

}  // namespace

std::vector<Command> order_commands() {
    return {
        {.path = "orders list",
         .tool_name = "ibkr_orders_list",
         .summary = "List the orders of an account",
         .options = {account_option(),
                     {"--limit", OptionKind::integer, "N", "at most so many", false, "100", "", 1, 500}},
         .examples = {"ibkr-agent orders list --account DU1234567"},
         .prepare = prepare_list,
         .columns = {{"order", "broker_order_id"},
                     {"symbol", "symbol"},
                     {"side", "side"},
                     {"quantity", "quantity"},
                     {"filled", "filled_quantity"},
                     {"limit", "limit_price"},
                     {"currency", "currency"},
                     {"status", "status"},
                     {"state", "order_state"},
                     {"updated", "updated_at"}},
         .empty_text = "no orders"},
        {.path = "orders status",
         .tool_name = "ibkr_order_status",
         .summary = "Show one order",
         .options = {account_option(),
                     {"--broker-order-id", OptionKind::text, "ID", "order id or client order id", true}},
         .examples = {"ibkr-agent orders status --account DU1234567 --broker-order-id 1001"},
         .prepare = prepare_status},
        {.path = "orders preview",
         .tool_name = "ibkr_order_preview",
         .summary = "Check an order against the risk policy without sending it",
         .options = preview_options(),
         .examples = {"ibkr-agent orders preview --account DU1234567 --symbol AAPL --side buy --quantity 5 "
                      "--limit-price 199.60 --enable-preview"},
         .prepare = prepare_preview}};
}

}  // namespace ibkr::cli
