#include "events/log/keys/key_ring.hpp"

#include "tests/unit/events/chain_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

LogKeys rotated_keys() {
    const LogKeys second = must(fixed_keys().next_epoch(second_secret())).settled();
    return must(second.next_epoch(third_secret())).settled();
}

}  // namespace

TEST_CASE("a key ring comes back from its file", "[keys]") {
    const LogKeys keys = rotated_keys();
    const std::string text = keys.ring().file_text();
    CHECK(text.starts_with("{\"format\":1,\"keys\":[{\"chain_key\":\"" +
                           hex(fixed_keys().chain_key().bytes()) + "\",\"epoch\":1,\"key_id\":\"" +
                           fixed_keys().identity().key_id_hex() + "\"},"));
    CHECK(text.ends_with("],\"log_id\":\"000102030405060708090a0b0c0d0e0f\"}\n"));
    const KeyRing read = must(KeyRing::parse(text));
    CHECK(read.log_id() == keys.identity().log_id);
    CHECK(read.names() == keys.ring().names());
    CHECK(read.file_text() == text);
    CHECK(read.copy().file_text() == text);
    for (const EpochKey& name : keys.ring().names())
        CHECK(
            equal_in_constant_time(read.find(name.key_id)->bytes(), keys.ring().find(name.key_id)->bytes()));
}

TEST_CASE("a key ring holds neither secret nor account key", "[keys]") {
    const LogKeys keys = rotated_keys();
    const std::string text = keys.ring().file_text();
    CHECK(text.find(hex(keys.account_key().bytes())) == std::string::npos);
    CHECK(text.find(hex(audit_secret().bytes())) == std::string::npos);
}

TEST_CASE("a ring takes an audit secret of any epoch, and no other", "[keys]") {
    const LogKeys keys = rotated_keys();
    KeyRing ring(keys.identity().log_id);
    CHECK(ring.empty());
    const auto names = keys.ring().names();
    CHECK(ring.add_from_secret(third_secret(), names[2].key_id));
    CHECK(ring.add_from_secret(audit_secret(), names[0].key_id));
    CHECK_FALSE(ring.add_from_secret(audit_secret(), names[1].key_id));
    CHECK(ring.names() == std::vector<EpochKey>{names[0], names[2]});
    CHECK(ring.find(names[1].key_id) == nullptr);
    CHECK_FALSE(ring.epoch_of(names[1].key_id));
    CHECK(ring.epoch_of(names[2].key_id) == 3U);
    KeyRing others(LogId{});
    CHECK_FALSE(others.add_from_secret(audit_secret(), names[0].key_id));

    // The same epoch again replaces the key.
    ring.add({3, names[1].key_id}, Secret{std::string(32, 'k')});
    CHECK(ring.names() == std::vector<EpochKey>{names[0], {3, names[1].key_id}});
}

TEST_CASE("a damaged key ring file is refused or visibly another one", "[keys]") {
    const std::string text = rotated_keys().ring().file_text();
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string damaged = text;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        // A flipped digit of a key or an id is another ring: its records do not verify under it.
        if (const auto read = KeyRing::parse(damaged)) CHECK(read->file_text() != text);
        CHECK_FALSE(KeyRing::parse(text.substr(0, i)));
    }
    CHECK(KeyRing::parse(text + " ").error().code == ErrorCode::config_invalid);
    CHECK(KeyRing::parse("").error().code == ErrorCode::config_invalid);
    CHECK(KeyRing::parse("[]").error().code == ErrorCode::config_invalid);
    CHECK_FALSE(KeyRing::parse(std::string(key_ring_file_bytes_max + 1, ' ')));
    CHECK_FALSE(KeyRing::parse(KeyRing(LogId{}).file_text()));
    std::string newer = text;
    newer.replace(newer.find("\"format\":1"), 10, "\"format\":2");
    CHECK(KeyRing::parse(newer).error().code == ErrorCode::log_version_unsupported);
}

TEST_CASE("a key ring file names ascending epochs, each key once", "[keys]") {
    const std::string key = std::string(64, 'a');
    const auto entry = [&](const std::string& epoch, const std::string& id) {
        return "{\"chain_key\":\"" + key + "\",\"epoch\":" + epoch + ",\"key_id\":\"" + id + "\"}";
    };
    const auto file = [](const std::string& keys) {
        return "{\"format\":1,\"keys\":[" + keys + "],\"log_id\":\"" + std::string(32, '0') + "\"}\n";
    };
    const std::string one(16, '1'), two(16, '2');
    CHECK(KeyRing::parse(file(entry("1", one) + "," + entry("2", two))));
    CHECK(KeyRing::parse(file(entry("1", one) + "," + entry("4096", two))));
    CHECK_FALSE(KeyRing::parse(file(entry("2", one) + "," + entry("1", two))));
    CHECK_FALSE(KeyRing::parse(file(entry("1", one) + "," + entry("1", two))));
    CHECK_FALSE(KeyRing::parse(file(entry("1", one) + "," + entry("2", one))));
    CHECK_FALSE(KeyRing::parse(file(entry("0", one))));
    CHECK_FALSE(KeyRing::parse(file(entry("4097", one))));
    CHECK_FALSE(KeyRing::parse(file(entry("-1", one))));
    CHECK_FALSE(KeyRing::parse(file(entry("1.0", one))));
    CHECK_FALSE(KeyRing::parse(file("1")));
}
