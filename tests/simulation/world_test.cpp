#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/simulation/world/driver.hpp"
#include "tests/simulation/world/scene.hpp"
#include "tests/simulation/world/shrink.hpp"

// The simulated world itself: it repeats exactly, its disk does what its policies say, and its invariants see
// what they are there to see.

using namespace ibkr;
using namespace ibkr::simulation;
using Kind = Scene::BrokerKind;

namespace {

bool found(const World& world, const std::string& invariant) {
    const auto& all = world.violations.found();
    return std::any_of(all.begin(), all.end(),
                       [&](const Violation& violation) { return violation.invariant == invariant; });
}

/// A submit is cut off between its write and its sync, under a policy. Whether the intent is in the log.
bool intent_survives(DiskPolicy policy) {
    Scene scene(Kind::local);
    const auto approval = scene.approved(5, 150);
    scene.world.points.arm(2);
    static_cast<void>(scene.world.gateway().paper_submit(
        scene.world.context("ibkr_paper_order_submit"),
        {BrokerModel::account(), approval, events::IdempotencyKey("cut-off")}));
    REQUIRE(scene.world.points.where() == "written_not_synced");
    REQUIRE(scene.world.disk.has_unsynced());
    scene.restart(policy);
    REQUIRE(scene.world.violations.none());
    return !scene.world.observer.orders().empty();
}

}  // namespace

TEST_CASE("a stream of random values does not move when another is drawn from") {
    RandomStream alone(5, "disk");
    RandomStream beside(5, "disk");
    RandomStream other(5, "broker");
    bool differ = false;
    for (int draw = 0; draw < 50; ++draw) {
        const std::uint64_t drawn = other.next();
        const std::uint64_t value = beside.next();
        CHECK(alone.next() == value);
        differ = differ || drawn != value;
    }
    CHECK(differ);
}

TEST_CASE("every value below a bound is drawn, and none beyond it") {
    RandomStream random(1, "any");
    std::vector<int> drawn(7);
    for (int draw = 0; draw < 7'000; ++draw)
        ++drawn.at(random.below(7));
    for (const int times : drawn)
        CHECK((times > 800 && times < 1'200));
}

TEST_CASE("seeds repeat exactly, and differ from one another") {
    const Outcome first = run(random_plan(3));
    CHECK(run(random_plan(3)).trace_hash == first.trace_hash);
    CHECK(run(random_plan(4)).trace_hash != first.trace_hash);
}

TEST_CASE("what a crash leaves of an unsynced write is as the policy says") {
    CHECK(intent_survives(DiskPolicy::keep));
    CHECK_FALSE(intent_survives(DiskPolicy::drop));
    CHECK_FALSE(intent_survives(DiskPolicy::tear));
    CHECK_FALSE(intent_survives(DiskPolicy::garble));
}

TEST_CASE("a disk that lies about its syncs is seen") {
    Scene scene(Kind::local);
    scene.world.disk.lie_about_syncs();
    static_cast<void>(scene.approved(5, 150));
    CHECK(found(scene.world, "I5"));
    scene.restart(DiskPolicy::drop);
    CHECK(found(scene.world, "I1"));
}

TEST_CASE("a loss that nobody declared is seen") {
    Scene scene(Kind::local);
    static_cast<void>(scene.placed(5, 150, "order"));
    scene.world.disk.roll_back(3, false);
    scene.restart(DiskPolicy::keep);
    CHECK(found(scene.world, "I1"));
    CHECK(found(scene.world, "I4"));
}

TEST_CASE("an order that is sent past the log, or twice, is seen") {
    Scene scene(Kind::local);
    static_cast<void>(scene.placed(5, 150, "order"));
    engine::SubmitRequest request;
    request.account_id = BrokerModel::account();
    request.client_order_id = scene.world.broker.book().front().order.client_order_id;
    request.terms = scene.world.broker.book().front().order.terms;
    scene.pass_ms(60'000);
    static_cast<void>(scene.world.broker.submit(request));
    CHECK(found(scene.world, "O2"));
    CHECK_FALSE(found(scene.world, "O1"));
    scene.pass_ms(1);
    CHECK(found(scene.world, "O1"));
}

TEST_CASE("orders that together break the position limit are seen") {
    Scene scene(Kind::local);
    engine::SubmitRequest request;
    request.account_id = BrokerModel::account();
    request.terms.contract = BrokerModel::stock();
    request.terms.quantity = events::Quantity::whole(81);
    request.terms.limit_price = events::Price(events::Decimal::whole(150));
    request.client_order_id = events::ClientOrderId("somebody-else");
    static_cast<void>(scene.world.broker.submit(request));
    scene.pass_ms(1);
    CHECK(found(scene.world, "O6"));
}

TEST_CASE("fills that the log does not know are seen at rest") {
    Scene scene(Kind::local);
    static_cast<void>(scene.placed(5, 150, "order"));
    scene.world.broker.fill(0, 2);
    scene.invariants.check_quiescence();
    CHECK(found(scene.world, "O3"));
}

TEST_CASE("a failing plan is shrunk to the acts that make it fail") {
    Plan plan = random_plan(1);
    const auto has = [](const Plan& some, ActKind kind) {
        return std::any_of(some.acts.begin(), some.acts.end(),
                           [&](const Act& act) { return act.kind == kind; });
    };
    plan.acts[3].kind = ActKind::roll_back;
    plan.acts[20].kind = ActKind::says_live;
    for (std::size_t i = 21; i < plan.acts.size(); ++i)
        plan.acts[i].kind = ActKind::go_on;
    const auto kept = shrink(plan, [&](const Plan& fewer) {
        return has(fewer, ActKind::roll_back) && has(fewer, ActKind::says_live);
    });
    CHECK(kept.size() == 2);
    CHECK(has(only(plan, kept), ActKind::roll_back));
    CHECK(has(only(plan, kept), ActKind::says_live));
}
