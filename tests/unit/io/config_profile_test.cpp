#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "io/config/audit_key.hpp"
#include "io/config/config_docs.hpp"
#include "io/config/offline_profile.hpp"

namespace {

using namespace ibkr;
using events::ErrorCode;
using Variables = std::map<std::string, std::string>;

io::Environment environment(const Variables& variables) {
    return [variables](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
    };
}

class Folder {
public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "ibkr-config-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path;
};

std::string content(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

unsigned mode(const std::string& path) {
    struct stat facts{};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    return facts.st_mode & 0777U;
}

}  // namespace

TEST_CASE("the home is found in the documented order", "[config]") {
    CHECK(io::offline_home(environment({{"IBKR_AGENT_HOME", "/a"}, {"HOME", "/h"}})).value() == "/a");
    CHECK(io::offline_home(environment({{"XDG_STATE_HOME", "/s"}, {"HOME", "/h"}})).value() ==
          "/s/ibkr-agent");
    CHECK(io::offline_home(environment({{"HOME", "/h"}})).value() == "/h/.local/state/ibkr-agent");
    CHECK(io::offline_home(environment({})).error().code == ErrorCode::config_invalid);
}

TEST_CASE("the generated key is private, made once and kept", "[config]") {
    const Folder folder;
    const auto config = io::offline_profile(folder.path + "/home");
    const auto none = environment({});
    CHECK(io::load_audit_key(config, none, false).error().code == ErrorCode::config_invalid);
    const auto first = io::load_audit_key(config, none, true);
    REQUIRE(first.has_value());
    CHECK(first->source == io::KeySource::key_file);
    CHECK(first->secret.size() == 64);
    CHECK(mode(folder.path + "/home/key") == 0600);
    CHECK(mode(folder.path + "/home") == 0700);
    const auto second = io::load_audit_key(config, none, true);
    REQUIRE(second.has_value());
    CHECK(events::equal_in_constant_time(first->secret.bytes(), second->secret.bytes()));
    // The same text in the variable is the same key.
    std::string text = content(folder.path + "/home/key");
    text.pop_back();
    const auto supplied = io::load_audit_key(config, environment({{"IBKR_AUDIT_HMAC_SECRET", text}}), false);
    REQUIRE(supplied.has_value());
    CHECK(supplied->source == io::KeySource::environment);
    CHECK(events::equal_in_constant_time(first->secret.bytes(), supplied->secret.bytes()));
}

TEST_CASE("a key file that others can read, or that is no key, is refused", "[config]") {
    const Folder folder;
    const auto config = io::offline_profile(folder.path);
    const auto none = environment({});
    REQUIRE(io::load_audit_key(config, none, true).has_value());
    REQUIRE(::chmod((folder.path + "/key").c_str(), 0644) == 0);
    CHECK(io::load_audit_key(config, none, true).error().code == ErrorCode::config_invalid);
    REQUIRE(::chmod((folder.path + "/key").c_str(), 0600) == 0);
    std::ofstream(folder.path + "/key") << "short\n";
    CHECK(io::load_audit_key(config, none, true).error().code == ErrorCode::config_invalid);
    std::filesystem::remove(folder.path + "/key");
    std::filesystem::create_symlink("/etc/hostname", folder.path + "/key");
    CHECK(io::load_audit_key(config, none, true).error().code == ErrorCode::config_invalid);
}

TEST_CASE("a log without its key file gets no new key", "[config]") {
    const Folder folder;
    const auto config = io::offline_profile(folder.path);
    std::filesystem::create_directories(config.data_directory);
    std::ofstream(config.data_directory + "/VERSION") << "1\n";
    CHECK(io::load_audit_key(config, environment({}), true).error().code == ErrorCode::log_key_mismatch);
    CHECK_FALSE(std::filesystem::exists(config.key_file));
}

TEST_CASE("a secret in the environment that is too short is refused", "[config]") {
    const Folder folder;
    const auto config = io::offline_profile(folder.path);
    const auto key = io::load_audit_key(config, environment({{"IBKR_AUDIT_HMAC_SECRET", "short"}}), true);
    CHECK(key.error().code == ErrorCode::config_invalid);
}

TEST_CASE("the report shows where secrets are from and never their values", "[config]") {
    const std::string secret = "a-very-secret-value-of-32-bytes-or-more";
    const auto variables = environment({{"IBKR_AUDIT_HMAC_SECRET", secret}, {"HOME", "/h"}});
    const std::string report = io::config_report(io::offline_profile("/h"), variables);
    CHECK(report.find("environment variable IBKR_AUDIT_HMAC_SECRET") != std::string::npos);
    CHECK(report.find(secret) == std::string::npos);
    CHECK(report.find("simulated venue") != std::string::npos);
}

TEST_CASE("every example configuration loads", "[config]") {
    const auto variables = environment({{"IBKR_AUDIT_HMAC_SECRET", std::string(32, 'k')}});
    std::size_t examples = 0;
    for (const auto& entry : std::filesystem::directory_iterator(std::string(IBKR_SOURCE_DIR) + "/config")) {
        if (entry.path().extension() != ".yaml") continue;
        const auto config = io::load_config(entry.path().string(), variables);
        INFO(entry.path() << ": " << (config ? "" : config.error().message));
        CHECK(config.has_value());
        ++examples;
    }
    CHECK(examples >= 2);
}

TEST_CASE("every row of the table can be found, has a readable default and a meaning", "[config]") {
    for (const auto& row : io::setting_table()) {
        INFO(row.key);
        std::string key(row.key);
        if (const auto star = key.find('*'); star != std::string::npos) key.replace(star, 1, "name");
        CHECK(io::find_setting(key) == &row);
        CHECK_FALSE(row.meaning.empty());
        CHECK(io::find_retired(key) == nullptr);
    }
}

TEST_CASE("docs/configuration.md is current", "[config][docs]") {
    const std::string path = std::string(IBKR_SOURCE_DIR) + "/docs/configuration.md";
    const std::string text = io::configuration_markdown();
    if (std::getenv("IBKR_UPDATE_DOCS") != nullptr) std::ofstream(path, std::ios::binary) << text;
    INFO("run the test with IBKR_UPDATE_DOCS=1 to rewrite the page");
    CHECK(content(path) == text);
}
