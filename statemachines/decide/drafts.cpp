#include "statemachines/decide/drafts.hpp"

namespace ibkr::statemachines {

using events::Error;
using events::ErrorCode;

EventDraft draft(events::Body body, events::WorkflowId workflow, events::AccountHash account) {
    EventDraft made;
    made.body = std::move(body);
    made.workflow_id = std::move(workflow);
    made.account = std::move(account);
    return made;
}

Decided refused(Error error, const events::AccountHash& account, Decided decided) {
    EventDraft made = draft(events::ToolRefused{{}, error.message, error.reasons}, {}, account);
    made.decision = events::Decision::refuse;
    made.result_status = events::ResultStatus::refused;
    made.error_code = events::to_string(error.code);
    decided.events.push_back(std::move(made));
    decided.refusal = std::move(error);
    return decided;
}

Decided failed(Error error, const events::AccountHash& account) {
    EventDraft made = draft(events::ToolFailed{{}, error.message, error.reasons}, {}, account);
    made.result_status = events::ResultStatus::failed;
    made.error_code = events::to_string(error.code);
    Decided decided;
    decided.events.push_back(std::move(made));
    decided.refusal = std::move(error);
    return decided;
}

Decided completed(events::WorkflowId subject, const events::AccountHash& account) {
    Decided decided;
    decided.events.push_back(draft(events::ToolCompleted{}, {}, account));
    decided.subject = std::move(subject);
    return decided;
}

Error error_of(ErrorCode code, std::string message) {
    return events::failure(code, std::move(message)).value();
}

Error error_of(ErrorCode code, std::string message, std::string user_action) {
    return events::failure(code, std::move(message), std::move(user_action)).value();
}

bool is_blank(std::string_view text) noexcept {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

void add_send_started(Decided& decided, const BrokerWrite& write, bool network_broker) {
    if (!network_broker) return;
    decided.events.push_back(
        draft(events::OrderSendStarted{write.intent_id, write.operation, {}}, write.order_id, write.account));
}

}  // namespace ibkr::statemachines
