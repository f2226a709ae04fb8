#include "events/log/keys/keys.hpp"

#include "tests/unit/events/chain_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

TEST_CASE("keys come back from their file only under their secret", "[keys]") {
    const auto keys = LogKeys::create(audit_secret());
    const auto others = LogKeys::create(audit_secret());
    REQUIRE((keys && others));
    CHECK(keys->identity().log_id != others->identity().log_id);

    const std::string text = keys->file_text();
    const auto read = LogKeys::parse(text, audit_secret());
    REQUIRE(read);
    CHECK(read->identity() == keys->identity());
    CHECK(equal_in_constant_time(read->account_key().bytes(), keys->account_key().bytes()));
    CHECK(equal_in_constant_time(read->chain_key().bytes(), keys->chain_key().bytes()));
    CHECK(read->file_text() == text);

    const Secret wrong{std::string_view("another secret that is long enough, too")};
    const auto refused = LogKeys::parse(text, wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::log_key_mismatch);
    const KeyId supplied = derive_key_id(wrong, keys->identity().log_id, 1);
    CHECK(refused.error().message.find(keys->identity().key_id_hex()) != std::string::npos);
    CHECK(refused.error().message.find(hex(supplied)) != std::string::npos);
}

TEST_CASE("a damaged keys file is never read as another one", "[keys]") {
    const std::string text = fixed_keys().file_text();
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string damaged = text;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        CHECK_FALSE(LogKeys::parse(damaged, audit_secret()));
        CHECK_FALSE(LogKeys::parse(text.substr(0, i), audit_secret()));
    }
    CHECK_FALSE(LogKeys::parse(text + " ", audit_secret()));
    CHECK_FALSE(LogKeys::parse(std::string(keys_file_bytes_max + 1, ' '), audit_secret()));

    std::string newer = text;
    newer.replace(newer.find("\"format\":1"), 10, "\"format\":2");
    CHECK(LogKeys::parse(newer, audit_secret()).error().code == ErrorCode::log_version_unsupported);
}

TEST_CASE("a short audit secret is refused", "[keys]") {
    CHECK(LogKeys::create(Secret{std::string(31, 's')}).error().code == ErrorCode::config_invalid);
    CHECK(LogKeys::create(Secret{std::string(32, 's')}));
}
