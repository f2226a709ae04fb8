#include "engine/gateway/read_call.hpp"

#include <algorithm>
#include <array>

#include "events/crypto/sha256.hpp"
#include "events/redaction/redaction.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::ResultStatus;

/// Bytes of the arguments that an event keeps; longer ones are cut with their length and sha256.
constexpr std::size_t recorded_arguments_bytes_max = 8192;
constexpr std::size_t recorded_message_bytes_max = 1024;

/// Gateway contract section 5, "Error -> status"; our own operator refusal counts as refused.
ResultStatus status_of(ErrorCode code) noexcept {
    constexpr auto denied = std::to_array({ErrorCode::auth_missing_scope, ErrorCode::audit_read_forbidden});
    constexpr auto refused = std::to_array(
        {ErrorCode::readonly_write_forbidden, ErrorCode::readonly_order_preview_forbidden,
         ErrorCode::readonly_order_submit_forbidden, ErrorCode::readonly_order_cancel_forbidden,
         ErrorCode::order_preview_disabled, ErrorCode::order_policy_refused,
         ErrorCode::paper_trading_disabled, ErrorCode::paper_approval_required,
         ErrorCode::paper_idempotency_conflict, ErrorCode::approval_preview_mismatch,
         ErrorCode::approval_consumed, ErrorCode::live_trading_disabled, ErrorCode::live_gate_missing,
         ErrorCode::live_limit_refused, ErrorCode::live_kill_switch_closed,
         ErrorCode::live_migration_required, ErrorCode::operator_required, ErrorCode::engine_paused});
    const auto is_in = [code](const auto& codes) {
        return std::find(codes.begin(), codes.end(), code) != codes.end();
    };
    if (is_in(denied)) return ResultStatus::denied_scope;
    return is_in(refused) ? ResultStatus::refused : ResultStatus::failed;
}

/// Arguments and messages hold what callers and brokers wrote: nothing of it is recorded as it came.
class Recorded {
public:
    explicit Recorded(Runtime& runtime) : redactor_(runtime.accounts().raw_ids()) {}

    [[nodiscard]] events::EmbeddedJson arguments(std::string_view json) const {
        std::vector<events::RedactionRecord> unused;
        return redactor_.document(json, "arguments", unused, recorded_arguments_bytes_max);
    }
    [[nodiscard]] std::string message(std::string_view text) const {
        return redactor_.text(text, recorded_message_bytes_max);
    }

private:
    events::Redactor redactor_;
};

}  // namespace

bool has_scope(const CallContext& context, std::string_view scope) noexcept {
    const auto& scopes = context.actor.scopes;
    return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

CallError fail_call(Runtime& runtime, const CallContext& context, const events::Error& error,
                    const std::string& arguments_json) {
    if (!runtime.unrecorded_reason().empty()) return {error, {}};
    const Recorded recorded(runtime);
    statemachines::RecordCall call;
    call.arguments = recorded.arguments(arguments_json);
    call.status = status_of(error.code);
    call.error_code = to_string(error.code);
    call.message = recorded.message(error.message);
    for (const events::Reason& reason : error.reasons)
        call.reasons.push_back({recorded.message(reason.code), recorded.message(reason.message)});
    auto event_id = runtime.record_call(context, call);
    return {error, event_id ? std::move(*event_id) : events::EventId{}};
}

events::Error missing_scope_error(std::string_view required_scope) {
    return events::failure(ErrorCode::auth_missing_scope,
                           "this call needs the scope " + std::string(required_scope))
        .value();
}

std::optional<CallError> missing_scope(Runtime& runtime, const CallContext& context,
                                       std::string_view required_scope, const std::string& arguments_json) {
    if (has_scope(context, required_scope)) return std::nullopt;
    const events::Error error = missing_scope_error(required_scope);
    if (!runtime.unrecorded_reason().empty()) return CallError{error, {}};
    statemachines::RecordCall call;
    call.arguments = Recorded(runtime).arguments(arguments_json);
    call.status = ResultStatus::denied_scope;
    call.error_code = to_string(error.code);
    call.message = error.message;
    call.required_scope = required_scope;
    auto event_id = runtime.record_call(context, call);
    return CallError{error, event_id ? std::move(*event_id) : events::EventId{}};
}

events::Result<events::EventId> record_completed(Runtime& runtime, const CallContext& context,
                                                 const std::string& arguments_json, std::string output_hash) {
    statemachines::RecordCall call;
    call.arguments = Recorded(runtime).arguments(arguments_json);
    call.output_hash = std::move(output_hash);
    return runtime.record_call(context, call);
}

CallResult run_read(Runtime& runtime, const CallContext& context, std::string_view required_scope,
                    const std::string& arguments_json,
                    const std::function<events::Result<std::string>()>& read, ReadKind kind) {
    if (auto denied = missing_scope(runtime, context, required_scope, arguments_json))
        return tl::unexpected(std::move(*denied));
    if (kind == ReadKind::audited && !runtime.held())
        if (auto admitted = runtime.admit_new_work(); !admitted)
            return tl::unexpected(CallError{admitted.error(), {}});
    auto payload = read();
    if (!payload) return tl::unexpected(fail_call(runtime, context, payload.error(), arguments_json));
    // Asked after the read, which may have found that the log is to be held. What was admitted is recorded.
    if (runtime.held() || kind == ReadKind::status)
        if (std::string reason = runtime.unrecorded_reason(); !reason.empty())
            return Reply{std::move(*payload), {}, false, std::move(reason)};
    auto event_id = record_completed(runtime, context, arguments_json, events::hex(events::sha256(*payload)));
    if (!event_id) return tl::unexpected(CallError{event_id.error(), {}});
    return Reply{std::move(*payload), std::move(*event_id), false, {}};
}

}  // namespace ibkr::engine
