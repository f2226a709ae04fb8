#include <algorithm>

#include "statemachines/decide/drafts.hpp"
#include "statemachines/decide/gates.hpp"
#include "statemachines/risk/risk.hpp"

namespace ibkr::statemachines {
namespace {

bool is_mode_of(events::AccountMode mode, events::Environment environment) {
    return environment == events::Environment::paper ? mode == events::AccountMode::paper
                                                     : mode == events::AccountMode::live;
}

void check_environment(events::OrderRiskChecked& verdict, events::Environment environment,
                       events::AccountMode mode) {
    if (is_mode_of(mode, environment)) return;
    const auto code = events::reason::order_account_mode_refused;
    verdict.approved = false;
    const auto same_code = [&](const events::Reason& reason) { return reason.code == code; };
    if (std::any_of(verdict.reasons.begin(), verdict.reasons.end(), same_code)) return;
    verdict.reasons.insert(
        verdict.reasons.begin(),
        {std::string(code),
         "a " + std::string(events::name_of(environment)) + " order cannot go to an account whose mode is " +
             std::string(events::name_of(mode)) + ": choose another account or environment"});
}

/// The broker's position becomes the base of later decisions when it is newer than the recorded one.
bool is_newer_base(const std::optional<events::PositionFact>& read, const events::Exposure& exposure,
                   const events::OrderTerms& terms) {
    return read && read->contract_id == terms.contract.contract_id &&
           (!exposure.as_of || read->as_of > *exposure.as_of);
}

events::Error policy_refusal(const events::OrderRiskChecked& verdict) {
    std::string message = "the risk policy '" + verdict.policy_name + "' refuses the order";
    char before = ':';
    for (const auto& reason : verdict.reasons) {
        message += before;
        message += ' ' + reason.message;
        before = ';';
    }
    events::Error error = error_of(events::ErrorCode::order_policy_refused, std::move(message),
                                   "Change the order as the reasons say and preview it again.");
    error.retryable = false;
    error.reasons = verdict.reasons;
    return error;
}

}  // namespace

RiskAnswer check_risk(const PolicyView& policy, const events::OrderTerms& terms,
                      events::Environment environment, const MarketFacts& market,
                      const events::Exposure& exposure, const events::OrderCount& today,
                      events::Timestamp now, const events::WorkflowId& preview,
                      const events::AccountHash& account) {
    RiskAnswer answer;
    answer.verdict = evaluate(*policy.risk_policy, terms, market, exposure, today, now);
    answer.verdict.policy_hash = policy.risk_policy_hash;
    check_environment(answer.verdict, environment, market.account_mode);
    if (is_newer_base(market.position, exposure, terms))
        answer.events.push_back(draft(events::PositionRecorded{*market.position}, {}, account));
    EventDraft checked = draft(answer.verdict, preview, account);
    if (!answer.verdict.approved) {
        answer.refusal = policy_refusal(answer.verdict);
        checked.decision = events::Decision::refuse;
        checked.result_status = events::ResultStatus::refused;
        checked.error_code = events::to_string(answer.refusal->code);
    }
    answer.events.push_back(std::move(checked));
    return answer;
}

events::Exposure without_order(events::Exposure exposure, const events::OrderRecord& order) {
    if (!order_is_open(order.state)) return exposure;
    auto& side = order.terms.side == events::Side::buy ? exposure.open_buys : exposure.open_sells;
    // A difference that does not fit leaves the larger stake standing.
    if (const auto rest = side.minus(order.terms.quantity)) side = *rest;
    return exposure;
}

}  // namespace ibkr::statemachines
