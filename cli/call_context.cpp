#include "cli/call_context.hpp"

#include <algorithm>

#include "engine/gateway/operation_tools.hpp"

namespace ibkr::cli {

namespace {
constexpr std::size_t name_bytes_max = 64;
}  // namespace

std::string local_user(std::int64_t uid) {
    return "local-user:" + std::to_string(uid);
}

std::string process_session(std::int64_t pid, const std::string& id) {
    return "process-" + std::to_string(pid) + ":" + id;
}

events::Result<engine::CallContext> context_of(const io::ForwardedCall& call, const io::Peer& peer,
                                               const io::Config& config) {
    for (const std::string* name : {&call.request_id, &call.session_id, &call.tool_name})
        if (!events::is_id_text(*name, name_bytes_max))
            return events::failure(events::ErrorCode::engine_protocol_mismatch,
                                   "a call came with a request, session or tool name that is none",
                                   "Call through ibkr-agent of this version.");
    if (!engine::is_tool_of(call.operation, call.tool_name))
        return events::failure(events::ErrorCode::engine_protocol_mismatch,
                               "a call came under a tool name that is not that operation's",
                               "Call through ibkr-agent of this version.");
    engine::CallContext context;
    context.actor.user_id = local_user(peer.uid);
    context.actor.session_id = process_session(peer.pid, call.session_id);
    context.actor.request_id = call.request_id;
    context.actor.tool_name = call.tool_name;
    for (const std::string& scope : config.scopes)
        if (std::find(call.scopes.begin(), call.scopes.end(), scope) != call.scopes.end())
            context.actor.scopes.push_back(scope);
    context.command_id = call.command_id;
    context.enable_preview = call.enable_preview;
    context.enable_paper = call.enable_paper;
    context.forwarded = true;
    return context;
}

io::ForwardedCall forwarded(const engine::CallContext& context, const std::string& session) {
    io::ForwardedCall call;
    call.command_id = context.command_id;
    call.request_id = context.actor.request_id;
    call.session_id = session;
    call.tool_name = context.actor.tool_name;
    call.scopes = context.actor.scopes;
    call.enable_preview = context.enable_preview;
    call.enable_paper = context.enable_paper;
    return call;
}

}  // namespace ibkr::cli
