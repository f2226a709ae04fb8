#include "engine/gateway/gateway.hpp"
#include "engine/gateway/read_call.hpp"
#include "engine/gateway/read_questions.hpp"
#include "engine/gateway/scopes.hpp"
#include "engine/payloads/audit_payloads.hpp"
#include "events/crypto/sha256.hpp"

namespace ibkr::engine {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

/// Over MCP the tool needs the export scope (checked there); on the command line audit:read is enough
/// (gateway contract 3).
std::string_view scope_of_export(const CallContext& context) noexcept {
    return has_scope(context, scope::audit_export) ? scope::audit_export : scope::audit_read;
}

bool is_sha256(std::string_view text) noexcept {
    events::Digest digest{};
    return events::from_hex(text, digest);
}

}  // namespace

CallResult Gateway::audit_tail(const CallContext& context, std::uint32_t limit, bool full) {
    return run_read(
        runtime_, context, scope::audit_read, audit_tail_arguments(limit, full),
        [&] { return audit_tail_payload(runtime_.log(), runtime_.keys(), limit, full); }, ReadKind::status);
}

CallResult Gateway::audit_export(const CallContext& context, const AuditExportRequest& request,
                                 const events::Progress& progress) {
    return run_read(runtime_, context, scope_of_export(context), audit_export_arguments(request), [&] {
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
    return run_read(runtime_, context, scope::audit_read, audit_verify_arguments(), verify, ReadKind::status);
}

CallResult Gateway::record_audit_read(const CallContext& context, const AuditReadMade& read) {
    const std::string arguments = read.arguments.text.empty() ? "{}" : read.arguments.text;
    const std::string_view needed =
        read.kind == AuditReadKind::export_range ? scope_of_export(context) : scope::audit_read;
    if (auto denied = missing_scope(runtime_, context, needed, arguments))
        return tl::unexpected(std::move(*denied));
    if (read.failure) return tl::unexpected(fail_call(runtime_, context, read.failure->error, arguments));
    if (!is_sha256(read.output_hash))
        return tl::unexpected(CallError{
            failure(ErrorCode::engine_protocol_mismatch, "a read was reported without its output hash")
                .value(),
            {}});
    if (std::string reason = runtime_.unrecorded_reason(); !reason.empty())
        return Reply{"{}", {}, false, std::move(reason)};
    auto event_id = record_completed(runtime_, context, arguments, read.output_hash);
    if (!event_id) return tl::unexpected(CallError{event_id.error(), {}});
    return Reply{"{}", std::move(*event_id), false, {}};
}

CallError Gateway::record_failure(const CallContext& context, const events::Error& error,
                                  const std::string& arguments_json) {
    return fail_call(runtime_, context, error, arguments_json);
}

}  // namespace ibkr::engine
