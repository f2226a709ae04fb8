#pragma once

#include <optional>
#include <string>

#include "engine/payloads/payload_parts.hpp"
#include "events/values/order.hpp"

namespace ibkr::engine {

/// An order's terms as an answer shows them: its members stand beside the answer's own. Borrows the terms.
struct TermsPayload {
    const events::OrderTerms& terms;
    std::string exchange;
    std::string symbol;
    std::optional<std::string> limit_price;
    std::optional<std::string> stop_price;
    std::optional<std::string> trailing_amount;

    explicit TermsPayload(const events::OrderTerms& of)
        : terms(of), exchange(outside_text(of.contract.exchange)), symbol(outside_text(of.contract.symbol)) {
        if (of.limit_price) limit_price = amount_text(*of.limit_price);
        if (of.stop_price) stop_price = amount_text(*of.stop_price);
        if (of.trailing_amount) trailing_amount = amount_text(*of.trailing_amount);
    }

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("asset_class", self.terms.contract.asset_class);
        v("contract_id", self.terms.contract.contract_id);
        v("currency", self.terms.contract.currency);
        v("exchange", self.exchange);
        v("limit_price", self.limit_price);
        v("order_type", self.terms.order_type);
        v("quantity", self.terms.quantity);
        v("side", self.terms.side);
        v("stop_price", self.stop_price);
        v("symbol", self.symbol);
        v("time_in_force", self.terms.time_in_force);
        v("trailing_amount", self.trailing_amount);
        v("trailing_percent", self.terms.trailing_percent);
    }
};

}  // namespace ibkr::engine
