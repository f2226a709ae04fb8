#include "io/config/operators.hpp"

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "events/crypto/bytes.hpp"
#include "events/crypto/sha256.hpp"
#include "io/config/config_digest.hpp"
#include "io/config/offline_profile.hpp"
#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr::io;
using ibkr::events::ErrorCode;

namespace {

constexpr std::string_view secret = "a secret of an operator, long enough";

Config configured(const std::string& secret_file) {
    Config config;
    config.file = "agent.yaml";
    config.operators.uids = {4242, static_cast<std::int64_t>(::geteuid())};
    config.operators.secret_file = secret_file;
    return config;
}

std::string secret_file_in(const ibkr::events::test::TemporaryDirectory& directory, mode_t mode = 0600) {
    std::ofstream(directory / "digest") << ibkr::events::hex(ibkr::events::sha256(secret)) << '\n';
    REQUIRE(::chmod((directory / "digest").c_str(), mode) == 0);
    return directory / "digest";
}

const auto own_uid = static_cast<std::int64_t>(::geteuid());

}  // namespace

TEST_CASE("in the offline profile the owner's own user is an operator, and nobody else", "[operators]") {
    const Config config = offline_profile("/nowhere");
    CHECK(is_operator(config, {own_uid, ""}) == true);
    CHECK(is_operator(config, {own_uid + 1, ""}) == false);
}

TEST_CASE("under a configuration another listed user is an operator; the owner's own is not", "[operators]") {
    const Config config = configured("");
    CHECK(is_operator(config, {4242, ""}) == true);
    CHECK(is_operator(config, {4243, ""}) == false);
    CHECK(is_operator(config, {own_uid, ""}) == false);
}

TEST_CASE("the secret makes an operator of anybody who has it", "[operators]") {
    const ibkr::events::test::TemporaryDirectory directory;
    const Config config = configured(secret_file_in(directory));
    CHECK(is_operator(config, {own_uid, secret}) == true);
    CHECK(is_operator(config, {99, secret}) == true);
    CHECK(is_operator(config, {99, ""}) == false);
    const auto wrong = is_operator(config, {own_uid, "a secret of an operator, long enougH"});
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().code == ErrorCode::operator_required);
}

TEST_CASE("a secret that cannot be checked is refused", "[operators]") {
    const ibkr::events::test::TemporaryDirectory directory;
    for (const std::string& file : {std::string(), directory / "absent", secret_file_in(directory, 0622)}) {
        const auto refused = is_operator(configured(file), {own_uid, secret});
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code == ErrorCode::operator_required);
    }
}

TEST_CASE("the digest covers what decides and nothing else", "[operators]") {
    const auto digest_of = [](const std::string& more) {
        const Environment environment = [](const std::string&) { return std::string(64, 's'); };
        const auto config = parse_config(
            "broker: {backend: fake}\n"
            "auth: {enabled_scopes: [\"ibkr:health:read\"]}\n"
            "audit: {hmac_secret_env: SECRET}\n" +
                more,
            "/etc", environment);
        REQUIRE(config.has_value());
        return config_digest(*config);
    };
    const std::string plain = digest_of("");
    CHECK(digest_of("log: {directory: /somewhere, reserve_mb: 100}\n") == plain);
    CHECK(digest_of("operators: {uids: [1, 2]}\n") == plain);
    CHECK(digest_of("limits: {queue_commands_max: 5}\n") == plain);
    CHECK(digest_of("order_preview: {enabled: false}\n") == plain);  // the default, said
    CHECK(digest_of("order_preview: {enabled: true}\n") != plain);
    CHECK(digest_of("approvals: {ttl_seconds: 60}\n") != plain);
    CHECK(digest_of("risk_policies: {default: {max_orders_per_day: 7}}\n") != plain);
    CHECK(config_digest(offline_profile("/a")) == config_digest(offline_profile("/b")));
    CHECK(config_digest(offline_profile("/a")) != plain);
}
