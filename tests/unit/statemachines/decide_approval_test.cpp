#include <catch2/catch.hpp>

#include "tests/unit/statemachines/decide_world.hpp"

using namespace ibkr::tests;
using Names = std::vector<std::string>;

namespace {

sm::CreateApproval create(const ev::WorkflowId& preview, std::optional<std::uint32_t> ttl = std::nullopt) {
    return {paper_account, preview, ttl};
}

}  // namespace

TEST_CASE("an approval is given at once under self and by an operator, else it waits", "[decide][approval]") {
    World world;
    SECTION("self") {
        const auto id = world.approve(world.preview());
        CHECK(world.approvals.at(id).state == "approved");
        CHECK(world.approvals.at(id).approved_by == "agent");
        CHECK(world.approvals.at(id).order_hash == world.previews.begin()->second.order_hash);
    }
    world.policy.settings.paper_approvals = sm::ApprovalMode::operator_;
    SECTION("pending") {
        const auto id = world.approve(world.preview());
        CHECK(world.approvals.at(id).state == "pending");
        CHECK(world.approvals.at(id).approved_by.empty());
        CHECK(world.approvals.at(id).requested_by == "agent");
    }
    SECTION("operator") {
        world.is_operator = true;
        world.actor = "kim";
        const auto id = world.approve(world.preview());
        CHECK(world.approvals.at(id).state == "approved");
        CHECK(world.approvals.at(id).approved_by == "kim");
    }
}

TEST_CASE("an approval's life is clamped and never passes its preview's", "[decide][approval]") {
    World world;
    const auto expiry_with = [&](std::optional<std::uint32_t> ttl) {
        const auto decided = world.run(create(world.preview(), ttl));
        return world.approvals.at(decided.subject).expires_at;
    };
    CHECK(expiry_with(1) == at(10'000));
    CHECK(expiry_with(60) == at(60'000));
    CHECK(expiry_with(std::nullopt) == at(300'000));
    CHECK(expiry_with(3600) == at(300'000));
    world.policy.settings.preview_expiration_seconds = 3600;
    CHECK(expiry_with(9999) == at(3'600'000));
}

TEST_CASE("an approval needs a preview that is there, ours, created and unexpired", "[decide][approval]") {
    World world;
    require_refused(world.run(create(ev::WorkflowId("none"))), "PAPER_APPROVAL_REQUIRED");
    const auto preview = world.preview();
    auto foreign = create(preview);
    foreign.account = other_account;
    require_refused(world.run(foreign), "APPROVAL_PREVIEW_MISMATCH");
    SECTION("the last millisecond") {
        world.now = at(299'999);
        CHECK_FALSE(world.run(create(preview)).refusal);
    }
    SECTION("its very expiry") {
        world.now = at(300'000);
        require_refused(world.run(create(preview)), "PAPER_APPROVAL_REQUIRED");
    }
    SECTION("refused") {
        world.policy.risk_policy->max_quantity = quantity("1");
        const auto refused = world.run(world.preview_command()).subject;
        require_refused(world.run(create(refused)), "PAPER_APPROVAL_REQUIRED");
    }
}

TEST_CASE("a preview has one open approval at a time", "[decide][approval]") {
    World world;
    const auto preview = world.preview();
    const auto first = world.run(create(preview, 10)).subject;
    const auto second = world.run(create(preview));
    require_refused(second, "APPROVAL_PREVIEW_MISMATCH");
    CHECK(second.subject == first);
    CHECK(second.refusal->user_action.find(first.text()) != std::string::npos);
    world.now = at(10'000);
    const auto third = world.run(create(preview));
    CHECK(event_names(third) == Names{"approval_expired", "paper_approval_recorded"});
    CHECK(world.approvals.at(first).state == "expired");
}

TEST_CASE("only an operator grants and denies", "[decide][approval]") {
    World world;
    world.policy.settings.paper_approvals = sm::ApprovalMode::operator_;
    const auto id = world.approve(world.preview());
    require_refused(world.run(sm::GrantApproval{id, ""}), "OPERATOR_REQUIRED");
    require_refused(world.run(sm::DenyApproval{id, ""}), "OPERATOR_REQUIRED");
    world.is_operator = true;
    world.actor = "kim";
    SECTION("grant") {
        world.run(sm::GrantApproval{id, "looks right"});
        CHECK(world.approvals.at(id).state == "approved");
        CHECK(world.approvals.at(id).approved_by == "kim");
        CHECK(event_names(world.run(sm::GrantApproval{id, ""})) == Names{"tool_completed"});
        require_refused(world.run(sm::DenyApproval{id, ""}), "PAPER_APPROVAL_REQUIRED");
    }
    SECTION("deny") {
        world.run(sm::DenyApproval{id, "no"});
        CHECK(world.approvals.at(id).state == "denied");
        const auto late = world.run(sm::GrantApproval{id, ""});
        require_refused(late, "PAPER_APPROVAL_REQUIRED");
        CHECK(late.refusal->message.find("denied") != std::string::npos);
    }
    SECTION("no such approval") {
        require_refused(world.run(sm::GrantApproval{ev::WorkflowId("none"), ""}), "PAPER_APPROVAL_REQUIRED");
    }
    SECTION("a reason has at most 500 bytes") {
        require_refused(world.run(sm::GrantApproval{id, std::string(501, 'x')}), "ORDER_VALIDATION_FAILED");
    }
    SECTION("expired by time at the decision") {
        world.now = world.approvals.at(id).expires_at;
        const auto late = world.run(sm::GrantApproval{id, ""});
        require_refused(late, "PAPER_APPROVAL_REQUIRED");
        CHECK(event_names(late) == Names{"approval_expired", "tool_refused"});
        CHECK(world.approvals.at(id).state == "expired");
    }
}

TEST_CASE("an operator or who asked may revoke", "[decide][approval]") {
    World world;
    const auto id = world.approve(world.preview());
    world.actor = "stranger";
    require_refused(world.run(sm::RevokeApproval{id, ""}), "OPERATOR_REQUIRED");
    world.actor = "agent";
    CHECK_FALSE(world.run(sm::RevokeApproval{id, "changed my mind"}).refusal);
    CHECK(world.approvals.at(id).state == "revoked");
    require_refused(world.run(world.submit_command(id)), "PAPER_APPROVAL_REQUIRED");
}

TEST_CASE("a used approval cannot be revoked; a reserved one is revoked at release", "[decide][approval]") {
    World world;
    const auto order = world.submitted();
    const auto id = world.orders.at(order).approval_id;
    SECTION("used") {
        world.run(world.outcome(order, ev::Outcome::confirmed, "working"));
        require_refused(world.run(sm::RevokeApproval{id, ""}), "APPROVAL_CONSUMED");
    }
    SECTION("reserved") {
        world.run(sm::RevokeApproval{id, ""});
        CHECK(world.approvals.at(id).state == "reserved");
        world.run(world.outcome(order, ev::Outcome::not_sent));
        CHECK(world.approvals.at(id).state == "revoked");
    }
}

TEST_CASE("timers expire previews and approvals at their very millisecond, once", "[decide][expiry]") {
    World world;
    const auto preview = world.preview();
    const auto approval = world.run(create(preview, 60)).subject;
    world.now = at(59'999);
    CHECK(world.run(sm::ExpireWorkflow{approval, at(60'000)}).events.empty());
    world.now = at(60'000);
    CHECK(event_names(world.run(sm::ExpireWorkflow{approval, at(60'000)})) == Names{"approval_expired"});
    CHECK(world.run(sm::ExpireWorkflow{approval, at(60'000)}).events.empty());
    CHECK(world.approvals.at(approval).state == "expired");
    CHECK(world.run(sm::ExpireWorkflow{preview, at(300'000)}).events.empty());
    world.now = at(300'000);
    CHECK(event_names(world.run(sm::ExpireWorkflow{preview, at(300'000)})) == Names{"order_preview_expired"});
    CHECK(world.previews.at(preview).state == "expired");
    CHECK(world.run(sm::ExpireWorkflow{preview, at(300'000)}).events.empty());
}

TEST_CASE("expiry while reserved is recorded once and takes effect at release", "[decide][expiry]") {
    World world;
    const auto order = world.submitted();
    const auto id = world.orders.at(order).approval_id;
    world.now = at(400'000);
    CHECK(event_names(world.run(sm::ExpireWorkflow{id, at(300'000)})) == Names{"approval_expired"});
    CHECK(world.approvals.at(id).state == "reserved");
    CHECK(world.run(sm::ExpireWorkflow{id, at(300'000)}).events.empty());
    world.run(world.outcome(order, ev::Outcome::refused));
    CHECK(world.approvals.at(id).state == "expired");
}
