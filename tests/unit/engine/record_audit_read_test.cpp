#include <catch2/catch.hpp>

#include "engine/gateway/read_questions.hpp"
#include "engine/payloads/audit_payloads.hpp"
#include "events/crypto/sha256.hpp"
#include "tests/support/engine_rig.hpp"

// A read of the log beside the owner leaves the event that the owner's own read would.

using namespace ibkr;
using namespace ibkr::engine;
using events::ErrorCode;
using ibkr::testing::EngineRig;

namespace {

CallContext auditor(const EngineRig& rig) {
    return rig.context("ibkr_audit");
}

AuditReadMade made(AuditReadKind kind, std::string arguments, const events::Result<std::string>& payload) {
    AuditReadMade read{kind, {std::move(arguments)}, {}, {}};
    if (payload)
        read.output_hash = events::hex(events::sha256(*payload));
    else
        read.failure = ReportedError{payload.error()};
    return read;
}

/// Same answer but for the payload, which the reader has; same log to the last bit.
void check_same(const EngineRig& owner, const CallResult& own, const EngineRig& beside,
                const CallResult& recorded) {
    CHECK(owner.log.head().mac == beside.log.head().mac);
    REQUIRE(own.has_value() == recorded.has_value());
    if (own) {
        CHECK(recorded->payload == "{}");
        CHECK(recorded->audit_event_id == own->audit_event_id);
        CHECK_FALSE(recorded->audit_event_id.empty());
    } else {
        CHECK(recorded.error().error == own.error().error);
        CHECK(recorded.error().audit_event_id == own.error().audit_event_id);
    }
}

class FullDisk final : public events::DiskSpace {
public:
    [[nodiscard]] events::DiskRoom room() override { return events::DiskRoom::low; }
    [[nodiscard]] std::string describe_limit() const override { return "less than 256 MiB are free"; }
};

const AuditReadMade a_tail{AuditReadKind::tail, {R"({"limit":"5"})"}, std::string(64, 'a'), {}};

}  // namespace

TEST_CASE("a tail, an export and a verification beside the owner leave the owner's events", "[audit]") {
    EngineRig owner;
    EngineRig beside;
    const auto tail = owner.gateway().audit_tail(auditor(owner), 0, true);
    check_same(owner, tail, beside,
               beside.gateway().record_audit_read(
                   auditor(beside), made(AuditReadKind::tail, audit_tail_arguments(0, true),
                                         audit_tail_payload(beside.log, beside.log.keys(), 0, true))));

    const AuditExportRequest request{3, 1, 2};
    const auto exported = owner.gateway().audit_export(auditor(owner), request);
    check_same(
        owner, exported, beside,
        beside.gateway().record_audit_read(
            auditor(beside), made(AuditReadKind::export_range, audit_export_arguments(request),
                                  audit_export_payload(beside.log, beside.log.keys(), request,
                                                       beside.runtime().new_id(), beside.clock.now()))));

    const events::Head head = beside.log.head();
    const auto report = events::verify_chain(beside.log, beside.log.keys().ring(), {});
    REQUIRE(report);
    const auto verified = owner.gateway().audit_verify(auditor(owner));
    check_same(owner, verified, beside,
               beside.gateway().record_audit_read(auditor(beside),
                                                  made(AuditReadKind::verify, audit_verify_arguments(),
                                                       verify_payload(*report, head, key_supplied))));
}

TEST_CASE("a read that failed beside the owner is recorded and answered as its own", "[audit]") {
    EngineRig owner;
    EngineRig beside;
    const AuditExportRequest request{500, 3, 2};
    const auto exported = owner.gateway().audit_export(auditor(owner), request);
    REQUIRE_FALSE(exported);
    CHECK(exported.error().error.code == ErrorCode::input_invalid_time_range);
    const std::string export_id = beside.runtime().new_id();
    check_same(owner, exported, beside,
               beside.gateway().record_audit_read(
                   auditor(beside), made(AuditReadKind::export_range, audit_export_arguments(request),
                                         audit_export_payload(beside.log, beside.log.keys(), request,
                                                              export_id, beside.clock.now()))));
}

TEST_CASE("a read beside the owner needs the scope of that read", "[audit]") {
    EngineRig owner;
    EngineRig beside;
    const auto with = [](const EngineRig& rig, std::vector<std::string> scopes) {
        CallContext context = auditor(rig);
        context.actor.scopes = std::move(scopes);
        return context;
    };
    const auto denied = owner.gateway().audit_tail(with(owner, {"ibkr:audit:export"}), 5, false);
    REQUIRE_FALSE(denied);
    check_same(owner, denied, beside,
               beside.gateway().record_audit_read(with(beside, {"ibkr:audit:export"}), a_tail));
    AuditReadMade exported = a_tail;
    exported.kind = AuditReadKind::export_range;
    CHECK(beside.gateway().record_audit_read(with(beside, {"ibkr:audit:export"}), exported));
    CHECK(beside.gateway().record_audit_read(with(beside, {"ibkr:audit:read"}), exported));
    const auto other = beside.gateway().record_audit_read(with(beside, {"ibkr:health:read"}), exported);
    REQUIRE_FALSE(other);
    CHECK(other.error().error.code == ErrorCode::auth_missing_scope);
}

TEST_CASE("a read beside the owner that cannot be recorded says why", "[audit]") {
    EngineRig rig;
    SECTION("a nearly full disk") {
        FullDisk disk;
        rig.disk = &disk;
        REQUIRE(rig.restart());
        const auto head = rig.log.head().mac;
        const auto reply = rig.gateway().record_audit_read(auditor(rig), a_tail);
        REQUIRE(reply);
        CHECK(reply->payload == "{}");
        CHECK(reply->audit_event_id.empty());
        CHECK(reply->unrecorded_reason == "less than 256 MiB are free");
        CHECK(rig.log.head().mac == head);
        rig.disk = nullptr;
        REQUIRE(rig.restart());
    }
    SECTION("a held log") {
        events::Hold hold;
        hold.reason = "records are missing";
        hold.readable_head = hold.highest_anchor = rig.log.head().sequence;
        rig.hold = hold;
        REQUIRE(rig.restart());
        const auto reply = rig.gateway().record_audit_read(auditor(rig), a_tail);
        REQUIRE(reply);
        CHECK(reply->audit_event_id.empty());
        CHECK(reply->unrecorded_reason == "the log is held: records are missing");
    }
}

TEST_CASE("a read without the hash of what was read is not recorded", "[audit]") {
    EngineRig rig;
    const auto head = rig.log.head().mac;
    for (const std::string& hash : {std::string(), std::string(63, 'a'), std::string(64, 'A')}) {
        AuditReadMade read = a_tail;
        read.output_hash = hash;
        const auto reply = rig.gateway().record_audit_read(auditor(rig), read);
        REQUIRE_FALSE(reply);
        CHECK(reply.error().error.code == ErrorCode::engine_protocol_mismatch);
    }
    CHECK(rig.log.head().mac == head);
}
