#include <array>
#include <future>
#include <sys/socket.h>

#include "events/crypto/bytes.hpp"
#include "io/ipc/frame.hpp"
#include "tests/unit/io/ipc_support.hpp"

// Frames over a pair of connected sockets.

using namespace ibkr;
using namespace ibkr::io;
using namespace ibkr::io::test;

namespace {

struct Pair {
    RawEnd left{events::FileDescriptor()};
    RawEnd right{events::FileDescriptor()};
    Pair() {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        left = RawEnd(events::FileDescriptor(ends[0]));
        right = RawEnd(events::FileDescriptor(ends[1]));
    }
};

std::string header_of(std::uint32_t length) {
    std::string header;
    events::append_be32(header, length);
    return header;
}

}  // namespace

TEST_CASE("frames arrive whole and in order, down to their bytes", "[ipc]") {
    Pair pair;
    pair.left.say("{}");
    pair.left.say(std::string("\0\n\xff", 3));
    std::array<char, 6> bytes{};
    REQUIRE(::recv(pair.right.get(), bytes.data(), bytes.size(), 0) == 6);
    CHECK(std::string(bytes.data(), bytes.size()) == std::string("\0\0\0\2{}", 6));
    CHECK(pair.right.hear_frame().value() == std::string("\0\n\xff", 3));
}

TEST_CASE("the longest frames pass, and nothing longer", "[ipc]") {
    Pair pair;
    const std::string longest(answer_bytes_max, 'x');
    auto writing = std::async(std::launch::async, [&] {
        return write_frame(pair.left.get(), longest, deadline_in(patience)).has_value();
    });
    const auto frame = pair.right.hear_frame();
    CHECK(writing.get());
    REQUIRE(frame);
    CHECK(*frame == longest);

    const auto refused = write_frame(pair.left.get(), longest + "x", deadline_in(patience));
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == FrameFault::malformed);
    CHECK(write_frame(pair.left.get(), "", deadline_in(patience)).error() == FrameFault::malformed);
    CHECK(pair.right.hear_frame(milliseconds(0)).error() == FrameFault::timed_out);
}

TEST_CASE("a length is judged before anything is read or kept", "[ipc]") {
    for (const std::uint32_t length : {0U, 11U, 0x7fffffffU, 0xffffffffU}) {
        Pair pair;
        pair.left.send_bytes(header_of(length));
        const auto frame = read_frame(pair.right.get(), 10, deadline_in(patience));
        REQUIRE_FALSE(frame);
        CHECK(frame.error() == FrameFault::malformed);
    }
    Pair pair;
    pair.left.send_bytes(header_of(10) + "0123456789");
    CHECK(read_frame(pair.right.get(), 10, deadline_in(patience)).value() == "0123456789");
}

TEST_CASE("an end between frames is told from one within a frame", "[ipc]") {
    for (const auto& [sent, fault] : {std::pair(std::string(), FrameFault::closed),
                                      std::pair(std::string("\0\0", 2), FrameFault::malformed),
                                      std::pair(header_of(5), FrameFault::malformed),
                                      std::pair(header_of(5) + "1234", FrameFault::malformed)}) {
        Pair pair;
        if (!sent.empty()) pair.left.send_bytes(sent);
        pair.left.close();
        const auto frame = pair.right.hear_frame();
        REQUIRE_FALSE(frame);
        CHECK(frame.error() == fault);
    }
}

TEST_CASE("silence and half a frame end at the deadline", "[ipc]") {
    for (const std::string& sent : {std::string(), std::string("\0\0", 2), header_of(5) + "1234"}) {
        Pair pair;
        if (!sent.empty()) pair.left.send_bytes(sent);
        const auto frame = pair.right.hear_frame(moment);
        REQUIRE_FALSE(frame);
        CHECK(frame.error() == FrameFault::timed_out);
    }
    const Pair pair;
    CHECK(wait_readable(pair.right.get(), deadline_in(moment)).error() == FrameFault::timed_out);
}

TEST_CASE("who does not read holds a writer until the deadline only", "[ipc]") {
    const Pair pair;
    const std::string large(answer_bytes_max, 'x');
    const auto written = write_frame(pair.left.get(), large, deadline_in(moment));
    REQUIRE_FALSE(written);
    CHECK(written.error() == FrameFault::timed_out);
}

TEST_CASE("writing to who is gone fails without a signal", "[ipc]") {
    Pair pair;
    pair.right.close();
    const auto written = write_frame(pair.left.get(), "{}", deadline_in(patience));
    REQUIRE_FALSE(written);
    CHECK(written.error() == FrameFault::failed);
    CHECK(wait_readable(pair.left.get(), deadline_in(patience)));
}
