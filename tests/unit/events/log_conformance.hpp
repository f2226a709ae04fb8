#pragma once

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "events/log/chain/chain.hpp"
#include "events/log/log.hpp"

namespace ibkr::events::test {

inline const Secret& audit_secret() {
    static const Secret secret{std::string_view("a published test secret of 32 bytes or more")};
    return secret;
}

/// Keys that are the same in every run.
inline LogKeys fixed_keys() {
    LogId log_id{};
    for (std::size_t i = 0; i < log_id.size(); ++i)
        log_id[i] = static_cast<std::uint8_t>(i);
    auto keys = LogKeys::create(audit_secret(), log_id, Secret{std::string(32, 'A')});
    REQUIRE(keys);
    return std::move(*keys);
}

/// A record whose bytes say which one it is.
inline PendingRecord pending(std::uint64_t number, std::uint16_t type = 7) {
    const std::string tail = std::to_string(100'000'000'000ULL + number);
    return {type, R"({"body":{"n":)" + std::to_string(number) + R"(},"event_id":"01900000-0000-7000-8000-)" +
                      tail + R"("})"};
}

inline std::vector<PendingRecord> batch(std::uint64_t first, std::size_t count) {
    std::vector<PendingRecord> records;
    for (std::size_t i = 0; i < count; ++i)
        records.push_back(pending(first + i));
    return records;
}

/// Appends records 1 to `count`, in batches of growing size.
inline void fill(Log& log, std::uint64_t count) {
    std::size_t size = 1;
    for (std::uint64_t next = log.head().sequence.value() + 1; next <= count; ++size) {
        const auto part = batch(next, std::min<std::size_t>(size, count - next + 1));
        REQUIRE(log.append(part, SequenceId(next)));
        next += part.size();
    }
}

inline std::vector<Record> read_all(LogCursor& cursor) {
    std::vector<Record> records;
    Record record;
    while (true) {
        const auto more = cursor.next(record);
        REQUIRE(more);
        if (!*more) return records;
        records.push_back(record);
    }
}

inline std::vector<Record> read_from(const LogReader& log, std::uint64_t from) {
    auto cursor = log.read(SequenceId(from));
    REQUIRE(cursor);
    return read_all(**cursor);
}

inline std::vector<Record> read_back_from(const LogReader& log, std::uint64_t from) {
    auto cursor = log.read_back(SequenceId(from));
    REQUIRE(cursor);
    return read_all(**cursor);
}

/// What every log does alike. `log` is empty and was made with `keys`.
inline void check_conformance(Log& log, const LogKeys& keys) {
    CHECK(log.head() == Head{});
    CHECK(log.alive());
    CHECK(log.identity() == keys.identity());
    CHECK(read_from(log, 1).empty());
    CHECK(read_back_from(log, 9).empty());

    // Appending gives consecutive sequences and a chain.
    const auto first = log.append(batch(1, 1), SequenceId(1));
    REQUIRE(first);
    CHECK(first->sequence == SequenceId(1));
    CHECK(*first == log.head());
    const auto second = log.append(batch(2, 3), SequenceId(2));
    REQUIRE(second);
    CHECK(second->sequence == SequenceId(4));
    CHECK(second->mac != first->mac);

    const auto records = read_from(log, 1);
    REQUIRE(records.size() == 4);
    for (std::uint64_t i = 0; i < 4; ++i) {
        CHECK(records[i].sequence == SequenceId(i + 1));
        CHECK(records[i].bytes == pending(i + 1).bytes);
        CHECK(records[i].header == RecordHeader{1, 7, 1, keys.identity().key_id});
    }
    CHECK(records.back().mac == second->mac);
    CHECK(read_from(log, 3) == std::vector<Record>(records.begin() + 2, records.end()));
    CHECK(read_from(log, 5).empty());
    CHECK(read_back_from(log, 2) == std::vector<Record>{records[1], records[0]});
    CHECK(read_back_from(log, 99) == std::vector<Record>(records.rbegin(), records.rend()));

    // A cursor shows the log of its moment, and stays at its end.
    auto cursor = log.read(SequenceId(4));
    REQUIRE(cursor);
    REQUIRE(log.append(batch(5, 1), SequenceId(5)));
    CHECK(read_all(**cursor).size() == 1);
    Record ignored;
    CHECK_FALSE((*cursor)->next(ignored).value());

    // What is refused before writing changes nothing and kills nothing.
    const Head before = log.head();
    const auto refused = [&](const std::vector<PendingRecord>& records_given, std::uint64_t expected) {
        const auto result = log.append(records_given, SequenceId(expected));
        REQUIRE_FALSE(result);
        CHECK(result.error().code == ErrorCode::audit_write_failed);
        CHECK_FALSE(result.error().retryable);
        CHECK(log.head() == before);
        CHECK(log.alive());
    };
    refused(batch(6, 1), 5);
    refused(batch(6, 1), 7);
    refused({}, 6);
    refused({PendingRecord{1, ""}}, 6);
    refused({pending(6), PendingRecord{1, std::string(record_bytes_max + 1, 'x')}}, 6);
    refused(std::vector<PendingRecord>(append_records_max + 1, pending(6)), 6);
    refused(std::vector<PendingRecord>(1'100, PendingRecord{1, std::string(record_bytes_max, 'x')}), 6);

    // The largest record fits, bytes of any value come back.
    std::string all_bytes(record_bytes_max, '\0');
    for (std::size_t i = 0; i < all_bytes.size(); ++i)
        all_bytes[i] = static_cast<char>(i % 256);
    const std::vector<PendingRecord> largest{{0xffff, all_bytes}};
    REQUIRE(log.append(largest, SequenceId(6)));
    CHECK(read_from(log, 6).front().bytes == all_bytes);
    CHECK(read_from(log, 6).front().header.type_number == 0xffff);

    // The same facts under the same keys make the same chain, whatever stores them.
    fill(log, 300);
    CHECK(read_from(log, 1).size() == 300);
    const auto report = verify_chain(log, keys.ring());
    REQUIRE(report);
    CHECK(report->chain_valid);
    CHECK(report->events_scanned == 300);
    CHECK(report->head == log.head());
}

}  // namespace ibkr::events::test
