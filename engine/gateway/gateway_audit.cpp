#include "engine/gateway/gateway.hpp"
#include "engine/gateway/read_call.hpp"
#include "engine/gateway/read_questions.hpp"
#include "engine/gateway/scopes.hpp"
#include "engine/payloads/audit_payloads.hpp"

namespace ibkr::engine {

using events::failure;
using events::Result;

CallResult Gateway::audit_tail(const CallContext& context, std::uint32_t limit, bool full) {
    const std::string asked = Question(runtime_)
                                  .text("limit", std::to_string(audit_tail_limit(limit)))
                                  .text("full", full ? "true" : "")
                                  .json();
    return run_read(
        runtime_, context, scope::audit_read, asked,
        [&] { return audit_tail_payload(runtime_.log(), runtime_.keys(), limit, full); }, ReadKind::status);
}

CallResult Gateway::audit_export(const CallContext& context, const AuditExportRequest& request,
                                 const events::Progress& progress) {
    const auto number = [](const std::optional<std::uint64_t>& value) {
        return value ? std::to_string(*value) : std::string();
    };
    const std::string asked = Question(runtime_)
                                  .text("limit", std::to_string(request.limit))
                                  .text("from_sequence", number(request.from_sequence))
                                  .text("to_sequence", number(request.to_sequence))
                                  .json();
    // Over MCP the tool needs the export scope (checked there); on the command line audit:read is enough
    // (gateway contract 3).
    const std::string_view needed =
        has_scope(context, scope::audit_export) ? scope::audit_export : scope::audit_read;
    return run_read(runtime_, context, needed, asked, [&] {
        return audit_export_payload(runtime_.log(), runtime_.keys(), request, runtime_.new_id(),
                                    runtime_.now(), progress);
    });
}

CallResult Gateway::audit_verify(const CallContext& context, const events::Progress& progress) {
    const auto verify = [&]() -> Result<std::string> {
        const events::Head head = runtime_.log().head();
        const auto anchors = runtime_.anchors();
        if (!anchors) return failure(anchors.error());
        auto report = events::verify_chain(runtime_.log(), runtime_.keys().ring(), {.progress = progress});
        if (!report) return failure(report.error());
        return verify_payload(std::move(*report), head, runtime_.key_is_stored() ? key_stored : key_supplied,
                              *anchors);
    };
    return run_read(runtime_, context, scope::audit_read, "{}", verify, ReadKind::status);
}

CallError Gateway::record_failure(const CallContext& context, const events::Error& error,
                                  const std::string& arguments_json) {
    return fail_call(runtime_, context, error, arguments_json);
}

}  // namespace ibkr::engine
