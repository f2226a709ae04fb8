#include "statemachines/command_codec.hpp"
#include "statemachines/decide/decide.hpp"
#include "statemachines/decide/drafts.hpp"
#include "statemachines/machines/broker_session.hpp"

namespace ibkr::statemachines {

using events::Error;
using events::ErrorCode;

Decided decide(const SetKillSwitch& command, const ActFacts& facts,
               const events::GatewayRecord& kill_switch) {
    if (!facts.is_operator)
        return refused(error_of(ErrorCode::operator_required, "only an operator may change the kill switch"),
                       {});
    if (is_blank(command.reason) || command.reason.size() > given_text_bytes_max)
        return refused(error_of(ErrorCode::order_validation_failed,
                                "the kill switch needs a reason of at most " +
                                    std::to_string(given_text_bytes_max) + " bytes",
                                "Say why, with --reason."),
                       {});
    events::Body body = command.open ? events::Body(events::KillSwitchOpened{command.reason, {}})
                                     : events::Body(events::KillSwitchClosed{command.reason, {}});
    EventDraft made = draft(std::move(body), events::kill_switch_workflow, {});
    events::GatewayRecord after = kill_switch;
    if (apply(after, made, facts.now) != Folded::stepped) return completed(events::kill_switch_workflow, {});
    Decided decided;
    decided.events.push_back(std::move(made));
    decided.subject = events::kill_switch_workflow;
    return decided;
}

Decided decide(const ObserveSession& command, const ActFacts& facts, const events::GatewayRecord& session) {
    const auto seen =
        broker_session_state_from_string(command.status).value_or(BrokerSessionState::Unavailable);
    events::BackendSessionChecked checked{command.backend, std::string(to_string(seen)), {}};
    EventDraft made = draft(std::move(checked), events::broker_session_workflow, {});
    events::GatewayRecord after = session;
    apply(after, made, facts.now);
    Decided decided;
    decided.subject = events::broker_session_workflow;
    decided.events.push_back(std::move(made));
    if (after.state != session.state)
        decided.events.push_back(
            draft(events::BackendSessionChanged{session.state, {}}, events::broker_session_workflow, {}));
    return decided;
}

namespace {

std::optional<Error> content_gate(const LoadPolicy& command) {
    std::optional<Error> error;
    if (command.kind == risk_policy_kind) {
        const auto policy = parse_risk_policy(command.content);
        if (!policy) error = policy.error();
    } else if (command.kind == gateway_settings_kind) {
        const auto settings = parse_gateway_settings(command.content);
        if (!settings) error = settings.error();
    } else {
        error = error_of(ErrorCode::config_invalid, "there is no policy kind '" + command.kind + "'");
    }
    if (error) error->code = ErrorCode::config_invalid;
    return error;
}

}  // namespace

Decided decide(const LoadPolicy& command, const ActFacts&,
               const std::optional<events::PolicyRecord>& loaded) {
    if (auto error = content_gate(command)) return refused(std::move(*error), {});
    const std::string hash = content_hash(command.content);
    Decided decided;
    if (loaded && loaded->content_hash == hash) return decided;
    decided.events.push_back(
        draft(events::PolicyLoaded{command.kind, command.name, hash, command.content}, {}, {}));
    return decided;
}

}  // namespace ibkr::statemachines
