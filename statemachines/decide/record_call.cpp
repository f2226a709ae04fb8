#include "statemachines/decide/decide.hpp"
#include "statemachines/decide/drafts.hpp"

namespace ibkr::statemachines {

Decided decide(const RecordCall& command, const ActFacts&) {
    EventDraft made;
    made.result_status = command.status;
    made.error_code = command.error_code;
    switch (command.status) {
        case events::ResultStatus::failed:
            made.body = events::ToolFailed{command.arguments, command.message, command.reasons};
            break;
        case events::ResultStatus::refused:
            made.body = events::ToolRefused{command.arguments, command.message, command.reasons};
            made.decision = events::Decision::refuse;
            break;
        case events::ResultStatus::denied_scope:
        case events::ResultStatus::denied_auth:
            made.body = events::ToolDeniedScope{command.required_scope, command.arguments};
            made.decision = events::Decision::deny;
            break;
        case events::ResultStatus::called:
        case events::ResultStatus::completed:
        case events::ResultStatus::authenticated:
            made.body = events::ToolCompleted{command.arguments};
            break;
    }
    Decided decided;
    decided.events.push_back(std::move(made));
    return decided;
}

}  // namespace ibkr::statemachines
