#pragma once

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "events/event_codec.hpp"
#include "events/log/chain/chain.hpp"
#include "events/log/log.hpp"
#include "tests/unit/events/log_conformance.hpp"

namespace ibkr::events::test {

inline const Secret& second_secret() {
    static const Secret secret{std::string_view("another published test secret, of 32 bytes or more")};
    return secret;
}
inline const Secret& third_secret() {
    static const Secret secret{std::string_view("a third published test secret of 32 bytes or more")};
    return secret;
}

template <class T>
T must(Result<T> result) {
    INFO((result ? "" : result.error().message));
    REQUIRE(result);
    return std::move(*result);
}

/// A record about the log itself, as the engine writes one.
inline PendingRecord log_record(SequenceId at, std::uint16_t type, Body body) {
    Event event;
    event.sequence_id = at;
    event.event_id = EventId("01900000-0000-7000-8000-" + std::to_string(200'000'000'000ULL + at.value()));
    event.actor.user_id = "operator";
    event.body = std::move(body);
    return {type, must(encode_event(event))};
}

inline LogResumed resumption(SequenceId at, const Head& last, std::vector<LostRange> gaps = {}) {
    LogResumed body;
    body.from = last.sequence;
    body.to = SequenceId(at.value() - 1);
    body.last_mac = hex(last.mac);
    body.gaps = std::move(gaps);
    body.actor = "operator";
    body.reason = "test";
    return body;
}

/// Resumes `log` at `at`, attesting everything lost in between and `gaps`.
inline Head resume(Log& log, std::uint64_t at, std::vector<LostRange> gaps = {}) {
    const SequenceId sequence(at);
    const auto body = resumption(sequence, log.head(), std::move(gaps));
    return must(log.append_resumed(log_record(sequence, log_resumed_type, body), sequence));
}

/// The two records of a rotation to `next`.
inline std::pair<PendingRecord, PendingRecord> rotation(const Log& log, const LogKeys& next) {
    const SequenceId at = log.head().sequence.next();
    return {log_record(at, audit_key_retired_type, AuditKeyRetired{next.identity().key_id_hex()}),
            log_record(at.next(), audit_key_activated_type, AuditKeyActivated{log.identity().key_id_hex()})};
}

/// Rotates `log`, whose keys are `keys`, and says its keys afterwards.
inline LogKeys rotate(Log& log, const LogKeys& keys, const Secret& secret) {
    const LogKeys next = must(keys.next_epoch(secret));
    const auto [retired, activated] = rotation(log, next);
    must(log.append_rotation(retired, activated, next));
    return next.settled();
}

/// The mac of one record, as stored.
inline std::string stored_mac(const LogReader& log, std::uint64_t at) {
    return hex(read_from(log, at).front().mac);
}

inline VerifyReport verify(const LogReader& log, const KeyRing& keys, unsigned threads = 1) {
    return must(verify_chain(log, keys, {SequenceId(1), threads, {}}));
}

/// What every log does alike beyond plain appends. `log` is empty and was made with `keys`, whose file says
/// nothing of rotations and resumptions; those after are returned.
inline LogKeys check_epochs_and_branches(Log& log, const LogKeys& keys) {
    fill(log, 10);
    LogKeys now = rotate(log, keys, second_secret());
    CHECK(log.head().sequence == SequenceId(12));
    CHECK(log.identity().epoch == 2);
    CHECK(log.identity().key_id == now.identity().key_id);
    fill(log, 20);

    const Head before = log.head();
    CHECK(resume(log, 31).sequence == SequenceId(31));
    now = now.resumed(SequenceId(31));
    CHECK(log.identity() == now.identity());
    CHECK(log.identity().branch == 2);
    CHECK(log.gaps() ==
          std::vector<AttestedGap>{{SequenceId(21), SequenceId(30), before.mac, SequenceId(31)}});
    fill(log, 40);

    // A second one, right after the head, that gives up what stands in the middle.
    const std::string mac = stored_mac(log, 35);
    resume(log, 41, {{SequenceId(34), SequenceId(35), mac}});
    now = now.resumed(SequenceId(41));
    CHECK(log.identity() == now.identity());
    CHECK(log.gaps().size() == 2);
    fill(log, 50);

    CHECK(read_from(log, 1).size() == 38);
    CHECK(read_from(log, 21).front().sequence == SequenceId(31));
    CHECK(read_from(log, 25).front().sequence == SequenceId(31));
    CHECK(read_from(log, 34).front().sequence == SequenceId(36));
    CHECK(read_back_from(log, 35).front().sequence == SequenceId(33));
    CHECK(read_back_from(log, 99).size() == 38);
    const auto back = read_back_from(log, 31);
    REQUIRE(back.size() == 21);
    CHECK(back[1].sequence == SequenceId(20));

    const VerifyReport report = verify(log, now.ring());
    INFO(report.reason);
    CHECK(report.chain_valid);
    CHECK(report.events_scanned == 38);
    CHECK(report.head == log.head());
    CHECK(report.attested_gaps == log.gaps());
    CHECK(report.keys_used == now.ring().names());

    // What is refused changes nothing.
    const Head head = log.head();
    const auto refused = [&](const Result<Head>& result) {
        REQUIRE_FALSE(result);
        CHECK(result.error().code == ErrorCode::audit_write_failed);
        CHECK(log.head() == head);
        CHECK(log.alive());
    };
    const auto resumed_at = [&](std::uint64_t at, const LogResumed& body,
                                std::uint16_t type = log_resumed_type) {
        return log.append_resumed(log_record(SequenceId(at), type, body), SequenceId(at));
    };
    refused(resumed_at(50, resumption(SequenceId(50), head)));
    refused(resumed_at(60, resumption(SequenceId(60), head), 2));
    refused(resumed_at(60, resumption(SequenceId(61), head)));
    refused(resumed_at(60, resumption(SequenceId(60), Head{head.sequence, {}})));
    refused(resumed_at(60, resumption(SequenceId(60), Head{SequenceId(49), head.mac})));
    refused(resumed_at(60, resumption(SequenceId(60), head, {{SequenceId(5), SequenceId(50), mac}})));
    const LogKeys next = must(now.next_epoch(third_secret()));
    const auto [retired, activated] = rotation(log, next);
    refused(log.append_rotation(activated, retired, next));
    refused(log.append_rotation(retired, activated, now));
    const LogKeys others = must(LogKeys::create(second_secret()));
    refused(log.append_rotation(retired, activated, must(others.next_epoch(third_secret()))));
    return now;
}

}  // namespace ibkr::events::test
