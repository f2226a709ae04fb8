// Accounts, portfolio and positions of engine/payloads/read_payloads.hpp.

#include <algorithm>
#include <map>

#include "engine/payloads/payload_parts.hpp"
#include "engine/payloads/read_payloads.hpp"
#include "events/json/describe_codec.hpp"

namespace ibkr::engine {
namespace {

using events::Decimal;
using events::omit_empty;

struct AccountPayload {
    const BrokerAccount* account = nullptr;
    std::string account_id;
    events::AccountHash account_id_hash;
    std::string account_label;
    bool metadata_redacted = true;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account_id", self.account_id);
        v("account_id_hash", self.account_id_hash);
        v("account_label", omit_empty(self.account_label));
        v("account_mode", self.account->mode);
        v("base_currency", self.account->base_currency);
        v("metadata_redacted", self.metadata_redacted);
    }
};

struct ProfilePayload {
    const BrokerAccount& account;
    std::string account_id{};
    std::string margin_profile = "unknown";
    std::vector<std::string> product_permissions{};
    bool shorting_allowed = false;
    std::string pdt_status = "unknown";
    std::string gfv_status = "unknown";
    std::vector<std::string> restrictions{};
    std::vector<std::string> not_reported{};
    bool metadata_redacted = true;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account_id", self.account_id);
        v("account_mode", self.account.mode);
        v("base_currency", self.account.base_currency);
        v("gfv_status", self.gfv_status);
        v("margin_profile", self.margin_profile);
        v("metadata_redacted", self.metadata_redacted);
        v("not_reported", self.not_reported);
        v("pdt_status", self.pdt_status);
        v("product_permissions", self.product_permissions);
        v("restrictions", self.restrictions);
        v("shorting_allowed", self.shorting_allowed);
    }
};

struct CashPayload {
    events::Currency currency;
    std::string amount;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("amount", self.amount);
        v("currency", self.currency);
    }
};

struct MarginPayload {
    std::string available_funds;
    std::string buying_power;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("available_funds", self.available_funds);
        v("buying_power", self.buying_power);
    }
    friend bool operator==(const MarginPayload&, const MarginPayload&) = default;
};

struct AllocationPayload {
    std::string asset_class;
    std::string percent;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("asset_class", self.asset_class);
        v("percent", self.percent);
    }
};

struct PortfolioPayload {
    const BrokerPortfolio& portfolio;
    std::string account_id;
    std::string net_liquidation;
    std::vector<CashPayload> cash_balances;
    MarginPayload margin_summary;
    std::vector<AllocationPayload> allocations;
    std::vector<std::string> warnings;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account_id", self.account_id);
        v("allocations", self.allocations);
        v("as_of", self.portfolio.as_of);
        v("base_currency", self.portfolio.base_currency);
        v("cash_balances", self.cash_balances);
        v("data_status", self.portfolio.data_status);
        v("margin_summary", self.margin_summary);
        v("net_liquidation", self.net_liquidation);
        v("warnings", self.warnings);
    }
};

struct SummaryPayload {
    const BrokerPortfolio& portfolio;
    std::string account_id;
    std::vector<CashPayload> cash_balances;
    std::string available_funds;
    std::string buying_power;
    std::string gross_position_value;
    std::string net_liquidation;
    std::string realized_pnl;
    std::string unrealized_pnl;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account_id", self.account_id);
        v("as_of", self.portfolio.as_of);
        v("available_funds", self.available_funds);
        v("base_currency", self.portfolio.base_currency);
        v("buying_power", self.buying_power);
        v("cash_balances", self.cash_balances);
        v("data_status", self.portfolio.data_status);
        v("gross_position_value", self.gross_position_value);
        v("net_liquidation", self.net_liquidation);
        v("realized_pnl", self.realized_pnl);
        v("unrealized_pnl", self.unrealized_pnl);
    }
};

struct PositionPayload {
    const BrokerPosition* position = nullptr;
    std::string account_id;
    std::string average_cost;
    std::string market_price;
    std::string market_value;
    std::string symbol;
    std::string unrealized_pnl;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account_id", self.account_id);
        v("as_of", self.position->as_of);
        v("asset_class", self.position->contract.asset_class);
        v("average_cost", self.average_cost);
        v("contract_id", self.position->contract.contract_id);
        v("currency", self.position->contract.currency);
        v("market_price", self.market_price);
        v("market_value", self.market_value);
        v("quantity", self.position->quantity);
        v("symbol", self.symbol);
        v("unrealized_pnl", self.unrealized_pnl);
    }
};

std::vector<CashPayload> cash_of(const BrokerPortfolio& portfolio) {
    std::vector<CashPayload> cash;
    cash.reserve(portfolio.cash_balances.size());
    for (const CashBalance& balance : portfolio.cash_balances)
        cash.push_back({balance.currency, amount_text(balance.amount)});
    return cash;
}

/// Sums by asset class, cash included; positions in other currencies are left to the caller's warning.
std::map<std::string, Decimal> value_by_class(const BrokerPortfolio& portfolio,
                                              const std::vector<BrokerPosition>& positions) {
    std::map<std::string, Decimal> values;
    const auto add = [&](std::string name, const Decimal& value) {
        Decimal& sum = values[std::move(name)];
        sum = sum.plus(value).value_or(sum);
    };
    for (const BrokerPosition& position : positions)
        if (position.contract.currency == portfolio.base_currency)
            add(std::string(name_of(position.contract.asset_class)), position.market_value);
    for (const CashBalance& balance : portfolio.cash_balances)
        if (balance.currency == portfolio.base_currency) add("cash", balance.amount);
    return values;
}

std::vector<AllocationPayload> allocations_of(const BrokerPortfolio& portfolio,
                                              const std::vector<BrokerPosition>& positions) {
    std::vector<AllocationPayload> allocations;
    if (!portfolio.net_liquidation.is_positive()) return allocations;
    for (const auto& [name, value] : value_by_class(portfolio, positions)) {
        const auto hundredfold = value.times(Decimal::whole(100));
        if (!hundredfold) continue;
        const auto percent =
            hundredfold->divided_by(portfolio.net_liquidation, 2, events::RoundingMode::half_even);
        if (percent) allocations.push_back({name, percent->to_string(2)});
    }
    return allocations;
}

}  // namespace

std::string accounts_payload(const std::vector<BrokerAccount>& accounts, AccountDirectory& directory) {
    std::vector<AccountPayload> list;
    list.reserve(accounts.size());
    for (const BrokerAccount& account : accounts)
        list.push_back({&account, outside_text(account.account_id.raw()), directory.add(account.account_id),
                        outside_text(account.label), true});
    return events::to_canonical_json(list);
}

std::string account_profile_payload(const BrokerAccount& account) {
    ProfilePayload shown{account};
    shown.account_id = outside_text(account.account_id.raw());
    shown.not_reported = {"gfv_status",          "margin_profile", "option_level",    "pdt_status",
                          "product_permissions", "restrictions",   "shorting_allowed"};
    return events::to_canonical_json(shown);
}

std::string account_summary_payload(const BrokerPortfolio& portfolio) {
    const SummaryPayload shown{portfolio,
                               outside_text(portfolio.account_id.raw()),
                               cash_of(portfolio),
                               amount_text(portfolio.available_funds),
                               amount_text(portfolio.buying_power),
                               amount_text(portfolio.gross_position_value),
                               amount_text(portfolio.net_liquidation),
                               amount_text(portfolio.realized_pnl),
                               amount_text(portfolio.unrealized_pnl)};
    return events::to_canonical_json(shown);
}

std::string portfolio_payload(const BrokerPortfolio& portfolio,
                              const std::vector<BrokerPosition>& positions) {
    PortfolioPayload shown{portfolio,
                           outside_text(portfolio.account_id.raw()),
                           amount_text(portfolio.net_liquidation),
                           cash_of(portfolio),
                           {amount_text(portfolio.available_funds), amount_text(portfolio.buying_power)},
                           allocations_of(portfolio, positions),
                           {}};
    const auto foreign = [&](const auto& held) { return held.currency != portfolio.base_currency; };
    const bool mixed = std::any_of(portfolio.cash_balances.begin(), portfolio.cash_balances.end(), foreign) ||
                       std::any_of(positions.begin(), positions.end(), [&](const BrokerPosition& position) {
                           return foreign(position.contract);
                       });
    if (mixed) shown.warnings.emplace_back("allocations leave out what is held in other currencies");
    return events::to_canonical_json(shown);
}

std::string positions_payload(const std::vector<BrokerPosition>& positions) {
    std::vector<PositionPayload> list;
    list.reserve(positions.size());
    for (const BrokerPosition& position : positions)
        list.push_back({&position, outside_text(position.account_id.raw()),
                        amount_text(position.average_cost), amount_text(position.market_price),
                        amount_text(position.market_value), outside_text(position.contract.symbol),
                        amount_text(position.unrealized_pnl)});
    return events::to_canonical_json(list);
}

}  // namespace ibkr::engine
