#include "events/log/keys/keys.hpp"
#include "tests/unit/events/chain_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

const Secret& fourth_secret() {
    static const Secret secret{std::string_view("a fourth published test secret: 32 bytes or more")};
    return secret;
}

bool same(const Secret& a, const Secret& b) {
    return equal_in_constant_time(a.bytes(), b.bytes());
}

void check_holds_keys_of(const KeyRing& ring, std::uint32_t epoch, const Secret& secret) {
    const KeyId id = derive_key_id(secret, ring.log_id(), epoch);
    const Secret* const key = ring.find(id);
    REQUIRE(key != nullptr);
    CHECK(same(*key, derive_chain_key(secret, ring.log_id(), epoch)));
    CHECK(ring.epoch_of(id) == epoch);
}

/// Resumed twice, rotated twice, in the midst of a third rotation.
LogKeys busy_keys() {
    const LogKeys second = must(fixed_keys().next_epoch(second_secret())).settled();
    const LogKeys third = must(second.resumed(SequenceId(17)).next_epoch(third_secret())).settled();
    return must(third.resumed(SequenceId(1'000)).next_epoch(fourth_secret()));
}

}  // namespace

TEST_CASE("a log that was neither rotated nor resumed has the keys file it always had", "[keys]") {
    const std::string text = fixed_keys().file_text();
    const std::size_t wrapped = text.find("\"wrapped\":\"") + 11;
    CHECK(text.substr(0, wrapped) == "{\"account_key\":{\"epoch\":1,\"wrapped\":\"");
    CHECK(text.substr(wrapped + 120) ==
          "\"},\"epochs\":[{\"epoch\":1,\"key_id\":\"" + fixed_keys().identity().key_id_hex() +
              "\"}],\"format\":1,\"log_id\":\"000102030405060708090a0b0c0d0e0f\"}\n");
}

TEST_CASE("while rotating either secret opens the keys file", "[keys]") {
    const LogKeys before = fixed_keys();
    const LogKeys rotating = must(before.next_epoch(second_secret()));
    CHECK(rotating.rotating());
    CHECK(rotating.identity().epoch == 2);
    CHECK(rotating.identity().key_id == derive_key_id(second_secret(), before.identity().log_id, 2));
    CHECK(rotating.rotating_to() == EpochKey{2, rotating.identity().key_id});

    const LogKeys by_old = must(LogKeys::parse(rotating.file_text(), audit_secret()));
    const LogKeys by_new = must(LogKeys::parse(rotating.file_text(), second_secret()));
    CHECK(by_old.identity() == before.identity());
    CHECK(by_new.identity() == rotating.identity());
    CHECK(same(by_old.chain_key(), before.chain_key()));
    CHECK(same(by_new.chain_key(), rotating.chain_key()));
    for (const LogKeys* keys : {&by_old, &by_new}) {
        CHECK(keys->rotating());
        CHECK(keys->rotating_to() == rotating.rotating_to());
        CHECK(same(keys->account_key(), before.account_key()));
        CHECK(keys->file_text() == rotating.file_text());
        check_holds_keys_of(keys->ring(), 1, audit_secret());
    }
    CHECK(by_old.ring().names().size() == 1);
    check_holds_keys_of(by_new.ring(), 2, second_secret());
}

TEST_CASE("a rotation is settled for one secret and against the other", "[keys]") {
    const LogKeys before = fixed_keys();
    const LogKeys rotating = must(before.next_epoch(second_secret()));
    const LogKeys forgotten = must(LogKeys::parse(rotating.file_text(), audit_secret())).settled();
    CHECK(forgotten.file_text() == before.file_text());
    CHECK_FALSE(forgotten.rotating());
    CHECK_FALSE(LogKeys::parse(forgotten.file_text(), second_secret()));

    const LogKeys finished = must(LogKeys::parse(rotating.file_text(), second_secret())).settled();
    CHECK_FALSE(finished.rotating());
    CHECK_FALSE(finished.rotating_to());
    CHECK(finished.file_text() == rotating.settled().file_text());
    CHECK(LogKeys::parse(finished.file_text(), audit_secret()).error().code == ErrorCode::log_key_mismatch);
    const LogKeys opened = must(LogKeys::parse(finished.file_text(), second_secret()));
    CHECK(opened.identity() == rotating.identity());
    CHECK(opened.settled().file_text() == finished.file_text());
    check_holds_keys_of(opened.ring(), 1, audit_secret());
}

TEST_CASE("three rotations keep every chain key", "[keys]") {
    const LogKeys second = must(fixed_keys().next_epoch(second_secret())).settled();
    const LogKeys third = must(second.next_epoch(third_secret())).settled();
    const LogKeys fourth = must(third.next_epoch(fourth_secret())).settled();
    const LogKeys opened = must(LogKeys::parse(fourth.file_text(), fourth_secret()));
    CHECK(opened.identity().epoch == 4);
    CHECK(opened.ring().names().size() == 4);
    check_holds_keys_of(opened.ring(), 1, audit_secret());
    check_holds_keys_of(opened.ring(), 2, second_secret());
    check_holds_keys_of(opened.ring(), 3, third_secret());
    check_holds_keys_of(opened.ring(), 4, fourth_secret());
    CHECK(same(opened.account_key(), fixed_keys().account_key()));
    CHECK(opened.file_text().find(hex(fixed_keys().chain_key().bytes())) == std::string::npos);
    CHECK(opened.copy().file_text() == opened.file_text());
}

TEST_CASE("resumptions stand in the keys file", "[keys]") {
    const LogKeys once = fixed_keys().resumed(SequenceId(17));
    CHECK(once.identity().branch == 2);
    const LogKeys twice = once.resumed(SequenceId(40));
    CHECK(twice.file_text().find(R"("branches":[{"branch":2,"sequence":17},{"branch":3,"sequence":40}])") !=
          std::string::npos);
    const LogKeys opened = must(LogKeys::parse(twice.file_text(), audit_secret()));
    CHECK(opened.identity().branch == 3);
    CHECK(opened.resumptions() == std::vector<SequenceId>{SequenceId(17), SequenceId(40)});
    // Rolled back before the second resumption and resumed anew: that one is gone.
    CHECK(opened.resumed(SequenceId(40)).file_text() == twice.file_text());
    CHECK(opened.resumed(SequenceId(20)).resumptions() ==
          std::vector<SequenceId>{SequenceId(17), SequenceId(20)});
    const LogKeys rotated = must(opened.next_epoch(second_secret())).settled();
    CHECK(rotated.resumptions() == opened.resumptions());
    CHECK(rotated.identity().branch == 3);
}

TEST_CASE("a rotation is refused that could not be told from another", "[keys]") {
    const LogKeys second = must(fixed_keys().next_epoch(second_secret())).settled();
    CHECK(second.next_epoch(second_secret()).error().code == ErrorCode::config_invalid);
    CHECK(second.next_epoch(audit_secret()).error().code == ErrorCode::config_invalid);
    CHECK(second.next_epoch(Secret{std::string(31, 's')}).error().code == ErrorCode::config_invalid);
    const LogKeys rotating = must(second.next_epoch(third_secret()));
    CHECK(rotating.next_epoch(fourth_secret()).error().code == ErrorCode::engine_held);
    CHECK(must(LogKeys::parse(rotating.file_text(), second_secret()))
              .next_epoch(fourth_secret())
              .error()
              .code == ErrorCode::engine_held);
}

TEST_CASE("another secret is told the key ids it was up against", "[keys]") {
    const LogKeys rotating = must(fixed_keys().next_epoch(second_secret()));
    const auto refused = LogKeys::parse(rotating.file_text(), third_secret());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::log_key_mismatch);
    const std::string& message = refused.error().message;
    CHECK(message.find(fixed_keys().identity().key_id_hex()) != std::string::npos);
    CHECK(message.find(rotating.identity().key_id_hex()) != std::string::npos);
    CHECK(message.find(hex(derive_key_id(third_secret(), fixed_keys().identity().log_id, 2))) !=
          std::string::npos);
}

TEST_CASE("a flipped byte of a busy keys file never gives other keys", "[keys]") {
    const LogKeys whole = busy_keys();
    const std::string text = whole.file_text();
    std::size_t harmless = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const Secret* secret : {&third_secret(), &fourth_secret()}) {
            std::string damaged = text;
            damaged[i] = static_cast<char>(damaged[i] ^ 1);
            const auto read = LogKeys::parse(damaged, *secret);
            if (!read) continue;
            ++harmless;
            const LogKeys expected = must(LogKeys::parse(text, *secret));
            // The other secret's half may be spoilt, and where resumptions stand is a hint; no key is
            // another.
            CHECK(read->ring().names() == expected.ring().names());
            for (const EpochKey& name : expected.ring().names())
                CHECK(same(*read->ring().find(name.key_id), *expected.ring().find(name.key_id)));
            CHECK(same(read->account_key(), expected.account_key()));
            CHECK(read->identity() == expected.identity());
            const LogKeys settled = read->settled();
            if (read->resumptions() == expected.resumptions())
                CHECK(settled.file_text() == expected.settled().file_text());
        }
    }
    CHECK(harmless > 0);
    for (std::size_t length = 0; length < text.size(); ++length)
        CHECK_FALSE(LogKeys::parse(text.substr(0, length), fourth_secret()));
}

TEST_CASE("a flipped byte of a settled keys file is refused, but for the hints", "[keys]") {
    const LogKeys whole = busy_keys().settled();
    const std::string text = whole.file_text();
    const std::size_t hints = text.find("\"branches\"");
    const std::size_t hints_end = text.find("\"epochs\"");
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string damaged = text;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        const auto read = LogKeys::parse(damaged, fourth_secret());
        const bool is_hint = i > hints && i < hints_end;
        if (!is_hint) CHECK_FALSE(read);
        if (read) CHECK(read->resumptions() != whole.resumptions());
    }
}

TEST_CASE("members of a keys file cannot be moved between epochs", "[keys]") {
    const std::string text = must(fixed_keys().next_epoch(second_secret())).settled().file_text();
    const std::string first = fixed_keys().identity().key_id_hex();
    std::string renamed = text;
    renamed.replace(renamed.find(first), first.size(), "0123456789abcdef");
    CHECK(LogKeys::parse(renamed, second_secret()).error().code == ErrorCode::engine_held);
}
