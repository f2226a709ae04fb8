#include <filesystem>
#include <set>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/compose.hpp"
#include "engine/log_records.hpp"
#include "engine/ports/clock.hpp"
#include "events/crypto/sha256.hpp"
#include "io/config/offline_profile.hpp"
#include "tests/integration/cli_support.hpp"

// `audit rotate-key`: by hand, cut off at every step (the home is copied there), and killed anywhere.

using namespace ibkr;
using namespace ibkr::integration;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

const fs::copy_options whole_tree = fs::copy_options::recursive | fs::copy_options::overwrite_existing;

void copy_home(const std::string& from, const std::string& to) {
    fs::remove_all(to);
    fs::copy(from, to, whole_tree);
}

/// A start that ends a rotation says so on stderr.
std::string gateway_state(const AgentHome& home) {
    return home.run({"health", "--json"}).out_json().at("gateway");
}

/// What any state of a home must come to by itself: it works, its chain is valid, one key file is left.
void check_whole(const AgentHome& home) {
    CHECK(gateway_state(home) == "ok");
    CHECK_FALSE(fs::exists(home.path("home/key.next")));
    const Json verified = home.get({"audit", "verify"});
    CHECK(verified.at("chain_valid") == true);
    CHECK(verified.at("key") == "stored on this machine");
    CHECK(home.get({"replay"}).at("difference_count") == 0);
    std::set<std::string> files;
    for (const auto& entry : fs::directory_iterator(home.path("home")))
        files.insert(entry.path().filename().string());
    files.erase("key.former");  // of a home whose key was rotated
    CHECK(files == std::set<std::string>{"data", "key"});
}

std::uint64_t rotations(const AgentHome& home) {
    std::uint64_t count = 0;
    const Json tail = home.get({"audit", "tail", "--limit", "500"});
    for (const Json& record : tail.at("events"))
        if (record.at("event").at("event_type") == "audit_key_activated") ++count;
    return count;
}

/// A rotation of the home's key by its parts, with a look at the home after each.
void rotate_by_parts(const std::string& home, const std::function<void(const std::string&)>& after) {
    const io::Config config = io::offline_profile(home);
    const io::Environment none = [](const std::string&) { return std::nullopt; };
    auto directory = cli::open_directory(config, none, false);
    REQUIRE(directory);
    auto key = io::load_audit_key(config, none, false);
    REQUIRE(key);
    REQUIRE_FALSE(directory->log.held);
    REQUIRE(io::put_down_next_key(config, *key));
    after("next key");
    engine::SystemClock clock;
    engine::SystemIdSource ids;
    const auto make = engine::log_record_maker(clock, ids);
    bool first = true;
    const auto rotated =
        events::rotate_key(directory->lock, directory->log, *key->next,
                           [&](events::SequenceId at, events::Body body, events::Timestamp not_before) {
                               if (first) after("keys of both epochs");
                               first = false;
                               return make(at, std::move(body), not_before);
                           });
    REQUIRE(rotated);
    after("records");
    key->next_is_in_force = true;
    REQUIRE(io::settle_key_files(config, *key));
    after("renamed");
}

}  // namespace

TEST_CASE("after a rotation everything goes on, and the chain holds over both epochs", "[cli][rotate]") {
    const AgentHome home;
    const std::string first_approval = approve(home, preview(home, "5", "205"));
    const Json placed = submit(home, first_approval, "before");
    const std::string open_approval = approve(home, preview(home, "4", "205"));
    const std::string old_key = home.read("home/key");

    const Json rotated = home.get({"audit", "rotate-key"});
    CHECK(rotated.at("old_key_id") != rotated.at("new_key_id"));
    CHECK(rotated.at("key") == "stored on this machine");
    CHECK(home.read("home/key") != old_key);
    CHECK(home.read("home/key").size() == old_key.size());
    check_whole(home);

    const Json again = submit(home, first_approval, "before");
    CHECK(again.at("broker_order_id") == placed.at("broker_order_id"));
    CHECK(again.at("replayed") == true);
    CHECK(submit(home, open_approval, "after").at("status") == "filled");
    CHECK(home.get({"audit", "rotate-key"}).at("old_key_id") == rotated.at("new_key_id"));
    CHECK(rotations(home) == 2);
    check_whole(home);

    // The old key opens nothing any more.
    const std::string new_key = home.read("home/key");
    home.write("home/key", old_key);
    CHECK(home.refused({"health"}, 7) == "LOG_KEY_MISMATCH");
    home.write("home/key", new_key);
    check_whole(home);
}

TEST_CASE("a supplied secret is rotated to another supplied one", "[cli][rotate]") {
    AgentHome home;
    home.environment["IBKR_AUDIT_HMAC_SECRET"] = std::string(40, 'o');
    REQUIRE(home.get({"health"}).at("gateway") == "ok");
    CHECK(home.refused({"audit", "rotate-key"}, 7) == "CONFIG_INVALID");
    CHECK(home.refused({"audit", "rotate-key", "--new-secret-env", "NOT_SET"}, 7) == "CONFIG_INVALID");
    home.environment["SHORT"] = std::string(31, 'n');
    CHECK(home.refused({"audit", "rotate-key", "--new-secret-env", "SHORT"}, 7) == "CONFIG_INVALID");
    CHECK(home.refused({"audit", "rotate-key", "--new-secret-env", "IBKR_AUDIT_HMAC_SECRET"}, 7) ==
          "CONFIG_INVALID");
    REQUIRE(home.get({"health"}).at("gateway") == "ok");

    home.environment["NEW_SECRET"] = std::string(40, 'n');
    const Json rotated = home.get({"audit", "rotate-key", "--new-secret-env", "NEW_SECRET"});
    CHECK(rotated.at("key") == "supplied");
    CHECK(rotated.at("user_action").get<std::string>().find("IBKR_AUDIT_HMAC_SECRET") != std::string::npos);
    CHECK_FALSE(fs::exists(home.path("home/key")));
    CHECK(home.refused({"health"}, 7) == "LOG_KEY_MISMATCH");
    home.environment["IBKR_AUDIT_HMAC_SECRET"] = std::string(40, 'n');
    CHECK(home.get({"audit", "verify"}).at("chain_valid") == true);
}

TEST_CASE("who may rotate, and what a generated key takes", "[cli][rotate]") {
    AgentHome home;
    REQUIRE(home.get({"health"}).at("gateway") == "ok");
    home.environment["NEW_SECRET"] = std::string(40, 'n');
    CHECK(home.refused({"audit", "rotate-key", "--new-secret-env", "NEW_SECRET"}, 7) == "CONFIG_INVALID");
    CHECK(home.refused({"audit", "rotate-key", "--data-dir", home.path("home/data"), "--read-only"}, 7) ==
          "CONFIG_INVALID");
    check_whole(home);
    CHECK(rotations(home) == 0);
}

TEST_CASE("under a configuration an operator rotates, with the operator secret", "[cli][rotate]") {
    AgentHome home;
    const std::string operator_secret = "an operator's secret of its own";
    fs::copy_file(std::string(IBKR_SOURCE_DIR) + "/config/operator-approvals.yaml", home.path("config.yaml"));
    home.write("operator.sha256", events::hex(events::sha256(operator_secret)) + "\n");
    home.write("operator.secret", operator_secret + "\n");
    home.environment["IBKR_AUDIT_HMAC_SECRET"] = std::string(40, 'o');
    home.environment["NEW_SECRET"] = std::string(40, 'n');
    const auto with_config = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"--config", home.path("config.yaml")});
        return words;
    };
    REQUIRE(home.get(with_config({"health"})).at("gateway") == "ok");
    const std::vector<std::string> rotate =
        with_config({"audit", "rotate-key", "--new-secret-env", "NEW_SECRET"});
    CHECK(home.refused(rotate, 4) == "OPERATOR_REQUIRED");
    auto as_operator = rotate;
    as_operator.insert(as_operator.end(), {"--operator-secret-file", home.path("operator.secret")});
    CHECK(home.get(as_operator).at("key") == "supplied");
    CHECK(home.refused(with_config({"health"}), 7) == "LOG_KEY_MISMATCH");
    home.environment["IBKR_AUDIT_HMAC_SECRET"] = std::string(40, 'n');
    CHECK(home.get(with_config({"audit", "verify"})).at("chain_valid") == true);
}

TEST_CASE("a rotation cut off at any step is finished or forgotten by the next start", "[cli][rotate]") {
    const AgentHome source;
    const std::string approval = approve(source, preview(source, "5", "205"));
    REQUIRE(submit(source, approval, "before").at("status") == "filled");
    const std::string old_key = source.read("home/key");

    const AgentHome cut;
    std::map<std::string, std::string> copies;
    rotate_by_parts(source.path("home"), [&](const std::string& step) {
        copies[step] = cut.path("copy " + std::to_string(copies.size()));
        copy_home(source.path("home"), copies[step]);
    });
    REQUIRE(copies.size() == 4);
    // Between the records and the keys file of the new epoch alone.
    copies["records, keys of both epochs"] = cut.path("copy 4");
    copy_home(copies.at("records"), copies.at("records, keys of both epochs"));
    fs::copy_file(copies.at("keys of both epochs") + "/data/keys",
                  copies.at("records, keys of both epochs") + "/data/keys",
                  fs::copy_options::overwrite_existing);

    const std::map<std::string, bool> happened = {{"next key", false},
                                                  {"keys of both epochs", false},
                                                  {"records, keys of both epochs", true},
                                                  {"records", true},
                                                  {"renamed", true}};
    for (const auto& [step, has_happened] : happened) {
        INFO("cut after: " << step);
        copy_home(copies.at(step), cut.path("home"));
        // A reader alone changes no file.
        const bool had_next = fs::exists(cut.path("home/key.next"));
        const Ran read =
            cut.run({"audit", "verify", "--data-dir", cut.path("home/data"), "--read-only", "--json"});
        INFO(read.out << read.err);
        CHECK(read.exit_code == 0);
        CHECK(fs::exists(cut.path("home/key.next")) == had_next);

        check_whole(cut);
        CHECK((cut.read("home/key") != old_key) == has_happened);
        CHECK(rotations(cut) == (has_happened ? 1 : 0));
        CHECK(submit(cut, approval, "before").at("replayed") == true);
        REQUIRE(cut.get({"audit", "rotate-key"}).at("new_key_id").is_string());
        check_whole(cut);
        CHECK(rotations(cut) == (has_happened ? 2 : 1));
    }
}

TEST_CASE("a rotation killed anywhere leaves a log that opens", "[cli][rotate][kill]") {
    const AgentHome home;
    REQUIRE(submit(home, approve(home, preview(home, "5", "205")), "before").at("status") == "filled");
    std::size_t finished = 0;
    std::size_t cut = 0;
    for (std::uint32_t round = 0; round < 40; ++round) {
        const Ran ran = home.run_killed({"audit", "rotate-key"}, 500 + round * 3'000);
        ++(ran.exit_code == 0 ? finished : cut);
        REQUIRE(gateway_state(home) == "ok");
        REQUIRE_FALSE(fs::exists(home.path("home/key.next")));
    }
    INFO("finished " << finished << ", cut off " << cut);
    CHECK(cut > 0);
    CHECK(rotations(home) >= finished);
    check_whole(home);
}
