#include <atomic>
#include <filesystem>
#include <future>
#include <thread>
#include <unistd.h>
#include <vector>

#include "events/crypto/bytes.hpp"
#include "io/ipc/owner_server.hpp"
#include "tests/unit/io/ipc_support.hpp"

// One owner and its askers, on a real socket.

using namespace ibkr;
using namespace ibkr::io;
using namespace ibkr::io::test;

namespace {

std::string payload_of(const events::Result<engine::CallResult, Unanswered>& asked) {
    if (!asked) return "no answer";
    return *asked ? (*asked)->payload : std::string(events::to_string(asked->error().error.code));
}

/// An asker that has greeted and whose second frame is refused; true when it is then cut off.
bool is_refused(RawEnd& end) {
    return end.hear_error().code == ErrorCode::engine_protocol_mismatch && end.is_at_the_end();
}

}  // namespace

TEST_CASE("calls follow one another on one connection", "[ipc]") {
    const TemporaryDirectory directory;
    const OwnerServer server = started(settings_for(directory.path()));
    OwnerClient client = connected(directory.path());
    CHECK(client.owner() == owner_greeting());
    for (const std::string id : {"one", "two", "three"})
        CHECK(payload_of(client.ask(some_call(id))) == id);
}

TEST_CASE("the handler sees the whole call and who made it", "[ipc]") {
    const TemporaryDirectory directory;
    ForwardedCall sent = some_call();
    sent.operator_secret = OperatorSecret("opens sesame");
    sent.repeated = true;
    std::optional<ForwardedCall> seen;
    std::optional<Peer> by;
    OwnerServer server =
        started(settings_for(directory.path()), [&](const Peer& peer, const ForwardedCall& call) {
            by = peer;
            seen = call;
            return std::optional(engine::CallResult(tl::unexpected(engine::CallError{
                {ErrorCode::order_policy_refused, "no", false, "change it", {{"A", "a"}, {"B", "b"}}},
                events::EventId("event-9")})));
        });
    const auto asked = connected(directory.path()).ask(sent);
    REQUIRE(server.stop());
    CHECK(seen == sent);
    CHECK(by == Peer{::geteuid(), ::getpid()});
    REQUIRE(asked);
    REQUIRE_FALSE(*asked);
    CHECK(asked->error().error.reasons.size() == 2);
    CHECK(asked->error().audit_event_id == events::EventId("event-9"));
}

TEST_CASE("each connection is greeted with what holds then", "[ipc]") {
    const TemporaryDirectory directory;
    std::atomic<std::uint64_t> head{7};
    OwnerServerSettings settings = settings_for(directory.path());
    settings.greeting = [&head] {
        OwnerGreeting greeting = owner_greeting();
        greeting.head.sequence_id = events::SequenceId(head++);
        return greeting;
    };
    const OwnerServer server = started(std::move(settings));
    CHECK(connected(directory.path()).owner().head.sequence_id == events::SequenceId(7));
    CHECK(connected(directory.path()).owner().head.sequence_id == events::SequenceId(8));
}

TEST_CASE("both sides see the same mismatch", "[ipc]") {
    const TemporaryDirectory directory;
    const OwnerServer server = started(settings_for(directory.path()));
    const auto check_refused = [&](const Greeting& own, ErrorCode code) {
        CHECK(refusal_of(directory.path(), own) == code);
        RawEnd end = RawEnd::to(directory.path());
        end.say(encode(own));
        CHECK(end.hear_error().code == code);
        CHECK(end.is_at_the_end());
    };
    Greeting own = asker_greeting();
    own.config_digest = "digest-b";
    check_refused(own, ErrorCode::engine_config_mismatch);
    own = asker_greeting();
    own.log_id = "another";
    check_refused(own, ErrorCode::engine_config_mismatch);
    own = asker_greeting();
    own.product_version = "0.2.0";
    check_refused(own, ErrorCode::engine_version_mismatch);
    own = asker_greeting();
    own.format_version = 2;
    check_refused(own, ErrorCode::engine_version_mismatch);
    own = asker_greeting();
    own.protocol = 2;
    check_refused(own, ErrorCode::engine_protocol_mismatch);

    own = asker_greeting();
    own.log_id.clear();
    CHECK_FALSE(refusal_of(directory.path(), own));
}

TEST_CASE("nonsense is answered and cut off, before and after the greeting", "[ipc]") {
    const TemporaryDirectory directory;
    const OwnerServer server = started(settings_for(directory.path()));
    std::string too_long;
    events::append_be32(too_long, request_bytes_max + 1);
    for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(4, '\0'), too_long,
                                     std::string("\0\0\0\2{}", 6)}) {
        RawEnd stranger = RawEnd::to(directory.path());
        stranger.send_bytes(bytes);
        CHECK(is_refused(stranger));
        RawEnd asker = RawEnd::greeted(directory.path());
        asker.send_bytes(bytes);
        CHECK(is_refused(asker));
    }
    RawEnd hasty = RawEnd::to(directory.path());
    hasty.say(encode(some_call()).value());
    CHECK(is_refused(hasty));
    RawEnd twice = RawEnd::greeted(directory.path());
    twice.say(encode(asker_greeting()));
    CHECK(is_refused(twice));
    CHECK(payload_of(connected(directory.path()).ask(some_call("after"))) == "after");
}

TEST_CASE("silence and half a frame end with the greeting timeout", "[ipc]") {
    const TemporaryDirectory directory;
    OwnerServerSettings settings = settings_for(directory.path());
    settings.greeting_timeout = moment;
    const OwnerServer server = started(std::move(settings));
    RawEnd silent = RawEnd::to(directory.path());
    RawEnd half = RawEnd::to(directory.path());
    half.send_bytes(std::string("\0\0\1\0{\"gree", 10));
    CHECK(is_refused(silent));
    CHECK(is_refused(half));
}

TEST_CASE("who has greeted may be idle, up to a limit", "[ipc]") {
    const TemporaryDirectory directory;
    OwnerServerSettings settings = settings_for(directory.path());
    settings.idle_timeout = moment;
    const OwnerServer server = started(std::move(settings));
    RawEnd idle = RawEnd::greeted(directory.path());
    CHECK(idle.is_at_the_end());
}

TEST_CASE("the longest call is taken", "[ipc]") {
    const TemporaryDirectory directory;
    const OwnerServer server =
        started(settings_for(directory.path()), [](const Peer&, const ForwardedCall& call) {
            return std::optional(reply(std::to_string(call.arguments.text.size())));
        });
    ForwardedCall call = some_call();
    call.arguments.text = R"({"a":""})";
    const std::size_t room = request_bytes_max - encode(call).value().size();
    call.arguments.text = R"({"a":")" + std::string(room, 'x') + R"("})";
    OwnerClient client = connected(directory.path());
    CHECK(payload_of(client.ask(call)) == std::to_string(call.arguments.text.size()));

    call.arguments.text = R"({"a":")" + std::string(room + 1, 'x') + R"("})";
    CHECK(payload_of(client.ask(call)) == "ORDER_VALIDATION_FAILED");
    CHECK(payload_of(client.ask(some_call("still open"))) == "ORDER_VALIDATION_FAILED");  // a space in an id
    CHECK(payload_of(client.ask(some_call())) == std::to_string(some_call().arguments.text.size()));
}

TEST_CASE("fifty askers at once each get their own answers", "[ipc]") {
    const TemporaryDirectory directory;
    Gate gate;
    const OwnerServer server =
        started(settings_for(directory.path()), [&](const Peer& peer, const ForwardedCall& call) {
            gate.pass();
            return echo(peer, call);
        });
    constexpr int askers = 50;
    std::vector<OwnerClient> clients;
    for (int i = 0; i < askers; ++i)
        clients.push_back(connected(directory.path()));
    std::vector<std::future<std::string>> answers;
    for (int i = 0; i < askers; ++i)
        answers.push_back(std::async(std::launch::async, [&client = clients[static_cast<std::size_t>(i)], i] {
            const std::string first = payload_of(client.ask(some_call("first-" + std::to_string(i))));
            return first + " " + payload_of(client.ask(some_call("second-" + std::to_string(i))));
        }));
    gate.wait_for_arrivals(askers);  // all of them in their handlers together
    gate.open();
    for (int i = 0; i < askers; ++i)
        CHECK(answers[static_cast<std::size_t>(i)].get() ==
              "first-" + std::to_string(i) + " second-" + std::to_string(i));
}

TEST_CASE("an asker who never reads holds nobody else and is cut off", "[ipc]") {
    const TemporaryDirectory directory;
    OwnerServerSettings settings = settings_for(directory.path());
    settings.answer_timeout = milliseconds(300);
    Gate answered;
    OwnerServer server = started(std::move(settings), [&](const Peer& peer, const ForwardedCall& call) {
        if (call.command_id.text() != "large") return echo(peer, call);
        answered.open();
        return std::optional(reply(std::string(8'000'000, 'x')));
    });
    RawEnd slow = RawEnd::greeted(directory.path());
    slow.say(encode(some_call("large")).value());
    answered.pass();
    CHECK(payload_of(connected(directory.path()).ask(some_call("small"))) == "small");
    CHECK(server.stop());  // by then its connection has been given up
    const auto cut = slow.hear_frame();
    REQUIRE_FALSE(cut);
    CHECK(cut.error() != FrameFault::timed_out);
}

TEST_CASE("a long call is kept alive by signs of life", "[ipc]") {
    const TemporaryDirectory directory;
    OwnerServerSettings settings = settings_for(directory.path());
    settings.working_interval = milliseconds(10);
    Gate gate;
    const OwnerServer server = started(std::move(settings), [&](const Peer& peer, const ForwardedCall& call) {
        gate.pass();
        return echo(peer, call);
    });
    constexpr milliseconds silence{1'000};
    OwnerClient client = connected(directory.path(), silence);
    auto answer = std::async(std::launch::async, [&] { return payload_of(client.ask(some_call("long"))); });
    RawEnd watcher = RawEnd::greeted(directory.path());
    watcher.say(encode(some_call("watched")).value());
    const auto until = std::chrono::steady_clock::now() + silence + silence / 4;
    int signs = 0;
    while (signs < 3 || std::chrono::steady_clock::now() < until) {
        REQUIRE(std::holds_alternative<Working>(watcher.hear()));
        ++signs;
    }
    gate.open();
    CHECK(answer.get() == "long");
    OwnerMessage last = watcher.hear();
    while (std::holds_alternative<Working>(last))
        last = watcher.hear();
    CHECK(std::get<engine::CallResult>(last)->payload == "watched");
}

TEST_CASE("a call whose deadline has passed is never handled", "[ipc]") {
    const TemporaryDirectory directory;
    std::atomic<int> handled{0};
    const OwnerServer server =
        started(settings_for(directory.path()), [&](const Peer& peer, const ForwardedCall& call) {
            ++handled;
            return echo(peer, call);
        });
    RawEnd late = RawEnd::greeted(directory.path());
    for (const std::int64_t answer_by : {std::int64_t{0}, boottime_ms_now()}) {
        ForwardedCall call = some_call();
        call.answer_by_boottime_ms = answer_by;
        late.say(encode(call).value());
        CHECK(late.hear_error().code == ErrorCode::engine_busy);
    }
    CHECK(handled == 0);
    late.say(encode(some_call("in-time")).value());
    CHECK(std::get<engine::CallResult>(late.hear())->payload == "in-time");
    CHECK(handled == 1);
}

TEST_CASE("an owner with a long path answers like any other", "[ipc]") {
    const TemporaryDirectory home;
    const std::string directory = home / std::string(200, 'd');
    std::filesystem::create_directory(directory);
    const OwnerServer server = started(settings_for(directory));
    CHECK(payload_of(connected(directory).ask(some_call("far"))) == "far");
}
