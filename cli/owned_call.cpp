#include "cli/owned_call.hpp"

#include "engine/answers.hpp"
#include "events/redaction/redaction.hpp"
#include "io/config/operators.hpp"

namespace ibkr::cli {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

/// Names go into every event as they come, so one that redaction would touch is refused: an account id in it
/// would stand in the log, and a marker that export refuses would make the log one that cannot be exported.
Result<void> check_names(engine::Runtime& runtime, const engine::CallContext& context) {
    const events::Redactor redactor(runtime.accounts().raw_ids());
    const engine::CallContext& c = context;
    for (const std::string* name :
         {&c.actor.request_id, &c.actor.session_id, &c.actor.tool_name, &c.command_id.text()})
        if (redactor.touches(*name))
            return failure(ErrorCode::config_invalid,
                           "a request or session id holds an account id or looks like a secret or a path",
                           "Choose another --request-id.");
    return {};
}

}  // namespace

engine::CallResult make_owned_call(Composition& composition, const io::Config& config, OwnedCall call,
                                   const events::Progress& progress) {
    engine::Runtime& runtime = composition.runtime();
    engine::Gateway& gateway = composition.gateway();
    engine::CallContext& context = call.context;
    if (auto checked = check_names(runtime, context); !checked)
        return tl::unexpected(engine::CallError{checked.error(), {}});
    auto stored = engine::stored_answer(runtime, context.actor.user_id, context.command_id);
    if (!stored) return tl::unexpected(engine::CallError{stored.error(), {}});
    if (*stored) return std::move(**stored);
    const auto operating = io::is_operator(config, {call.uid, call.operator_secret});
    if (!operating) return tl::unexpected(gateway.record_failure(context, operating.error(), "{}"));
    context.is_operator = *operating;
    if (!call.operation) return tl::unexpected(gateway.record_failure(context, call.operation.error(), "{}"));
    return engine::perform(gateway, context, *call.operation, progress);
}

}  // namespace ibkr::cli
