#include "io/config/audit_key.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "io/config/offline_profile.hpp"

// The generated key file through a rotation that is cut off anywhere.

using namespace ibkr;
using events::ErrorCode;

namespace {

struct Home {
    std::string path;
    io::Config config;
    Home() {
        char name[] = "/tmp/ibkr-key-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
        config = io::offline_profile(path);
    }
    ~Home() { std::filesystem::remove_all(path); }
    Home(const Home&) = delete;
    Home& operator=(const Home&) = delete;

    [[nodiscard]] io::AuditKey load() const {
        auto key = io::load_audit_key(config, [](const std::string&) { return std::nullopt; }, true);
        REQUIRE(key);
        return std::move(*key);
    }
    [[nodiscard]] bool has(const std::string& name) const {
        return std::filesystem::exists(path + "/" + name);
    }
    [[nodiscard]] std::string text(const std::string& name) const {
        std::ifstream file(path + "/" + name);
        return {std::istreambuf_iterator<char>(file), {}};
    }
};

/// A log that only one secret opens.
struct LogUnder {
    events::Secret secret;
    mutable int tries = 0;
    events::Result<int> operator()(const events::Secret& given) const {
        ++tries;
        if (events::equal_in_constant_time(given.bytes(), secret.bytes())) return 7;
        return events::failure(ErrorCode::log_key_mismatch, "another key");
    }
};

bool same(const events::Secret& a, const events::Secret& b) {
    return events::equal_in_constant_time(a.bytes(), b.bytes());
}

}  // namespace

TEST_CASE("the next key stands beside the key, whole, private and another one", "[key]") {
    const Home home;
    auto key = home.load();
    const std::string before = home.text("key");
    REQUIRE(io::put_down_next_key(home.config, key));
    REQUIRE(key.next);
    CHECK_FALSE(same(*key.next, key.secret));
    CHECK(same(key.in_force(), key.secret));
    CHECK(home.text("key") == before);
    CHECK(home.text("key.next").size() == before.size());
    struct stat facts{};
    REQUIRE(::stat((home.path + "/key.next").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0600);

    auto again = home.load();
    REQUIRE(again.next);
    CHECK(same(*again.next, *key.next));
}

TEST_CASE("a rotation that did not happen is forgotten", "[key]") {
    const Home home;
    auto key = home.load();
    REQUIRE(io::put_down_next_key(home.config, key));
    auto loaded = home.load();
    const LogUnder log{key.secret.copy()};
    REQUIRE(io::open_under(loaded, log));
    CHECK(log.tries == 1);
    CHECK_FALSE(loaded.next_is_in_force);
    CHECK(home.has("key.next"));  // opening alone changes no file
    REQUIRE(io::settle_key_files(home.config, loaded));
    CHECK_FALSE(home.has("key.next"));
    CHECK_FALSE(loaded.next);
    CHECK(same(home.load().secret, key.secret));
}

TEST_CASE("a rotation that happened is finished", "[key]") {
    const Home home;
    auto key = home.load();
    REQUIRE(io::put_down_next_key(home.config, key));
    auto loaded = home.load();
    const LogUnder log{key.next->copy()};
    REQUIRE(io::open_under(loaded, log));
    CHECK(loaded.next_is_in_force);
    CHECK(same(loaded.in_force(), *key.next));
    CHECK(home.has("key.next"));
    REQUIRE(io::settle_key_files(home.config, loaded));
    CHECK_FALSE(home.has("key.next"));
    CHECK(same(home.load().secret, *key.next));
    CHECK(same(loaded.in_force(), *key.next));
}

TEST_CASE("a log under neither key is refused as under the key, and no file changes", "[key]") {
    const Home home;
    auto key = home.load();
    REQUIRE(io::put_down_next_key(home.config, key));
    const LogUnder log{events::Secret(std::string(64, 'f'))};
    const auto opened = io::open_under(key, log);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == ErrorCode::log_key_mismatch);
    CHECK(log.tries == 2);
    CHECK_FALSE(key.next_is_in_force);
    CHECK(home.has("key"));
    CHECK(home.has("key.next"));
}

TEST_CASE("another failure than the key's is not tried again with the next one", "[key]") {
    const Home home;
    auto key = home.load();
    REQUIRE(io::put_down_next_key(home.config, key));
    int tries = 0;
    const auto opened = io::open_under(key, [&](const events::Secret&) -> events::Result<int> {
        ++tries;
        return events::failure(ErrorCode::engine_busy, "another process has it");
    });
    CHECK(opened.error().code == ErrorCode::engine_busy);
    CHECK(tries == 1);
}

TEST_CASE("files that changed since they were loaded are left alone", "[key]") {
    const Home home;
    auto key = home.load();
    REQUIRE(io::put_down_next_key(home.config, key));
    auto slow = home.load();
    SECTION("another process finished the rotation and began a new one") {
        key.next_is_in_force = true;
        REQUIRE(io::settle_key_files(home.config, key));
        REQUIRE(io::put_down_next_key(home.config, key));
        slow.next_is_in_force = true;
        REQUIRE(io::settle_key_files(home.config, slow));
        CHECK(same(home.load().secret, key.secret));
        REQUIRE(home.load().next);
        CHECK(same(*home.load().next, *key.next));
    }
    SECTION("another process forgot the rotation") {
        REQUIRE(io::settle_key_files(home.config, key));
        REQUIRE(io::settle_key_files(home.config, slow));
        CHECK(same(home.load().secret, key.secret));
        CHECK_FALSE(home.has("key.next"));
    }
}

TEST_CASE("a key that is there is never written over by a next one", "[key]") {
    const Home home;
    auto key = home.load();
    std::ofstream(home.path + "/key.next") << std::string(64, 'a') << "\n";
    const auto put_down = io::put_down_next_key(home.config, key);
    REQUIRE_FALSE(put_down);
    CHECK(home.text("key.next") == std::string(64, 'a') + "\n");
}

TEST_CASE("a next key that was cut off while it was made is none, and goes", "[key]") {
    const Home home;
    static_cast<void>(home.load());
    for (const std::string text : {"", "\n", "0123", "zz"}) {
        const int made = ::open((home.path + "/key.next").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        REQUIRE(made >= 0);
        REQUIRE(::write(made, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        ::close(made);
        auto key = home.load();
        CHECK_FALSE(key.next);
        REQUIRE(io::settle_key_files(home.config, key));
        CHECK_FALSE(home.has("key.next"));
        CHECK(same(home.load().secret, key.secret));
    }
}

TEST_CASE("a next key that others can read is refused", "[key]") {
    const Home home;
    auto key = home.load();
    REQUIRE(io::put_down_next_key(home.config, key));
    REQUIRE(::chmod((home.path + "/key.next").c_str(), 0644) == 0);
    const auto loaded =
        io::load_audit_key(home.config, [](const std::string&) { return std::nullopt; }, false);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == ErrorCode::config_invalid);
}

TEST_CASE("a supplied key has no next one", "[key]") {
    const Home home;
    static_cast<void>(home.load());
    std::ofstream(home.path + "/key.next") << std::string(64, 'a') << "\n";
    const auto key = io::load_audit_key(
        home.config, [](const std::string&) { return std::optional<std::string>(std::string(40, 's')); },
        false);
    REQUIRE(key);
    CHECK_FALSE(key->next);
}
