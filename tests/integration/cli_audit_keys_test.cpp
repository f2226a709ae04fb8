#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "events/crypto/sha256.hpp"
#include "events/log/directory/owner_lock.hpp"
#include "events/log/keys/keys.hpp"
#include "tests/integration/cli_support.hpp"

// What auditors get and do: exports over a rotation, several secrets, key rings.

using namespace ibkr;
using namespace ibkr::integration;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::string old_secret(40, 'o');
const std::string new_secret(40, 'n');

/// A home whose log was rotated from `old_secret` to `new_secret`, and an export of all of it.
struct RotatedHome {
    AgentHome home;
    std::string file = home.path("export.jsonl");
    std::string old_key;
    std::string new_key;

    RotatedHome() {
        home.environment["IBKR_AUDIT_HMAC_SECRET"] = old_secret;
        REQUIRE(home.get({"health"}).at("gateway") == "ok");
        home.environment["NEW"] = new_secret;
        const Json rotated = home.get({"audit", "rotate-key", "--new-secret-env", "NEW"});
        old_key = rotated.at("old_key_id");
        new_key = rotated.at("new_key_id");
        home.environment["IBKR_AUDIT_HMAC_SECRET"] = new_secret;
        home.environment["OLD"] = old_secret;
        home.environment["OTHER"] = std::string(40, 'x');
        REQUIRE(home.get({"accounts", "list"}).size() == 2);
        REQUIRE(home.get({"audit", "export", "--output", file}).at("exported_count") == 7);
    }
    [[nodiscard]] std::vector<std::string> verify(std::vector<std::string> keys) const {
        std::vector<std::string> words{"audit", "verify", "--file", file};
        words.insert(words.end(), keys.begin(), keys.end());
        return words;
    }
    /// The report of a verification that has too few keys.
    [[nodiscard]] Json not_verified(std::vector<std::string> keys) const {
        std::vector<std::string> words = verify(std::move(keys));
        words.emplace_back("--json");
        const Ran ran = home.run(words);
        CHECK(ran.exit_code == 7);
        CHECK(ran.code() == "LOG_KEY_MISMATCH");
        const Json report = ran.out_json();
        CHECK(report.at("chain_valid") == false);
        CHECK_FALSE(report.contains("first_break_at_sequence"));
        const std::string missing = report.at("not_verified").at(0).at("key_id");
        CHECK(ran.err_json().at("message").get<std::string>().find(missing) != std::string::npos);
        CHECK(ran.err_json().at("user_action").get<std::string>().find("--keyring") != std::string::npos);
        return report;
    }
};

}  // namespace

TEST_CASE("an export over a rotation is verified with both secrets, or says what is missing",
          "[cli][audit]") {
    const RotatedHome rotated;
    const AgentHome& home = rotated.home;
    const std::string old_named = rotated.old_key + "=OLD";
    const std::string new_named = rotated.new_key + "=NEW";
    for (const std::vector<std::string>& keys : std::vector<std::vector<std::string>>{
             {"--hmac-secret-env", "OLD", "--hmac-secret-env", "NEW"},
             {"--hmac-secret-env", "OLD,NEW"},
             {"--hmac-secret-env", new_named, "--hmac-secret-env", old_named},
             {"--hmac-secret-env", old_named + ",NEW"}}) {
        const Json report = home.get(rotated.verify(keys));
        CHECK(report.at("chain_valid") == true);
        CHECK(report.at("events_scanned") == 7);
        CHECK_FALSE(report.contains("not_verified"));
    }
    const Json with_new = rotated.not_verified({"--hmac-secret-env", "NEW"});
    REQUIRE(with_new.at("not_verified").size() == 1);
    CHECK(with_new.at("not_verified").at(0).at("key_id") == rotated.old_key);
    CHECK(with_new.at("not_verified").at(0).at("from_sequence") == 1);
    CHECK(with_new.at("not_verified").at(0).at("to_sequence") < 7);
    const Json with_old = rotated.not_verified({"--hmac-secret-env", old_named});
    CHECK(with_old.at("not_verified") ==
          Json::array({{{"from_sequence", 1}, {"key_id", rotated.new_key}, {"to_sequence", 7}}}));

    const auto refused = [&](const std::string& keys) {
        return home.refused(rotated.verify({"--hmac-secret-env", keys}), 7);
    };
    CHECK(refused("OTHER") == "LOG_KEY_MISMATCH");
    CHECK(refused(rotated.old_key + "=NEW") == "LOG_KEY_MISMATCH");
    CHECK(refused("nothex=OLD") == "CONFIG_INVALID");
    CHECK(refused("NOT_SET") == "CONFIG_INVALID");
    CHECK(home.refused({"audit", "verify", "--hmac-secret-env", "OLD"}, 7) == "CONFIG_INVALID");
    CHECK(home.refused({"audit", "verify", "--keyring", rotated.file}, 7) == "CONFIG_INVALID");

    // A break is a break, whatever keys are missing.
    std::string text = home.read("export.jsonl");
    text[text.rfind("accounts")] = 'b';
    home.write("changed.jsonl", text);
    const Ran broken = home.run(
        {"audit", "verify", "--file", home.path("changed.jsonl"), "--hmac-secret-env", "OLD", "--json"});
    CHECK(broken.exit_code == 2);
    CHECK(broken.out_json().at("chain_valid") == false);

    CHECK(
        home.get({"replay", "--file", rotated.file, "--hmac-secret-env", "OLD,NEW"}).at("difference_count") ==
        0);
    CHECK(home.refused({"replay", "--file", rotated.file, "--hmac-secret-env", "NEW"}, 7) ==
          "LOG_KEY_MISMATCH");
}

TEST_CASE("the tail goes on over a rotation", "[cli][audit]") {
    const AgentHome home;
    REQUIRE(home.get({"health"}).at("gateway") == "ok");
    const Ran ran = home.run_until({"audit", "tail", "--limit", "2", "--follow"}, 2, [&] {
        (void)home.get({"audit", "rotate-key"});
        (void)home.get({"health"});
    });
    CHECK(ran.exit_code == 0);
    CHECK(ran.err.empty());
    CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') >= 3);
    CHECK(home.get({"audit", "tail", "--limit", "500", "--full"}).at("verified_from_sequence") == 1);
}

TEST_CASE("a key ring holds chain keys and nothing else, and verifies", "[cli][audit]") {
    const RotatedHome rotated;
    const AgentHome& home = rotated.home;
    const std::string ring_file = home.path("ring.json");
    const Json said = home.get({"audit", "keys", "export", "--output", ring_file});
    CHECK(said.at("key_ids") == Json::array({rotated.old_key, rotated.new_key}));
    CHECK(said.at("warning").get<std::string>().find("forge") != std::string::npos);
    struct stat status{};
    REQUIRE(::stat(ring_file.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);

    const std::string text = home.read("ring.json");
    const events::Secret secret{new_secret};
    const auto keys = events::LogKeys::parse(home.read("home/data/keys"), secret);
    REQUIRE(keys);
    CHECK(text == keys->ring().file_text());
    for (const std::string& never :
         {new_secret, old_secret, events::hex(events::bytes_of(new_secret)),
          events::hex(events::bytes_of(old_secret)), events::hex(keys->account_key().bytes()),
          std::string(events::text_of(keys->account_key().bytes()))}) {
        CHECK(text.find(never) == std::string::npos);
        CHECK(said.dump().find(never) == std::string::npos);
    }
    for (const events::EpochKey& name : keys->ring().names())
        CHECK(said.dump().find(events::hex(keys->ring().find(name.key_id)->bytes())) == std::string::npos);

    CHECK(home.get(rotated.verify({"--keyring", ring_file})).at("chain_valid") == true);
    const auto ring = Json::parse(text);
    Json half = ring;
    half["keys"].erase(0);
    home.write("half.json", half.dump() + "\n");
    CHECK(rotated.not_verified({"--keyring", home.path("half.json")}).at("not_verified").at(0).at("key_id") ==
          rotated.old_key);
    CHECK(home.get(rotated.verify({"--keyring", home.path("half.json"), "--hmac-secret-env", "OLD"}))
              .at("chain_valid") == true);
    Json others = ring;
    others["log_id"] = std::string(32, '0');
    home.write("others.json", others.dump() + "\n");
    CHECK(home.refused(rotated.verify({"--keyring", home.path("others.json")}), 7) == "LOG_KEY_MISMATCH");
    home.write("damaged.json", text.substr(0, text.size() / 2));
    CHECK(home.refused(rotated.verify({"--keyring", home.path("damaged.json")}), 7) == "CONFIG_INVALID");
    CHECK(home.refused(rotated.verify({"--keyring", home.path("none.json")}), 7) == "CONFIG_INVALID");
}

TEST_CASE("only an operator exports keys, to a new file, beside an owner or from a copy", "[cli][audit]") {
    AgentHome home;
    REQUIRE(home.get({"health"}).at("gateway") == "ok");
    const auto out = [&](const std::string& name) {
        return std::vector<std::string>{"audit", "keys", "export", "--output", home.path(name)};
    };
    home.write("there", "something");
    CHECK(home.refused(out("there"), 7) == "CONFIG_INVALID");
    CHECK(home.read("there") == "something");
    CHECK(home.run({"audit", "keys", "export"}).exit_code == 2);

    const int before = home.get({"audit", "verify"}).at("events_scanned");
    {
        const auto owner = events::OwnerLock::acquire(home.path("home/data"));
        REQUIRE(owner);
        CHECK(home.get(out("beside")).at("key_ids").size() == 1);
    }
    auto copy = out("copy");
    copy.insert(copy.end(), {"--data-dir", home.path("home/data"), "--read-only"});
    CHECK(home.get(copy).at("key_ids").size() == 1);
    CHECK(home.read("copy") == home.read("beside"));
    CHECK(home.get({"audit", "verify"}).at("events_scanned") == before + 1);

    home.environment["IBKR_AUDIT_HMAC_SECRET"] = std::string(40, 's');
    home.write(
        "agent.yaml",
        "broker: {backend: fake}\nauth: {enabled_scopes: [\"ibkr:health:read\", \"ibkr:audit:read\"]}\n"
        "audit: {hmac_secret_env: IBKR_AUDIT_HMAC_SECRET}\nlog: {directory: ./data}\n");
    REQUIRE(home.get({"--config", home.path("agent.yaml"), "health"}).at("gateway") == "ok");
    auto configured = out("configured");
    configured.insert(configured.end(), {"--config", home.path("agent.yaml")});
    CHECK(home.refused(configured, 4) == "OPERATOR_REQUIRED");
    CHECK_FALSE(fs::exists(home.path("configured")));
}

TEST_CASE("an export of a copy streams to its file and is the same", "[cli][audit]") {
    const AgentHome home;
    (void)approve(home, preview(home, "5", "205"));
    const std::vector<std::string> copy{"--data-dir", home.path("home/data"), "--read-only"};
    const auto on_copy = [&](std::vector<std::string> words) {
        words.insert(words.end(), copy.begin(), copy.end());
        return words;
    };
    const Ran raw = home.run(on_copy({"audit", "export"}));
    REQUIRE(raw.exit_code == 0);
    const std::string file = home.path("streamed");
    const Json written = home.get(on_copy({"audit", "export", "--output", file}));
    CHECK(home.read("streamed") == raw.out);
    CHECK(written.at("file_hash") == events::hex(events::sha256(raw.out)));
    CHECK(written.at("exported_count").get<std::ptrdiff_t>() ==
          std::count(raw.out.begin(), raw.out.end(), '\n') - 2);
    struct stat status{};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(home.refused(on_copy({"audit", "export", "--output", file}), 7) == "CONFIG_INVALID");
    CHECK(home.refused(
              on_copy({"audit", "export", "--from-sequence", "100000", "--output", home.path("nothing")}),
              2) == "INPUT_INVALID_TIME_RANGE");
    CHECK_FALSE(fs::exists(home.path("nothing")));
}

TEST_CASE("a log that is behind its anchor is broken where it ends", "[cli][audit]") {
    const AgentHome home;
    REQUIRE(home.get({"health"}).at("gateway") == "ok");
    const Json whole = home.get({"audit", "verify"});
    REQUIRE(whole.at("anchors").size() >= 1);
    const fs::path log = home.path("home/data/log");
    fs::copy(log, home.path("older"), fs::copy_options::recursive);
    const int head = home.get({"--data-dir", home.path("home/data"), "--read-only", "audit", "verify"})
                         .at("head")
                         .at("sequence_id");
    REQUIRE(home.get({"accounts", "list"}).size() == 2);
    fs::remove_all(log);
    fs::copy(home.path("older"), log, fs::copy_options::recursive);
    for (const bool read_only : {false, true}) {
        std::vector<std::string> words{"--json", "audit", "verify"};
        if (read_only) words.insert(words.end(), {"--data-dir", home.path("home/data"), "--read-only"});
        const Ran ran = home.run(words);
        CHECK(ran.exit_code == 2);
        const Json report = ran.out_json();
        CHECK(report.at("chain_valid") == false);
        CHECK(report.at("first_break_at_sequence") == head + 1);
        CHECK(report.at("events_scanned") == head);
        CHECK(report.at("anchors").at(0).at("name") == "file");
        CHECK(report.at("anchors").at(0).at("state") == "ahead");
    }
}
