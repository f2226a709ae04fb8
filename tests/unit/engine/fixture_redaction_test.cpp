#include <algorithm>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "engine/replay/fixture.hpp"
#include "engine/replay/record/neutral_names.hpp"
#include "engine/replay/record/record_fixture.hpp"
#include "events/event_codec.hpp"
#include "statemachines/decide/drafts.hpp"
#include "tests/support/engine_rig.hpp"
#include "tests/support/recorded_fixture.hpp"

// Nothing that people chose or typed leaves with a fixture: not in a name, an id, a key or a text.

using namespace ibkr;
using namespace ibkr::engine;
using ibkr::testing::EngineRig;
using ibkr::testing::events_of;
using ibkr::testing::member;
using ibkr::testing::ScriptedBroker;

namespace {

const std::string drill = "drill by Ada Byron <ada.byron@example.com>";

/// An order of Ada Byron's, who puts her name into everything that takes one; the broker refuses it, and says
/// who she is.
struct NamedOrder {
    EngineRig rig;
    events::WorkflowId preview, approval, revoked;
    int calls = 0;

    NamedOrder() {
        rig.broker.next_write(ibkr::testing::WriteFault::refuse);
        REQUIRE(rig.gateway().kill_switch_set(context("ibkr_kill_switch", "local-user:0"), true, drill));
        REQUIRE(rig.gateway().kill_switch_set(context("ibkr_kill_switch"), false, drill));
        preview = previewed();
        approval = approved(preview);
        revoked = approved(previewed());
        REQUIRE(rig.gateway().approval_act(context("ibkr_approval_revoke"),
                                           {ApprovalAct::revoke, revoked, "Byron asked for it"}));
        (void)submit(approval, "ada-byron-1");
        REQUIRE_FALSE(submit(revoked, "ada-byron-1"));  // says which key
        (void)rig.gateway().record_failure(
            context("ibkr_paper_order_submit"),
            events::failure(events::ErrorCode::order_validation_failed, "'Ada Byron' is no quantity").value(),
            R"({"approval_id":")" + approval.text() +
                R"(","idempotency_key":"ada-byron-1","note":"for Ada Byron","quantity":"5","side":"buy"})");
        broker_says("refused for ada.byron: " + client_order_id() +
                    " of local-user:0, ada.byron@example.com");
    }

    [[nodiscard]] CallContext context(const std::string& tool, const std::string& user = "ada.byron") {
        CallContext made = rig.context(tool);
        const std::string number = std::to_string(++calls);
        made.actor.user_id = user;
        made.actor.session_id = "byron-laptop";
        made.actor.request_id = "ada@example.com/" + number;
        made.command_id = events::CommandId("byron/" + number);
        return made;
    }
    [[nodiscard]] std::string client_order_id() const { return "p5a17093c-ada-byron-1"; }

private:
    events::WorkflowId previewed() {
        PreviewRequest request;
        request.account = ScriptedBroker::account();
        request.symbol = "AAPL";
        request.quantity = events::Quantity::whole(5);
        request.limit_price = events::Price(events::Decimal::whole(200));
        request.rationale = "Ada Byron wants it";
        const auto made = rig.gateway().order_preview(context("ibkr_order_preview"), request);
        REQUIRE(made);
        return events::WorkflowId(member(made->payload, "preview_id"));
    }
    events::WorkflowId approved(const events::WorkflowId& of) {
        const auto made = rig.gateway().approval_create(context("ibkr_approval_create"),
                                                        {ScriptedBroker::account(), of, {}});
        REQUIRE(made);
        return events::WorkflowId(member(made->payload, "approval_id"));
    }
    CallResult submit(const events::WorkflowId& of, const std::string& key) {
        return rig.gateway().paper_submit(context("ibkr_paper_order_submit"),
                                          {ScriptedBroker::account(), of, events::IdempotencyKey(key)});
    }
    /// In place of what the scripted broker says, in the command and in the event.
    void broker_says(const std::string& message) {
        const std::string said = R"("message":"rejected")";
        for (std::uint64_t i = 1; i <= rig.log.head().sequence.value(); ++i)
            rig.log.tamper(events::SequenceId(i), [&](events::Record& record) {
                for (auto at = record.bytes.find(said); at != std::string::npos;
                     at = record.bytes.find(said, at + 1))
                    record.bytes.replace(at, said.size(), R"("message":")" + message + "\"");
            });
    }
};

template <class Body>
std::vector<const Body*> all_of(const std::vector<events::Event>& events) {
    std::vector<const Body*> found;
    for (const events::Event& event : events)
        if (const auto* body = std::get_if<Body>(&event.body)) found.push_back(body);
    REQUIRE_FALSE(found.empty());
    return found;
}

RecordedFixture recorded(const NamedOrder& order) {
    return testing::recorded(order.rig, order.approval);
}

}  // namespace

TEST_CASE("no file of a fixture holds a name or an address that anybody put anywhere", "[replay][record]") {
    const NamedOrder order;
    const RecordedFixture fixture = recorded(order);
    CHECK(fixture.report.difference_count == 0);
    for (std::string file : {fixture.events_jsonl, fixture.expected_json, fixture.readme}) {
        std::ranges::transform(file, file.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        for (const char* trace : {"byron", "ada.", "ada-", "example.com", "local-user", "laptop"}) {
            INFO(trace << " in " << file);
            CHECK(file.find(trace) == std::string::npos);
        }
    }
}

TEST_CASE("in a fixture equal texts, keys, people and requests stay equal, and others apart",
          "[replay][record]") {
    const NamedOrder order;
    const auto events = events_of(recorded(order));
    const std::string reason = all_of<events::KillSwitchOpened>(events).front()->reason;
    CHECK(all_of<events::KillSwitchClosed>(events).front()->reason == reason);
    CHECK(all_of<events::ApprovalRevoked>(events).front()->reason != reason);
    CHECK(all_of<events::OrderIntentReceived>(events).front()->rationale != reason);
    CHECK(all_of<events::ApprovalRevoked>(events).front()->by ==
          all_of<events::PaperApprovalRecorded>(events).front()->requested_by);

    const auto* intent = all_of<events::OrderSubmitIntended>(events).front();
    CHECK(intent->idempotency_key == events::IdempotencyKey("key-1"));
    CHECK(intent->client_order_id == events::ClientOrderId("p5a17093c-key-1"));
    CHECK(all_of<events::ToolRefused>(events).front()->message.find("the key 'key-1' belongs") == 0);
    CHECK(all_of<events::PaperOrderSubmitted>(events).front()->message ==
          "refused for user-2: p5a17093c-key-1 of user-1, address-1");

    const auto* failed = all_of<events::ToolFailed>(events).front();
    CHECK(failed->arguments.text.find(R"("approval_id":")" + order.approval.text()) != std::string::npos);
    CHECK(failed->arguments.text.find(R"("quantity":"5","side":"buy")") != std::string::npos);

    std::map<std::string, std::set<std::string>> requests;  // of each command
    for (const events::Event& event : events)
        if (event.actor.user_id != "engine") requests[event.command_id.text()].insert(event.actor.request_id);
    CHECK(requests.size() >= 7);
    std::set<std::string> all;
    for (const auto& [command, of_command] : requests) {
        CHECK(command.find("command-") == 0);
        CHECK(of_command.size() == 1);
        all.insert(of_command.begin(), of_command.end());
    }
    CHECK(all.size() == requests.size());
    CHECK(all.begin()->find("request-") == 0);
}

TEST_CASE("the hash of what was asked is that of the redacted command", "[replay][record]") {
    const NamedOrder order;
    std::set<std::string> hashes;
    events::Record record;
    auto cursor = order.rig.log.read(events::SequenceId(1));
    while (*(*cursor)->next(record)) {
        const auto event = events::decode_record(record);
        if (event->actor.user_id != "engine" && event->decided_from) hashes.insert(event->input_hash);
    }
    REQUIRE(hashes.size() > 5);
    std::size_t unchanged = 0;
    for (const events::Event& event : events_of(recorded(order))) {
        if (!event.causation_id.empty()) continue;
        if (hashes.contains(event.input_hash)) ++unchanged;
    }
    // Commands that hold nothing anybody typed: the two approvals.
    CHECK(unchanged == 2);
}

TEST_CASE("neutral names keep what decisions ask of a text", "[replay][record]") {
    NeutralNames names;
    CHECK(names.written(" \t") == " \t");
    CHECK(names.written("because") == "text-1");
    const std::string long_text(statemachines::given_text_bytes_max + 7, 'x');
    CHECK(names.written(long_text).size() == long_text.size());
    CHECK(names.written("because") == "text-1");
    CHECK(events::is_idempotency_key(names.key("k")));
    CHECK_FALSE(events::is_idempotency_key(names.key("k/1")));
    CHECK(names.client_order("p5a17093c-k") == "p5a17093c-" + names.key("k"));
    CHECK(names.client_order("p5a17093ct"
                             "k") == "p5a17093ct" + names.key("k"));
    CHECK(names.client_order("somebody's") == "client-order-1");
    CHECK(names.user("engine") == "engine");
    names.rename_id("id-of-k", "id-of-key");
    CHECK(names.other("id-of-k") == "id-of-key");
    CHECK(names.in_our_message("the intent id-of-k") == "the intent id-of-key");
    CHECK(names.other("a+b@mail.example") == names.other("a+b@mail.example"));
    CHECK(names.other("a+b@mail.example") != names.other("c@mail.example"));
}

TEST_CASE("a message from outside is freed of those it names", "[replay][record]") {
    NeutralNames names;
    const std::string longer = names.user("local-user:0");
    const std::string shorter = names.user("local-user");
    const std::string key = names.key("first");
    CHECK(names.in_outside_message("by local-user:0.") == "by " + longer + ".");
    CHECK(names.in_outside_message("local-user, first") == shorter + ", " + key);
    CHECK(names.in_outside_message("thefirst local-users") == "thefirst local-users");
    CHECK(names.in_outside_message("5@200 to a+b@mail.example") == "5@200 to address-1");
    CHECK(names.in_our_message("the key 'first' belongs to first") ==
          "the key '" + key + "' belongs to first");
}
