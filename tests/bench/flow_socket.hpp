#pragma once
// The engine of the paper flow behind the owner's socket: the product's server and client, and the steps that
// the resident engine takes for each call.
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>

#include "engine/answers.hpp"
#include "engine/decided_once.hpp"
#include "engine/gateway/operation_codec.hpp"
#include "io/ipc/boottime.hpp"
#include "io/ipc/owner_client.hpp"
#include "io/ipc/owner_server.hpp"
#include "tests/bench/flow_engine.hpp"

namespace ibkr::bench {

class FlowSocket {
public:
    FlowSocket(FlowEngine& engine, std::string directory)
        : engine_(engine), directory_(std::move(directory)) {
        io::OwnerServerSettings settings;
        settings.data_directory = directory_;
        settings.greeting = [] {
            io::OwnerGreeting greeting;
            greeting.common = common();
            greeting.pid = ::getpid();
            return greeting;
        };
        auto server = io::OwnerServer::start(std::move(settings),
                                             [this](const io::Peer&, const io::ForwardedCall& call) {
                                                 return std::optional<engine::CallResult>(answer(call));
                                             });
        server_.emplace(must(std::move(server), "socket"));
    }

    /// Calls on a connection of their own, for one thread.
    [[nodiscard]] MakeCall connect() {
        auto connected =
            must(io::OwnerClient::connect(directory_, common(), io::deadline_in(std::chrono::seconds{10})),
                 "connect");
        if (!connected) give_up("connect", "nobody there");
        auto client = std::make_shared<io::OwnerClient>(std::move(*connected));
        return [this, client](const std::string& tool, const engine::Operation& operation) {
            const engine::CallContext context = engine_.context(tool);
            io::ForwardedCall call;
            call.command_id = context.command_id;
            call.request_id = context.actor.request_id;
            call.session_id = context.actor.session_id;
            call.tool_name = tool;
            call.scopes = context.actor.scopes;
            call.operation = engine::operation_name(operation);
            call.arguments = {engine::operation_json(operation)};
            call.answer_by_boottime_ms = io::boottime_ms_now() + 60'000;
            auto answered = client->ask(call);
            if (!answered) give_up("socket", "no answer");
            return std::move(*answered);
        };
    }

private:
    static io::Greeting common() {
        io::Greeting greeting;
        greeting.product_version = "bench";
        greeting.format_version = 1;
        greeting.config_digest = "bench";
        return greeting;
    }
    engine::CallResult answer(const io::ForwardedCall& call) {
        return decided_once_.ask(
            {"local-user", call.command_id.text(), call.operation}, [&]() -> engine::CallResult {
                engine::CallContext context = engine_.context(call.tool_name);
                context.command_id = call.command_id;
                const auto operation = engine::parse_operation(call.operation, call.arguments.text);
                if (!operation) return tl::unexpected(engine::CallError{operation.error(), {}});
                auto stored = engine::stored_answer(engine_.runtime(), "local-user", call.command_id);
                if (!stored) return tl::unexpected(engine::CallError{stored.error(), {}});
                if (*stored) return std::move(**stored);
                engine::Gateway gateway(engine_.runtime());
                return engine::perform(gateway, context, *operation);
            });
    }

    FlowEngine& engine_;
    const std::string directory_;
    engine::DecidedOnce decided_once_;
    std::optional<io::OwnerServer> server_;
};

}  // namespace ibkr::bench
