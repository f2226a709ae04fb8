#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "events/crypto/sha256.hpp"
#include "events/log/export/export.hpp"
#include "tests/support/engine_rig.hpp"

using namespace ibkr::engine;
using namespace ibkr::events;
using ibkr::testing::EngineRig;
using Json = nlohmann::json;

namespace {

CallContext auditor(const EngineRig& rig) {
    return rig.context("ibkr_audit");
}

}  // namespace

TEST_CASE("the tail is the newest events, newest first, its own event not yet among them", "[audit]") {
    EngineRig rig;
    REQUIRE(rig.preview("10", "199.6").has_value());
    const std::uint64_t head = rig.log.head().sequence.value();
    const auto reply = rig.gateway().audit_tail(auditor(rig), 2, false);
    REQUIRE(reply.has_value());
    const Json tail = Json::parse(reply->payload);
    REQUIRE(tail.at("events").size() == 2);
    CHECK(tail.at("events")[0].at("sequence_id") == head);
    CHECK(tail.at("events")[1].at("sequence_id") == head - 1);
    CHECK(tail.at("events")[0].at("event").at("event_type") == "order_preview_created");
    CHECK(tail.at("head").at("sequence_id") == head);
    CHECK(tail.at("verified_from_sequence") == head - 1);
    CHECK(rig.log.head().sequence.value() == head + 1);

    const Json everything = Json::parse(rig.gateway().audit_tail(auditor(rig), 0, true)->payload);
    CHECK(everything.at("events").size() == head + 1);
    CHECK(everything.at("verified_from_sequence") == 1);
    CHECK(everything.at("events").back().at("event").at("event_type") == "log_created");
}

TEST_CASE("a tampered record is noticed where it is shown, and everywhere by a full look", "[audit]") {
    EngineRig rig;
    REQUIRE(rig.preview("10", "199.6").has_value());
    rig.log.tamper(SequenceId(2), [](Record& record) {
        const auto at = record.bytes.find("engine");
        REQUIRE(at != std::string::npos);
        record.bytes[at] = 'E';
    });
    CHECK(rig.gateway().audit_tail(auditor(rig), 1, false).has_value());
    for (const bool full : {true, false}) {
        const auto reply = rig.gateway().audit_tail(auditor(rig), full ? 1 : 500, full);
        REQUIRE_FALSE(reply.has_value());
        CHECK(reply.error().error.code == ErrorCode::audit_write_failed);
        CHECK_FALSE(reply.error().error.retryable);
        CHECK_FALSE(reply.error().audit_event_id.empty());
    }
    const auto verified = rig.gateway().audit_verify(auditor(rig));
    REQUIRE(verified.has_value());
    const Json report = Json::parse(verified->payload);
    CHECK(report.at("chain_valid") == false);
    CHECK(report.at("first_break_at_sequence") == 2);
    CHECK(report.at("events_scanned") == 2);
    CHECK(report.contains("first_break_event_id"));
}

TEST_CASE("a whole chain verifies and says with which key", "[audit]") {
    EngineRig rig;
    const std::uint64_t head = rig.log.head().sequence.value();
    const Json report = Json::parse(rig.gateway().audit_verify(auditor(rig))->payload);
    CHECK(report.at("chain_valid") == true);
    CHECK(report.at("events_scanned") == head);
    CHECK(report.at("head").at("sequence_id") == head);
    CHECK(report.at("head").at("mac").get<std::string>().size() == 64);
    CHECK(report.at("anchors").empty());
    CHECK(report.at("attested_gaps").empty());
    CHECK(report.at("key") == "supplied");
    CHECK_FALSE(report.contains("first_break_at_sequence"));
}

TEST_CASE("an export verifies with the chain key and its hash is that of its text", "[audit]") {
    EngineRig rig;
    REQUIRE(rig.preview("10", "199.6").has_value());
    const std::uint64_t head = rig.log.head().sequence.value();
    AuditExportRequest request;
    request.limit = 3;
    const auto reply = rig.gateway().audit_export(auditor(rig), request);
    REQUIRE(reply.has_value());
    const Json exported = Json::parse(reply->payload);
    CHECK(exported.at("format") == "jsonl");
    CHECK(exported.at("redaction_policy") == "redacted_audit_events_only");
    CHECK(exported.at("range") == Json{{"exported_count", 3},
                                       {"from_sequence", head - 2},
                                       {"requested_limit", 3},
                                       {"to_sequence", head}});
    const std::string text = exported.at("payload_jsonl");
    CHECK(exported.at("file_hash") == hex(sha256(text)));
    std::istringstream file(text);
    const auto verified = verify_export(file, ring_from_keys(rig.log.keys().ring()));
    REQUIRE(verified.has_value());
    CHECK(verified->chain_valid);
    CHECK(verified->events_scanned == 3);
}

TEST_CASE("an export's range is checked against the log", "[audit]") {
    EngineRig rig;
    const std::uint64_t head = rig.log.head().sequence.value();
    const auto ranged = [&](std::optional<std::uint64_t> from, std::optional<std::uint64_t> to) {
        return rig.gateway().audit_export(auditor(rig), {500, from, to});
    };
    const auto one = ranged(1, 1);
    REQUIRE(one.has_value());
    CHECK(Json::parse(one->payload).at("range").at("exported_count") == 1);
    CHECK(Json::parse(ranged(head, head + 1000)->payload).at("range").at("from_sequence") == head);
    for (const auto& refused : {ranged(0, 1), ranged(3, 2), ranged(head + 1000, std::nullopt)}) {
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().error.code == ErrorCode::input_invalid_time_range);
    }
}

TEST_CASE("audit reads need their scope; the command line exports with audit:read", "[audit]") {
    EngineRig rig;
    CallContext reader = auditor(rig);
    reader.actor.scopes = {"ibkr:audit:read"};
    CHECK(rig.gateway().audit_export(reader, {}).has_value());
    reader.actor.scopes = {"ibkr:health:read"};
    CHECK(rig.gateway().audit_export(reader, {}).error().error.code == ErrorCode::auth_missing_scope);
    CHECK(rig.gateway().audit_tail(reader, 1, false).error().error.code == ErrorCode::auth_missing_scope);
    CHECK(rig.gateway().audit_verify(reader).error().error.code == ErrorCode::auth_missing_scope);
}
