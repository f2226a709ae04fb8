#include "cli/commands/replay/state_text.hpp"

#include <vector>

namespace ibkr::cli {
namespace {

const std::vector<Column>& order_columns() {
    static const std::vector<Column> all{{"order id", "order_id"},
                                         {"state", "state"},
                                         {"side", "terms.side"},
                                         {"quantity", "terms.quantity"},
                                         {"symbol", "terms.contract.symbol"},
                                         {"limit", "terms.limit_price"},
                                         {"filled", "filled_quantity"},
                                         {"key", "idempotency_key"},
                                         {"broker order", "broker_order_id"},
                                         {"updated at", "updated_at"}};
    return all;
}

const std::vector<Column>& approval_columns() {
    static const std::vector<Column> all{{"approval id", "approval_id"}, {"state", "state"},
                                         {"preview id", "preview_id"},   {"approved by", "approved_by"},
                                         {"expires at", "expires_at"},   {"updated at", "updated_at"}};
    return all;
}

const std::vector<Column>& preview_columns() {
    static const std::vector<Column> all{{"preview id", "preview_id"},
                                         {"state", "state"},
                                         {"side", "terms.side"},
                                         {"quantity", "terms.quantity"},
                                         {"symbol", "terms.contract.symbol"},
                                         {"limit", "terms.limit_price"},
                                         {"expires at", "expires_at"},
                                         {"updated at", "updated_at"}};
    return all;
}

std::string list_text(const Value& state, std::string_view member, const std::vector<Column>& columns,
                      const Style& style) {
    const Value* const list = state.find(member);
    std::string text = "\n" + style.heading(member) + "\n";
    if (list == nullptr || list->items.empty()) return text + "none\n";
    return text + table_text(list->items, columns, style);
}

/// The kill switch or the broker session, which have no event until they first change.
std::string gateway_text(const Value& state, std::string_view member, std::string_view title,
                         std::string_view initial) {
    const Value* const record = state.find(member);
    std::string text = std::string(title) + ": ";
    if (record == nullptr) return text.append(initial).append("\n");
    text += cell_text(*record->find("state"));
    if (const Value* const by = record->find("changed_by"); by != nullptr && !by->text.empty())
        text += " by " + cell_text(*by);
    if (const Value* const reason = record->find("reason"); reason != nullptr && !reason->text.empty())
        text += ": " + cell_text(*reason);
    return text + "\n";
}

std::string left_off_text(const Value& state) {
    if (state.find("workflows_left_off")->text != "true") return {};
    return "\nThere are more than these, the newest of each kind; --workflow ID shows any.\n";
}

}  // namespace

std::string state_text(const Value& state, const Style& style) {
    const std::string sequence = cell_text(*state.find("sequence_id"));
    return style.heading(sequence == "0" ? "before the first event" : "after event " + sequence) + "\n" +
           gateway_text(state, "kill_switch", "kill switch", "closed") +
           gateway_text(state, "broker_session", "broker session", "not looked at yet") +
           list_text(state, "orders", order_columns(), style) +
           list_text(state, "approvals", approval_columns(), style) +
           list_text(state, "previews", preview_columns(), style) + left_off_text(state);
}

}  // namespace ibkr::cli
