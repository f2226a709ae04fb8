#include <atomic>
#include <filesystem>
#include <future>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "events/log/directory/owner_lock.hpp"
#include "io/ipc/owner_client.hpp"
#include "io/ipc/owner_server.hpp"
#include "tests/unit/io/ipc_support.hpp"

// How conversations end: drained, abandoned, lost, silent.

using namespace ibkr;
using namespace ibkr::io;
using namespace ibkr::io::test;

namespace {

using Asked = events::Result<engine::CallResult, Unanswered>;

std::future<Asked> ask_beside(OwnerClient& client, const ForwardedCall& call) {
    return std::async(std::launch::async, [&client, call] { return client.ask(call); });
}

Handler behind(Gate& gate) {
    return [&gate](const Peer& peer, const ForwardedCall& call) {
        gate.pass();
        return echo(peer, call);
    };
}

bool nobody_at(const std::string& directory) {
    const auto client = OwnerClient::connect(directory, asker_greeting(), deadline_in(patience));
    REQUIRE(client);
    return !client->has_value();
}

bool is_lost(const Asked& asked) {
    return !asked && asked.error() == Unanswered::connection_lost;
}

/// An owner that keeps to the protocol as far as a test lets it: it accepts one asker at a time.
class FakeOwner {
public:
    explicit FakeOwner(const std::string& directory)
        : socket_(std::move(*OwnerSocket::listen(directory, ""))) {}
    RawEnd accept() {
        RawEnd end(events::FileDescriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
        REQUIRE(end.get() >= 0);
        return end;
    }
    /// Accepts, and answers the asker's greeting with `frame`.
    RawEnd accept_and_say(const std::string& frame) {
        RawEnd end = accept();
        REQUIRE(end.hear_frame());
        end.say(frame);
        return end;
    }

private:
    OwnerSocket socket_;
};

using Connecting = events::Result<std::optional<OwnerClient>>;
std::future<Connecting> connect_beside(const std::string& directory, milliseconds silence = patience,
                                       milliseconds wait = patience) {
    return std::async(std::launch::async, [=] {
        return OwnerClient::connect(directory, asker_greeting(), deadline_in(wait), silence);
    });
}

}  // namespace

TEST_CASE("stop lets calls in progress be answered and takes no new ones up", "[ipc]") {
    const TemporaryDirectory directory;
    Gate gate;
    OwnerServer server = started(settings_for(directory.path()), behind(gate));
    OwnerClient busy = connected(directory.path());
    OwnerClient idle = connected(directory.path());
    auto answer = ask_beside(busy, some_call("in-progress"));
    gate.wait_for_arrivals(1);
    auto stopping = std::async(std::launch::async, [&] { return server.stop(); });
    while (std::filesystem::exists(directory / "engine.sock"))
        std::this_thread::yield();
    CHECK(nobody_at(directory.path()));

    CHECK(is_lost(idle.ask(some_call("new"))));  // its asker asks the next owner
    gate.open();
    const Asked in_progress = answer.get();
    REQUIRE(in_progress);
    CHECK((*in_progress)->payload == "in-progress");
    CHECK(stopping.get());
    CHECK(is_lost(busy.ask(some_call("after"))));
    CHECK(server.stop());
}

TEST_CASE("beyond the most connections an asker is told so, and the longest idle one makes room", "[ipc]") {
    const TemporaryDirectory directory;
    OwnerServerSettings settings = settings_for(directory.path());
    settings.connections_max = 2;
    Gate gate;
    const OwnerServer server = started(std::move(settings), behind(gate));
    OwnerClient busy = connected(directory.path());
    auto answer = ask_beside(busy, some_call("in-progress"));
    gate.wait_for_arrivals(1);
    OwnerClient idle = connected(directory.path());
    CHECK(refusal_of(directory.path()) == ErrorCode::engine_busy);

    const Deadline deadline = deadline_in(patience);
    while (refusal_of(directory.path()) && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    CHECK(std::chrono::steady_clock::now() < deadline);
    gate.open();
    CHECK((*answer.get())->payload == "in-progress");  // a call in progress is never ended for a newcomer
    const auto lost = idle.ask(some_call("late"));
    REQUIRE_FALSE(lost);
    CHECK(lost.error() == Unanswered::connection_lost);
}

TEST_CASE("stop waits for the drain timeout only", "[ipc]") {
    const TemporaryDirectory directory;
    OwnerServerSettings settings = settings_for(directory.path());
    settings.drain_timeout = moment;
    Gate gate;
    {
        OwnerServer server = started(std::move(settings), behind(gate));
        OwnerClient client = connected(directory.path());
        auto answer = ask_beside(client, some_call());
        gate.wait_for_arrivals(1);
        CHECK_FALSE(server.stop());
        CHECK(is_lost(answer.get()));
        CHECK_FALSE(std::filesystem::exists(directory / "engine.sock"));
        gate.open();
    }  // waits for the handler
    const OwnerServer next = started(settings_for(directory.path()));
    CHECK_FALSE(nobody_at(directory.path()));
}

TEST_CASE("abandon loses every connection, and the next owner answers", "[ipc]") {
    const TemporaryDirectory directory;
    Gate gate;
    OwnerServer server = started(settings_for(directory.path()), behind(gate));
    OwnerClient busy = connected(directory.path());
    OwnerClient idle = connected(directory.path());
    auto answer = ask_beside(busy, some_call("repeated"));
    gate.wait_for_arrivals(1);
    server.abandon();
    CHECK(is_lost(answer.get()));
    CHECK(is_lost(idle.ask(some_call())));
    CHECK(nobody_at(directory.path()));

    const OwnerServer next = started(settings_for(directory.path()));
    const Asked again = connected(directory.path()).ask(some_call("repeated"));
    REQUIRE(again);
    CHECK((*again)->payload == "repeated");
    gate.open();
    server.abandon();
    CHECK_FALSE(nobody_at(directory.path()));  // the next owner's socket is not ours to take away
}

TEST_CASE("a handler of a dead engine ends its connection, and may abandon all of them", "[ipc]") {
    const TemporaryDirectory directory;
    std::atomic<OwnerServer*> to_abandon{nullptr};
    OwnerServer server = started(settings_for(directory.path()), [&](const Peer&, const ForwardedCall&) {
        if (OwnerServer* const all = to_abandon) all->abandon();
        return std::optional<engine::CallResult>();
    });
    CHECK(is_lost(connected(directory.path()).ask(some_call())));
    OwnerClient other = connected(directory.path());
    to_abandon = &server;
    CHECK(is_lost(connected(directory.path()).ask(some_call())));
    CHECK(is_lost(other.ask(some_call())));
    CHECK(nobody_at(directory.path()));
}

TEST_CASE("an asker that goes away during its call disturbs nobody", "[ipc]") {
    const TemporaryDirectory directory;
    Gate gate;
    OwnerServerSettings settings = settings_for(directory.path());
    settings.working_interval = milliseconds(5);
    OwnerServer server = started(std::move(settings), [&](const Peer& peer, const ForwardedCall& call) {
        if (call.command_id.text() == "left") gate.pass();
        return echo(peer, call);
    });
    {
        RawEnd leaving = RawEnd::greeted(directory.path());
        leaving.say(encode(some_call("left")).value());
        gate.wait_for_arrivals(1);
    }
    const Asked other = connected(directory.path()).ask(some_call("other"));
    REQUIRE(other);
    CHECK((*other)->payload == "other");
    gate.open();
    CHECK(server.stop());
}

TEST_CASE("an owner that ends without an answer leaves the outcome unknown", "[ipc]") {
    const TemporaryDirectory directory;
    FakeOwner owner(directory.path());
    for (const std::string& last_words :
         {std::string(), encode(Working{}), encode(owner_greeting()), std::string("nonsense")}) {
        auto connecting = connect_beside(directory.path());
        RawEnd end = owner.accept_and_say(encode(owner_greeting()));
        OwnerClient client = std::move(**connecting.get());
        auto asked = ask_beside(client, some_call());
        REQUIRE(end.hear_frame());
        if (!last_words.empty()) end.say(last_words);
        end.close();
        CHECK(is_lost(asked.get()));
        CHECK(is_lost(client.ask(some_call())));
    }
}

TEST_CASE("an owner that falls silent is told from one that ended", "[ipc]") {
    const TemporaryDirectory directory;
    FakeOwner owner(directory.path());
    {
        auto connecting = connect_beside(directory.path(), moment);
        const RawEnd end = owner.accept_and_say(encode(owner_greeting()));
        OwnerClient client = std::move(**connecting.get());
        const Asked asked = client.ask(some_call());
        REQUIRE_FALSE(asked);
        CHECK(asked.error() == Unanswered::silent);
    }
    {
        auto connecting = connect_beside(directory.path());
        RawEnd end = owner.accept_and_say(encode(owner_greeting()));
        OwnerClient client = std::move(**connecting.get());
        ForwardedCall call = some_call();
        call.answer_by_boottime_ms = boottime_ms_now() + moment.count();
        end.say(encode(Working{}));
        const Asked asked = client.ask(call);
        REQUIRE_FALSE(asked);
        CHECK(asked.error() == Unanswered::silent);
    }
}

TEST_CASE("an owner that never greets is busy, and named", "[ipc]") {
    const TemporaryDirectory directory;
    const auto lock = events::OwnerLock::acquire(directory.path(), milliseconds(0));
    REQUIRE(lock);
    const auto stopped =
        OwnerSocket::listen(directory.path(), "");  // its queue takes connections, nobody accepts
    REQUIRE(stopped);
    const auto client = OwnerClient::connect(directory.path(), asker_greeting(), deadline_in(moment));
    REQUIRE_FALSE(client);
    CHECK(client.error().code == ErrorCode::engine_busy);
    CHECK(client.error().message.find(std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE("an owner whose greeting is none, or another's, is refused by the asker", "[ipc]") {
    const TemporaryDirectory directory;
    FakeOwner owner(directory.path());
    OwnerGreeting newer = owner_greeting();
    newer.common.product_version = "0.2.0";
    for (const auto& [words, code] :
         {std::pair(encode(newer), ErrorCode::engine_version_mismatch),
          std::pair(std::string(R"({"greeting":{"protocol":9}})"), ErrorCode::engine_protocol_mismatch),
          std::pair(std::string("nonsense"), ErrorCode::engine_protocol_mismatch),
          std::pair(encode(Working{}), ErrorCode::engine_protocol_mismatch),
          std::pair(encode(reply("{}")), ErrorCode::engine_protocol_mismatch)}) {
        auto connecting = connect_beside(directory.path());
        const RawEnd end = owner.accept_and_say(words);
        const Connecting refused = connecting.get();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == code);
    }
    auto connecting = connect_beside(directory.path());
    RawEnd end = owner.accept();
    end.send_bytes(std::string(4, '\0'));
    CHECK(connecting.get().error().code == ErrorCode::engine_protocol_mismatch);
}

TEST_CASE("an owner that is gone before it greets is nobody", "[ipc]") {
    const TemporaryDirectory directory;
    FakeOwner owner(directory.path());
    auto connecting = connect_beside(directory.path());
    owner.accept().close();
    const Connecting client = connecting.get();
    REQUIRE(client);
    CHECK_FALSE(*client);
}
