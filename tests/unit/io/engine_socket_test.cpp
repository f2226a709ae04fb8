// The owner's socket, the queue and the writer together, on the in-memory log: many askers, one engine.

#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/answers.hpp"
#include "engine/decided_once.hpp"
#include "engine/gateway/operation_codec.hpp"
#include "io/ipc/boottime.hpp"
#include "io/ipc/owner_client.hpp"
#include "io/ipc/owner_server.hpp"
#include "tests/support/engine_rig.hpp"
#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr::engine;
using namespace ibkr::events;
using namespace ibkr::io;
using ibkr::testing::member;
using ibkr::testing::ScriptedBroker;

namespace {

namespace operation = ibkr::engine::operation;

Greeting common() {
    Greeting greeting;
    greeting.product_version = "test";
    greeting.format_version = 1;
    greeting.config_digest = "test";
    return greeting;
}

/// An engine behind a socket, as the resident one is.
class ServedRig : public ibkr::testing::EngineRig {
public:
    ServedRig() {
        many_callers = true;
        broker.fill_buys_at_or_above(Price(Decimal::of(19960, 2)));
        REQUIRE(restart());
        OwnerServerSettings settings;
        settings.data_directory = directory.path();
        settings.greeting = [this] {
            OwnerGreeting greeting;
            greeting.common = common();
            greeting.head.sequence_id = log.head().sequence;
            return greeting;
        };
        auto started = OwnerServer::start(
            std::move(settings), [this](const Peer&, const ForwardedCall& call) { return answer(call); });
        REQUIRE(started.has_value());
        server.emplace(std::move(*started));
    }

    [[nodiscard]] OwnerClient connect() {
        auto connected =
            OwnerClient::connect(directory.path(), common(), deadline_in(std::chrono::seconds{10}));
        if (!connected || !*connected) std::terminate();  // called from many threads
        return std::move(**connected);
    }
    [[nodiscard]] ForwardedCall call(std::string id, const ibkr::engine::Operation& asked) const {
        ForwardedCall call;
        call.command_id = CommandId(std::move(id));
        call.request_id = "request";
        call.session_id = "session";
        call.tool_name = "tool";
        call.operation = operation_name(asked);
        call.arguments = {operation_json(asked)};
        call.answer_by_boottime_ms = boottime_ms_now() + 60'000;
        return call;
    }

    std::atomic<int> handled = 0;
    ibkr::events::test::TemporaryDirectory directory;
    DecidedOnce once;
    std::optional<OwnerServer> server;

private:
    std::optional<CallResult> answer(const ForwardedCall& call) {
        return once.ask({"user", call.command_id.text(), call.operation}, [&]() -> CallResult {
            ++handled;
            CallContext made = context(call.tool_name);
            made.command_id = call.command_id;
            const auto asked = parse_operation(call.operation, call.arguments.text);
            if (!asked) return tl::unexpected(CallError{asked.error(), {}});
            auto stored = stored_answer(runtime(), made.actor.user_id, call.command_id);
            if (!stored) return tl::unexpected(CallError{stored.error(), {}});
            if (*stored) return std::move(**stored);
            Gateway calls(runtime());
            return perform(calls, made, *asked);
        });
    }
};

PreviewRequest one_share() {
    PreviewRequest request;
    request.account = ScriptedBroker::account();
    request.symbol = "AAPL";
    request.quantity = Quantity::whole(1);
    request.limit_price = Price(Decimal::of(19960, 2));
    return request;
}

/// The member of a forwarded call's answer; empty when there is none.
std::string ask(OwnerClient& client, const ForwardedCall& call, const std::string& name) {
    const auto answered = client.ask(call);
    return answered && *answered ? member((*answered)->payload, name) : std::string();
}

}  // namespace

TEST_CASE("whole flows of many askers through one socket", "[threads]") {
    ServedRig rig;
    std::atomic<int> filled = 0;
    {
        std::vector<std::jthread> askers;
        for (int i = 0; i < 8; ++i)
            askers.emplace_back([&, i] {
                OwnerClient client = rig.connect();
                const std::string id = "asker-" + std::to_string(i) + "-";
                const auto preview =
                    ask(client, rig.call(id + "preview", operation::OrderPreview{one_share()}), "preview_id");
                const auto approval = ask(
                    client,
                    rig.call(id + "approve",
                             operation::ApprovalCreate{{ScriptedBroker::account(), WorkflowId(preview), {}}}),
                    "approval_id");
                const operation::PaperSubmit submit{
                    {ScriptedBroker::account(), WorkflowId(approval), IdempotencyKey(id + "key")}};
                if (ask(client, rig.call(id + "submit", submit), "status") == "filled") ++filled;
            });
    }
    CHECK(filled == 8);
    CHECK(rig.broker.book().size() == 8);
    CHECK(rig.server->stop());
}

TEST_CASE("a call that is asked for twice at once, on two connections, is decided once", "[threads]") {
    ServedRig rig;
    const ForwardedCall call = rig.call("the-same", operation::OrderPreview{one_share()});
    std::vector<std::string> previews(6);
    {
        std::vector<std::jthread> askers;
        for (std::string& preview : previews)
            askers.emplace_back([&] {
                OwnerClient client = rig.connect();
                preview = ask(client, call, "preview_id");
            });
    }
    CHECK(rig.handled == 1);
    for (const std::string& preview : previews) {
        CHECK_FALSE(preview.empty());
        CHECK(preview == previews.front());
    }
    // The next owner finds it in the log.
    rig.server.reset();
    REQUIRE(rig.restart());
    const auto stored = stored_answer(rig.runtime(), "local-user", call.command_id);
    REQUIRE(stored.has_value());
    REQUIRE(stored->has_value());
    CHECK(member((**stored)->payload, "preview_id") == previews.front());
}
