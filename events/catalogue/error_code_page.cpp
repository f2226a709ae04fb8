#include "events/catalogue/error_code_page.hpp"

#include <array>

#include "events/error_codes.hpp"

namespace ibkr::events {
namespace {

struct SubCode {
    std::string_view name;
    std::string_view meaning;
};

constexpr auto sub_codes = std::to_array<SubCode>({
    {reason::order_preview_disabled, "the risk policy is switched off"},
    {reason::order_account_mode_refused, "the policy does not allow accounts of this mode"},
    {reason::order_asset_class_refused, "the policy does not allow this asset class"},
    {reason::order_quantity_invalid, "the quantity is not above zero"},
    {reason::order_fractional_refused, "the policy allows whole quantities only"},
    {reason::order_quantity_limit_refused, "the quantity is above the policy's limit"},
    {reason::order_limit_price_required, "this order type needs a limit price above zero"},
    {reason::order_stop_price_required, "this order type needs a stop price above zero"},
    {reason::order_trailing_value_required, "this order type needs a trailing amount or percentage"},
    {reason::order_market_type_refused, "the policy does not allow market orders"},
    {reason::order_notional_limit_refused, "price times quantity is above the policy's limit"},
    {reason::order_notional_currency_mismatch,
     "a limit is in another currency than the order and could not be compared"},
    {reason::order_position_notional_limit_refused,
     "the position after this order would be above the policy's limit"},
    {reason::order_short_selling_refused, "the order would open or increase a short position"},
    {reason::order_symbol_refused, "the symbol is not on the policy's list"},
    {reason::order_daily_limit_refused, "the day's orders are used up"},
    {reason::order_quote_stale_refused, "there is no quote that is fresh enough"},
});

std::string cell(std::string_view text) {
    return "| " + std::string(text) + " ";
}
std::string code_cell(std::string_view text) {
    return "| `" + std::string(text) + "` ";
}

}  // namespace

std::string error_codes_markdown() {
    std::string out =
        "# Error codes\n\n"
        "Generated from the catalogue of codes; `scripts/docs` writes this page and a test keeps it "
        "current.\n\n"
        "A failed command prints an error object: `code`, `message`, `retryable`, `user_action`, "
        "`audit_event_id` and, after a refusal, `reasons`. A code is never renamed or reused. The advice "
        "below is what `user_action` says when the place that raises the error knows nothing better.\n\n"
        "| code | exit code | retryable | what to do |\n|---|---|---|---|\n";
    for (const ErrorCodeInfo& entry : error_code_catalogue())
        out += code_cell(entry.name) + cell(std::to_string(entry.exit_code)) +
               cell(entry.retryable ? "yes" : "no") + cell(entry.user_action) + "|\n";
    out +=
        "\nExit code 0 means done; 2 is also used for a usage error and for `audit verify` or `replay` that "
        "found a difference; 3 also for an order whose outcome is not known, with the order's state on "
        "standard output.\n\n"
        "## Reasons inside a refusal\n\n"
        "A refused preview or submit names every reason at once.\n\n"
        "| reason | meaning |\n|---|---|\n";
    for (const SubCode& entry : sub_codes)
        out += code_cell(entry.name) + cell(entry.meaning) + "|\n";
    return out;
}

}  // namespace ibkr::events
