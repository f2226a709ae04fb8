#include "events/values/ids.hpp"

#include <set>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace ibkr::events;

TEST_CASE("an id is printable ASCII of bounded length") {
    ContractId id;
    REQUIRE(from_text("265598", id));
    REQUIRE(to_text(id) == "265598");
    REQUIRE_FALSE(from_text("", id));
    REQUIRE_FALSE(from_text(std::string(33, '1'), id));
    REQUIRE(from_text(std::string(32, '1'), id));
    for (const char* text : {"a b", "a\tb", "a\"b", "a'b", "a\\b", "a\nb", "\x7f", "\xc3\xa9", "\x80"}) {
        CAPTURE(text);
        REQUIRE_FALSE(from_text(text, id));
        REQUIRE(id.text() == std::string(32, '1'));
    }
}

TEST_CASE("an idempotency key is 1 to 40 of letters, digits, dot, underscore, dash") {
    REQUIRE(is_idempotency_key("a"));
    REQUIRE(is_idempotency_key("Order_2026-01.05"));
    REQUIRE(is_idempotency_key(std::string(40, 'k')));
    REQUIRE_FALSE(is_idempotency_key(""));
    REQUIRE_FALSE(is_idempotency_key(std::string(41, 'k')));
    for (const char* text : {"a b", "a/b", "a:b", "a+b", "\xc3\xa9", "a\n", "a@b", "[", "`", "{"})
        REQUIRE_FALSE(is_idempotency_key(text));
}

TEST_CASE("UUID version 7 has the layout of RFC 9562 and sorts by time") {
    // RFC 9562 appendix A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F.
    const std::array<std::uint8_t, 10> random{0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
    REQUIRE(uuid_v7(Timestamp(0x017f22e279b0), random) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    REQUIRE(rc::check("form and order", [](const std::array<std::uint8_t, 10>& bits) {
        const auto a = *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 47);
        const std::string uuid = uuid_v7(Timestamp(a), bits);
        RC_ASSERT(is_uuid(uuid));
        RC_ASSERT(uuid[14] == '7');
        RC_ASSERT(std::string("89ab").find(uuid[19]) != std::string::npos);
        RC_ASSERT(uuid < uuid_v7(Timestamp(a + 1), bits));
        EventId id;
        RC_ASSERT(from_text(uuid, id));
    }));
}

TEST_CASE("what is not a lower-case UUID is told apart") {
    REQUIRE(is_uuid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
    for (const char* text : {"", "017F22E2-79b0-7cc3-98c4-dc0c0c07398f",
                             "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
                             "017f22e279b0-7cc3-98c4-dc0c0c07398f0", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g"})
        REQUIRE_FALSE(is_uuid(text));
}

TEST_CASE("sequence ids count from one and order as numbers") {
    REQUIRE(SequenceId{}.value() == 0);
    REQUIRE(SequenceId{}.next() == SequenceId(1));
    REQUIRE(SequenceId(9) < SequenceId(10));
}
