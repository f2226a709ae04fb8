#include "events/event.hpp"

#include <concepts>

namespace ibkr::events {
namespace {

constexpr auto decisions = std::to_array<EnumName<Decision>>(
    {{Decision::allow, "allow"}, {Decision::deny, "deny"}, {Decision::refuse, "refuse"}});
constexpr auto result_statuses =
    std::to_array<EnumName<ResultStatus>>({{ResultStatus::called, "called"},
                                           {ResultStatus::completed, "completed"},
                                           {ResultStatus::failed, "failed"},
                                           {ResultStatus::refused, "refused"},
                                           {ResultStatus::denied_scope, "denied_scope"},
                                           {ResultStatus::authenticated, "authenticated"},
                                           {ResultStatus::denied_auth, "denied_auth"}});

template <class B>
concept ClaimsState = requires(B& body) {
    { body.state } -> std::same_as<std::string&>;
};

}  // namespace

std::span<const EnumName<Decision>> enum_names(Decision) noexcept {
    return decisions;
}
std::span<const EnumName<ResultStatus>> enum_names(ResultStatus) noexcept {
    return result_statuses;
}

std::string_view claimed_state(const Body& body) {
    return std::visit(
        []<class B>(const B& facts) -> std::string_view {
            if constexpr (ClaimsState<B>) return facts.state;
            return {};
        },
        body);
}

void claim_state(Body& body, std::string_view state) {
    std::visit(
        [&]<class B>(B& facts) {
            if constexpr (ClaimsState<B>) facts.state = state;
        },
        body);
}

}  // namespace ibkr::events
