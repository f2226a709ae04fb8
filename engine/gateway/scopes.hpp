#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ibkr::engine {

/// How far a grant reaches (gateway contract section 2): each tier includes those before it.
enum class ScopeTier : std::uint8_t { read, preview, paper, live };

/// A right that a caller has or has not. Invariants: 1. `name` begins with `scope_prefix`, is unique and
/// never changes. 2. `meaning` is one sentence for people.
struct ScopeInfo {
    std::string_view name;
    ScopeTier tier;
    std::string_view meaning;
};

inline constexpr std::string_view scope_prefix = "ibkr:";

namespace scope {
inline constexpr std::string_view health_read = "ibkr:health:read";
inline constexpr std::string_view accounts_read = "ibkr:accounts:read";
inline constexpr std::string_view portfolio_read = "ibkr:portfolio:read";
inline constexpr std::string_view positions_read = "ibkr:positions:read";
inline constexpr std::string_view marketdata_read = "ibkr:marketdata:read";
inline constexpr std::string_view orders_read = "ibkr:orders:read";
inline constexpr std::string_view audit_read = "ibkr:audit:read";
inline constexpr std::string_view audit_export = "ibkr:audit:export";
inline constexpr std::string_view risk_read = "ibkr:risk:read";
inline constexpr std::string_view options_read = "ibkr:options:read";
inline constexpr std::string_view marketdata_depth_read = "ibkr:marketdata:depth:read";
inline constexpr std::string_view scanner_read = "ibkr:scanner:read";
inline constexpr std::string_view news_read = "ibkr:news:read";
inline constexpr std::string_view fundamentals_read = "ibkr:fundamentals:read";
inline constexpr std::string_view calendar_read = "ibkr:calendar:read";
inline constexpr std::string_view currency_read = "ibkr:currency:read";
inline constexpr std::string_view transfers_read = "ibkr:transfers:read";
inline constexpr std::string_view orders_preview = "ibkr:orders:preview";
inline constexpr std::string_view orders_paper_submit = "ibkr:orders:paper:submit";
inline constexpr std::string_view orders_paper_cancel = "ibkr:orders:paper:cancel";
inline constexpr std::string_view orders_paper_modify = "ibkr:orders:paper:modify";
inline constexpr std::string_view approvals_create = "ibkr:approvals:create";
inline constexpr std::string_view orders_live_submit = "ibkr:orders:live:submit";
inline constexpr std::string_view orders_live_cancel = "ibkr:orders:live:cancel";
inline constexpr std::string_view orders_live_modify = "ibkr:orders:live:modify";
}  // namespace scope

/// The 25 scopes of gateway contract section 2, in its order.
inline constexpr auto scope_catalogue = std::to_array<ScopeInfo>({
    {scope::health_read, ScopeTier::read, "Health, broker session and the state of the kill switch."},
    {scope::accounts_read, ScopeTier::read, "The list of accounts and their profiles."},
    {scope::portfolio_read, ScopeTier::read, "Account summary, portfolio and profit and loss."},
    {scope::positions_read, ScopeTier::read, "Open positions."},
    {scope::marketdata_read, ScopeTier::read, "Contract search, quotes and historical bars."},
    {scope::orders_read, ScopeTier::read, "Orders, executions, previews and approvals."},
    {scope::audit_read, ScopeTier::read, "The newest audit events and the verification of the chain."},
    {scope::audit_export, ScopeTier::read, "Exports of the audit log."},
    {scope::risk_read, ScopeTier::read, "How much of each limit is used."},
    {scope::options_read, ScopeTier::read, "Option chains and greeks."},
    {scope::marketdata_depth_read, ScopeTier::read, "The depth of the book."},
    {scope::scanner_read, ScopeTier::read, "Market scanners."},
    {scope::news_read, ScopeTier::read, "News headlines and articles."},
    {scope::fundamentals_read, ScopeTier::read, "Fundamental figures of a company."},
    {scope::calendar_read, ScopeTier::read, "Trading sessions and holidays of an exchange."},
    {scope::currency_read, ScopeTier::read, "Exchange rates."},
    {scope::transfers_read, ScopeTier::read, "Deposits and withdrawals."},
    {scope::orders_preview, ScopeTier::preview, "Check an order against the risk policy without sending it."},
    {scope::orders_paper_submit, ScopeTier::paper, "Send an approved order to a paper account."},
    {scope::orders_paper_cancel, ScopeTier::paper, "Cancel an order of a paper account."},
    {scope::orders_paper_modify, ScopeTier::paper, "Change a working order of a paper account."},
    {scope::approvals_create, ScopeTier::paper, "Ask for an approval of a preview, or act on one."},
    {scope::orders_live_submit, ScopeTier::live,
     "Send an approved order to a live account; change the kill switch."},
    {scope::orders_live_cancel, ScopeTier::live, "Cancel an order of a live account."},
    {scope::orders_live_modify, ScopeTier::live, "Change a working order of a live account."},
});
static_assert(scope_catalogue.size() == 25);

[[nodiscard]] constexpr std::span<const ScopeInfo> all_scopes() noexcept {
    return scope_catalogue;
}

/// Exact match of the full name, prefix included.
[[nodiscard]] constexpr bool is_known_scope(std::string_view name) noexcept {
    for (const ScopeInfo& known : scope_catalogue)
        if (known.name == name) return true;
    return false;
}

[[nodiscard]] std::string_view to_string(ScopeTier tier) noexcept;

/// `docs/scopes.md`.
[[nodiscard]] std::string scopes_markdown();

}  // namespace ibkr::engine
