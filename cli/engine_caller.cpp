#include "cli/engine_caller.hpp"

#include <unistd.h>
#include <utility>

#include "cli/call_context.hpp"
#include "cli/owned_call.hpp"
#include "engine/gateway/operation_codec.hpp"
#include "engine/ports/clock.hpp"
#include "io/ipc/boottime.hpp"

namespace ibkr::cli {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

std::string new_session() {
    engine::SystemClock clock;
    return engine::SystemIdSource().next_uuid(clock.now());
}

/// An owner took the call; what became of it is not known.
engine::CallError not_known(const std::string& why) {
    return {
        failure(ErrorCode::engine_busy, why + "; whether the call was decided is not known",
                "Ask again: an order under the same idempotency key is never sent twice; look a preview or "
                "an approval up before you make a new one.")
            .value(),
        {}};
}

}  // namespace

EngineCaller::EngineCaller(io::Config config, io::Environment environment, std::string operator_secret)
    : config_(std::move(config)),
      environment_(std::move(environment)),
      operator_secret_(std::move(operator_secret)),
      session_(new_session()) {}

Result<void> EngineCaller::reach(const events::Progress& progress, io::Deadline deadline) {
    if (composition_ || owner_) return {};
    auto reached = own_or_forward(
        config_, environment_, [&](events::SequenceId folded) { progress(folded.value()); }, deadline);
    if (!reached) return failure(reached.error());
    if (auto* const owner = std::get_if<io::OwnerClient>(&*reached)) {
        owner_.emplace(std::move(*owner));
        return {};
    }
    composition_ = std::move(std::get<std::unique_ptr<Composition>>(*reached));
    notes_ = composition_->notes();
    return {};
}

Result<bool> EngineCaller::is_forwarded(const events::Progress& progress) {
    if (auto reached = reach(progress, io::deadline_in(reach_deadline_default)); !reached)
        return failure(reached.error());
    return owner_.has_value();
}

engine::CallResult EngineCaller::make(const engine::Operation& operation, engine::CallContext context,
                                      const events::Progress& progress) {
    context.actor.scopes = config_.scopes;
    const io::Deadline give_up = io::deadline_in(call_deadline_default);
    io::ForwardedCall call = forwarded(context, session_);
    call.operation = engine::operation_name(operation);
    call.arguments = {engine::operation_json(operation)};
    call.operator_secret = io::OperatorSecret(operator_secret_);
    call.answer_by_boottime_ms = io::boottime_ms_now() + call_deadline_default.count();
    for (;;) {
        const io::Deadline reach_by = std::min(give_up, io::deadline_in(reach_deadline_default));
        if (auto reached = reach(progress, reach_by); !reached) {
            if (call.repeated && reached.error().code == ErrorCode::engine_busy)
                return tl::unexpected(not_known("the engine went away, and " + reached.error().message));
            return tl::unexpected(engine::CallError{reached.error(), {}});
        }
        if (composition_) return make_here(operation, std::move(context), progress);
        auto answered = owner_->ask(call);
        if (answered) return std::move(*answered);
        const std::string owner = "process " + std::to_string(owner_->owner().pid);
        owner_.reset();
        call.repeated = true;
        if (answered.error() == io::Unanswered::silent)
            return tl::unexpected(not_known("the engine (" + owner + ") does not answer"));
        if (std::chrono::steady_clock::now() >= give_up)
            return tl::unexpected(not_known("the engine (" + owner + ") went away"));
    }
}

engine::CallResult EngineCaller::make_here(const engine::Operation& operation, engine::CallContext context,
                                           const events::Progress& progress) {
    context.actor.session_id = process_session(::getpid(), session_);
    return make_owned_call(
        *composition_, config_,
        {std::move(context), static_cast<std::int64_t>(::getuid()), operator_secret_, operation}, progress);
}

std::vector<std::string> EngineCaller::take_notes() {
    return std::exchange(notes_, {});
}

void EngineCaller::release() {
    composition_.reset();
    owner_.reset();
}

}  // namespace ibkr::cli
