#include "engine/gateway/scopes.hpp"

namespace ibkr::engine {
namespace {

constexpr bool well_formed() {
    for (std::size_t i = 0; i < scope_catalogue.size(); ++i) {
        if (!scope_catalogue[i].name.starts_with(scope_prefix)) return false;
        for (std::size_t k = i + 1; k < scope_catalogue.size(); ++k)
            if (scope_catalogue[i].name == scope_catalogue[k].name) return false;
    }
    return true;
}
static_assert(well_formed());

}  // namespace

std::string_view to_string(ScopeTier tier) noexcept {
    switch (tier) {
        case ScopeTier::read:
            return "read";
        case ScopeTier::preview:
            return "preview";
        case ScopeTier::paper:
            return "paper";
        case ScopeTier::live:
            break;
    }
    return "live";
}

std::string scopes_markdown() {
    std::string text =
        "# Scopes\n\n"
        "Generated from the scope table; `scripts/docs` writes this page and a test keeps it current.\n\n"
        "A caller's scopes are those of `auth.enabled_scopes` in the configuration, or of its token cut down "
        "to the allowed ones. A call without the scope it needs is denied with `AUTH_MISSING_SCOPE` and "
        "leaves "
        "a `tool_denied_scope` event. Each tier includes those before it: read, preview, paper, live.\n\n"
        "| scope | tier | what it allows |\n|---|---|---|\n";
    for (const ScopeInfo& known : all_scopes()) {
        text += "| `" + std::string(known.name) + "` | " + std::string(to_string(known.tier)) + " | " +
                std::string(known.meaning) + " |\n";
    }
    return text;
}

}  // namespace ibkr::engine
