// The owner of the data directory dies, stops or is replaced at each moment of a submit that another process
// forwarded to it: the asker gets one answer within its deadline, nothing is sent twice, and what was decided
// stays decided.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/integration/cli_support.hpp"
#include "tests/integration/staged_engine.hpp"

namespace ibkr::integration {
namespace {

using Words = std::vector<std::string>;

/// Moments that one forwarded submit passes, from the intent's append to the outcome's commit.
constexpr std::uint64_t moments = 9;

enum class Fate { killed, replaced, stopped };

/// Of all moments; more in the long lane (scripts/full.d/owner_dies).
long rounds() {
    const char* const given = std::getenv("IBKR_OWNER_DIES_ROUNDS");
    return given == nullptr ? 1 : std::strtol(given, nullptr, 10);
}

Words submit_words(const std::string& approval, const std::string& key) {
    return {"orders",         "submit", "--account",         "DU1234567",
            "--approval-id",  approval, "--idempotency-key", key,
            "--enable-paper", "--json"};
}

/// The asker's answer: an order, or an error that can be tried again.
void check_answer(const Ran& asked, Fate fate) {
    INFO(asked.out << asked.err);
    REQUIRE(asked.exit_code >= 0);
    if (asked.exit_code == 0) return;
    const auto error = asked.err_json();
    const std::string code = error["code"];
    CHECK(error["retryable"] == true);
    if (fate == Fate::stopped)
        CHECK(code == "ENGINE_BUSY");
    else
        CHECK((code == "ENGINE_BUSY" || code == "PAPER_IDEMPOTENCY_CONFLICT"));
}

/// Those that only our log knows have no broker order id.
std::size_t orders_at_venue(const AgentHome& home) {
    const auto orders = home.get({"orders", "list", "--account", "DU1234567", "--limit", "500"});
    return static_cast<std::size_t>(std::count_if(
        orders.begin(), orders.end(), [](const auto& order) { return order.contains("broker_order_id"); }));
}

/// What holds whatever happened: one order at the venue at most, and one answer for good. An intent that
/// never reached the venue is proved absent there, and its key stays bound to that.
void check_home(const AgentHome& home, const std::string& approval, const std::string& key, const Ran& first,
                std::size_t orders_before) {
    const auto again = submit(home, approval, key);
    // The first answer of an intent whose owner died is that it is not known; what holds now stands beside
    // it.
    const auto now = again.contains("current") ? again["current"] : again;
    CAPTURE(again.dump());
    CHECK((now["order_state"] == "filled" || now["order_state"] == "not_placed"));
    CHECK(orders_at_venue(home) == orders_before + (now["order_state"] == "filled" ? 1 : 0));
    if (first.exit_code == 0) CHECK(first.out_json()["order_id"] == again["order_id"]);
    CHECK(submit(home, approval, key)["order_id"] == again["order_id"]);
}

void one_round(const AgentHome& home, std::uint64_t at, Fate fate, const std::string& key) {
    const std::size_t orders_before = orders_at_venue(home);
    const std::string approval = approve(home, preview(home, "1", "205"));
    const int signal = fate == Fate::stopped ? SIGSTOP : SIGKILL;
    StagedEngine engine(home, at, [signal] { ::kill(::getpid(), signal); });
    RunningAgent asker(home, submit_words(approval, key));
    std::optional<RunningEngine> next;
    if (fate == Fate::replaced) {
        while (!engine.is_down())
            std::this_thread::yield();
        next.emplace(home);  // while the asker looks for one, or owns the directory itself
    }
    const Ran asked = asker.wait();
    check_answer(asked, fate);
    CHECK(engine.is_down());
    engine.end();
    check_home(home, approval, key, asked, orders_before);
}

void check_log(const AgentHome& home) {
    CHECK(home.get({"audit", "verify"})["chain_valid"] == true);
    CHECK(home.get({"replay"})["difference_count"] == 0);
}

}  // namespace

TEST_CASE("the owner is killed at each moment of a forwarded submit", "[engine][owner_dies]") {
    const AgentHome home;
    for (long round = 0; round < rounds(); ++round)
        for (std::uint64_t at = 1; at <= moments; at += sanitized ? 3 : 1) {
            CAPTURE(round, at);
            one_round(home, at, Fate::killed, "killed-" + std::to_string(round) + "-" + std::to_string(at));
        }
    check_log(home);
}

TEST_CASE("the owner is replaced at each moment of a forwarded submit", "[engine][owner_dies]") {
    const AgentHome home;
    for (long round = 0; round < rounds(); ++round)
        for (std::uint64_t at = 1; at <= moments; at += sanitized ? 3 : 1) {
            CAPTURE(round, at);
            one_round(home, at, Fate::replaced,
                      "replaced-" + std::to_string(round) + "-" + std::to_string(at));
        }
    check_log(home);
}

TEST_CASE("the owner is stopped at a moment of a forwarded submit", "[engine][owner_dies]") {
    const AgentHome home;
    // Each waits until the asker gives up.
    const std::uint64_t step = rounds() > 1 ? 1 : sanitized ? moments : 4;
    for (std::uint64_t at = 1; at <= moments; at += step) {
        CAPTURE(at);
        one_round(home, at, Fate::stopped, "stopped-" + std::to_string(at));
    }
    check_log(home);
}

TEST_CASE("the owner is killed before it reads the call", "[engine]") {
    const AgentHome home;
    const std::string approval = approve(home, preview(home, "1", "205"));
    RunningEngine engine(home);
    engine.signal(SIGSTOP);
    RunningAgent asker(home, submit_words(approval, "unread"));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // it connects and waits for the greeting
    engine.signal(SIGKILL);
    const Ran asked = asker.wait();
    INFO(asked.out << asked.err);
    REQUIRE(asked.exit_code == 0);
    CHECK(asked.out_json()["status"] == "filled");
    check_home(home, approval, "unread", asked, 0);
}

TEST_CASE("a commit that fails after the append ends the engine unanswered; the next one knows", "[engine]") {
    const AgentHome home;
    const std::string approval = approve(home, preview(home, "1", "205"));
    // The intent's events are in the log; from then on the process cannot write a byte.
    StagedEngine engine(home, 2, [] {
        (void)std::signal(SIGXFSZ, SIG_IGN);
        const rlimit nothing{1, 1};
        (void)::setrlimit(RLIMIT_FSIZE, &nothing);
    });
    RunningAgent asker(home, submit_words(approval, "commit-fails"));
    CHECK(engine.wait() == StagedEngine::died_exit_code);
    const Ran asked = asker.wait();
    check_answer(asked, Fate::killed);
    check_home(home, approval, "commit-fails", asked, 0);
    check_log(home);
}

}  // namespace ibkr::integration
