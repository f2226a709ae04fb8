#include "engine/decided_once.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

using namespace ibkr::engine;

namespace {

CallResult reply(std::string payload) {
    return Reply{std::move(payload), {}, false, {}};
}

}  // namespace

TEST_CASE("who asks for what is being decided waits for that answer", "[threads]") {
    DecidedOnce once;
    std::atomic<int> decided = 0;
    std::atomic<int> same = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                const auto answer = once.ask({"user", "one", "asked"}, [&] {
                    ++decided;
                    std::this_thread::sleep_for(std::chrono::milliseconds(20));
                    return reply("first");
                });
                if (answer && answer->payload == "first") ++same;
            });
    }
    CHECK(decided == 1);
    CHECK(same == 8);
    CHECK(once.ask({"user", "one", "asked"}, [] { return reply("second"); })->payload == "first");
}

TEST_CASE("an id is for one call alone", "[decided-once]") {
    DecidedOnce once;
    REQUIRE(once.ask({"user", "one", "preview"}, [] { return reply("a preview"); }).has_value());
    const auto other = once.ask({"user", "one", "submit"}, [] { return reply("never"); });
    REQUIRE_FALSE(other.has_value());
    CHECK(other.error().error.code == ibkr::events::ErrorCode::engine_protocol_mismatch);
}

TEST_CASE("the ids of different users never meet", "[decided-once]") {
    DecidedOnce once;
    CHECK(once.ask({"a", "one", "asked"}, [] { return reply("of a"); })->payload == "of a");
    CHECK(once.ask({"b", "one", "asked"}, [] { return reply("of b"); })->payload == "of b");
}

TEST_CASE("only the newest answers are kept, by number and by bytes", "[decided-once]") {
    DecidedOnce once;
    const auto ask = [&](int id, std::size_t bytes) {
        bool decided = false;
        (void)once.ask({"user", "id-" + std::to_string(id), "asked"}, [&] {
            decided = true;
            return reply(std::string(bytes, 'x'));
        });
        return decided;
    };
    for (int id = 0; id < static_cast<int>(DecidedOnce::kept_max); ++id)
        CHECK(ask(id, 1));
    CHECK_FALSE(ask(0, 1));
    CHECK(ask(5'000, 1));  // pushes the oldest out
    CHECK(ask(0, 1));
    CHECK(ask(6'000, DecidedOnce::kept_bytes_max));  // pushes everything else out
    CHECK(ask(5'000, 1));
}
