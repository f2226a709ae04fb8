#include "events/log/export/export.hpp"

#include <sstream>

#include "events/json/canonical_json.hpp"
#include "events/log/export/export_lines.hpp"
#include "events/log/memory_log.hpp"
#include "tests/unit/events/export_text.hpp"
#include "tests/unit/events/log_conformance.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

std::string exported(const MemoryLog& log, const ExportRange& range = {}) {
    std::string text;
    const auto done = write_export(log, log.keys(), range, [&](std::string_view part) -> Result<void> {
        text += part;
        return {};
    });
    REQUIRE(done);
    return text;
}

Result<VerifyReport> checked(const std::string& text, const Secret& secret = audit_secret()) {
    std::istringstream stream(text);
    return verify_export(stream, ring_from_secret(secret));
}

/// Not verified, in whatever way the damage shows.
bool caught(const std::string& text) {
    const auto report = checked(text);
    return !report || !report->chain_valid;
}

}  // namespace

TEST_CASE("an export verifies and gives its records back", "[export]") {
    MemoryLog log(fixed_keys());
    fill(log, 30);
    const std::string text = exported(log);
    const auto report = checked(text);
    REQUIRE(report);
    CHECK(report->chain_valid);
    CHECK(report->events_scanned == 30);
    CHECK(report->head == log.head());

    std::istringstream stream(text);
    auto reader = ExportReader::open(stream, ring_from_keys(log.keys().ring()));
    REQUIRE(reader);
    CHECK((*reader)->description().head == log.head());
    CHECK(read_all(**reader) == read_from(log, 1));
    Record after;
    CHECK_FALSE((*reader)->next(after).value());
}

TEST_CASE("every line of an export is canonical and shows its event", "[export]") {
    MemoryLog log(fixed_keys());
    const std::string text = R"({"event_id":"x","message":"\"quoted\" \\ back\n\u0001 ünïcode"})";
    REQUIRE(is_canonical_json(text));
    const std::vector<PendingRecord> records{{258, text}};
    REQUIRE(log.append(records, SequenceId(1)));
    const auto lines = lines_of(exported(log));
    REQUIRE(lines.size() == 3);
    JsonLimits limits = JsonLimits::own();
    for (const std::string& line : lines)
        CHECK(is_canonical_json(line.substr(0, line.size() - 1), limits));
    CHECK(lines[1].find("\"event\":" + text + ",\"header\":\"01000102") != std::string::npos);
    CHECK(checked(joined(lines))->chain_valid);
}

TEST_CASE("a part of a log verifies from the mac before it", "[export]") {
    MemoryLog log(fixed_keys());
    fill(log, 12);
    for (const auto& [from, to] : {std::pair{1, 1}, {1, 12}, {5, 9}, {12, 12}}) {
        const auto report = checked(exported(log, {SequenceId(from), SequenceId(to)}));
        REQUIRE(report);
        CHECK(report->chain_valid);
        CHECK(report->events_scanned == static_cast<std::uint64_t>(to - from + 1));
        CHECK(report->head.sequence == SequenceId(to));
    }
    const auto refused = [&](ExportRange range) {
        const auto done =
            write_export(log, log.keys(), range, [](std::string_view) -> Result<void> { return {}; });
        return !done && done.error().code == ErrorCode::config_invalid;
    };
    CHECK(refused({SequenceId(0), {}}));
    CHECK(refused({SequenceId(13), {}}));
    CHECK(refused({SequenceId(1), SequenceId(13)}));
    CHECK(refused({SequenceId(5), SequenceId(4)}));
    const MemoryLog empty(fixed_keys());
    CHECK_FALSE(write_export(empty, empty.keys(), {}, [](std::string_view) -> Result<void> { return {}; }));
}

TEST_CASE("every changed byte of an export is caught", "[export]") {
    MemoryLog log(fixed_keys());
    fill(log, 4);
    const std::string text = exported(log, {SequenceId(2), SequenceId(3)});
    REQUIRE_FALSE(caught(text));
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const int change : {0x01, 0x20, 0x80}) {
            std::string damaged = text;
            damaged[i] = static_cast<char>(damaged[i] ^ change);
            if (!caught(damaged)) FAIL("byte " << i << " changed by " << change);
        }
        std::string shorter = text;
        shorter.erase(i, 1);
        if (!caught(shorter)) FAIL("byte " << i << " removed");
        std::string longer = text;
        longer.insert(i, 1, ' ');
        if (!caught(longer)) FAIL("space inserted at " << i);
        if (!caught(text.substr(0, i))) FAIL("cut to " << i << " bytes");
    }
    CHECK(caught(text + "\n"));
    CHECK(caught(text + text));
}

TEST_CASE("dropped, doubled and swapped lines are caught", "[export]") {
    MemoryLog log(fixed_keys());
    fill(log, 6);
    const auto lines = lines_of(exported(log));
    REQUIRE(lines.size() == 8);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        auto changed = lines;
        changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK(caught(joined(changed)));
        changed = lines;
        changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
        CHECK(caught(joined(changed)));
        for (std::size_t k = i + 1; k < lines.size(); ++k) {
            changed = lines;
            std::swap(changed[i], changed[k]);
            CHECK(caught(joined(changed)));
        }
    }
}

TEST_CASE("an event that says something else than its bytes is caught", "[export]") {
    MemoryLog log(fixed_keys());
    fill(log, 1);
    auto lines = lines_of(exported(log));
    const std::size_t at = lines[1].find("\"event\":{\"body\":{\"n\":1}");
    REQUIRE(at != std::string::npos);
    lines[1][at + 21] = '2';
    const auto report = checked(joined(lines));
    REQUIRE(report);
    CHECK_FALSE(report->chain_valid);
    CHECK(report->first_break_at_sequence == SequenceId(1));
    CHECK(report->events_scanned == 1);
}

TEST_CASE("a break names its record, a wrong last line the file", "[export]") {
    MemoryLog log(fixed_keys());
    fill(log, 5);
    log.tamper(SequenceId(3), [](Record& record) { record.mac[5] ^= 1; });
    const auto broken = checked(exported(log));
    REQUIRE(broken);
    CHECK(broken->first_break_at_sequence == SequenceId(3));
    CHECK(broken->first_break_event_id == "01900000-0000-7000-8000-100000000003");
    CHECK(broken->events_scanned == 3);

    MemoryLog good(fixed_keys());
    fill(good, 5);
    auto lines = lines_of(exported(good));
    lines.back()[20] = lines.back()[20] == '0' ? '1' : '0';
    const auto report = checked(joined(lines));
    REQUIRE(report);
    CHECK_FALSE(report->chain_valid);
    CHECK_FALSE(report->first_break_at_sequence);
    CHECK(report->events_scanned == 5);
}

TEST_CASE("an export is checked only under its own key and form", "[export]") {
    MemoryLog log(fixed_keys());
    fill(log, 2);
    const std::string text = exported(log);
    CHECK(checked(text, Secret{std::string(32, 'w')}).error().code == ErrorCode::log_key_mismatch);
    std::string newer = text;
    newer.replace(newer.find("\"export\":1"), 10, "\"export\":2");
    CHECK(checked(newer).error().code == ErrorCode::log_version_unsupported);
    CHECK_FALSE(checked("")->chain_valid);
    CHECK_FALSE(checked("\n")->chain_valid);
    CHECK_FALSE(checked(std::string(1'000'000, '{'))->chain_valid);
    CHECK_FALSE(checked(lines_of(text)[0] + std::string(1'000'000, 'x'))->chain_valid);
    CHECK_FALSE(checked(lines_of(text)[0] + std::string(1'000'000, '{') + "\n")->chain_valid);

    const auto others = LogKeys::create(audit_secret());
    REQUIRE(others);
    std::istringstream stream(text);
    CHECK(verify_export(stream, ring_from_keys(others->ring())).error().code == ErrorCode::log_key_mismatch);
}

TEST_CASE("an export with a secret marker does not begin to leave", "[export]") {
    MemoryLog log(fixed_keys());
    fill(log, 3);
    const std::string marked =
        GENERATE(as<std::string>{}, "Bearer abc", "x client_secret y", "/home/someone", R"(C:\\Users\\x)");
    const std::vector<PendingRecord> records{{1, "{\"text\":\"" + marked + "\"}"}};
    REQUIRE(log.append(records, SequenceId(4)));
    std::size_t left = 0;
    const auto done = write_export(log, log.keys(), {}, [&](std::string_view part) -> Result<void> {
        left += part.size();
        return {};
    });
    REQUIRE_FALSE(done);
    CHECK(done.error().code == ErrorCode::output_unsafe);
    CHECK(left == 0);
    CHECK_FALSE(caught(exported(log, {SequenceId(1), SequenceId(3)})));
}

TEST_CASE("a sink's error ends the export", "[export]") {
    MemoryLog log(fixed_keys());
    fill(log, 3);
    int calls = 0;
    const auto done = write_export(log, log.keys(), {}, [&](std::string_view) -> Result<void> {
        if (++calls < 3) return {};
        return failure(ErrorCode::audit_write_failed, "no space");
    });
    CHECK(done.error().code == ErrorCode::audit_write_failed);
    CHECK(calls == 3);
}

TEST_CASE("a record that is not canonical JSON is not exported", "[export]") {
    const std::string bytes =
        GENERATE(as<std::string>{}, "{ }", "[]", "{\"a\":1.5}", "\xff", "{\"b\":1,\"a\":2}");
    MemoryLog log(fixed_keys());
    const std::vector<PendingRecord> records{{1, bytes}};
    REQUIRE(log.append(records, SequenceId(1)));
    const auto done = write_export(log, log.keys(), {}, [](std::string_view) -> Result<void> { return {}; });
    CHECK(done.error().code == ErrorCode::audit_chain_invalid);
}

TEST_CASE("the largest record can be exported", "[export]") {
    MemoryLog log(fixed_keys());
    // Quotes are the worst case: escaped once in the record, twice in the export.
    std::string text = "{\"t\":\"";
    while (text.size() < record_bytes_max - 4)
        text += "\\\"";
    text += "\"}";
    const std::vector<PendingRecord> records{{1, text}};
    REQUIRE(log.append(records, SequenceId(1)));
    CHECK_FALSE(caught(exported(log)));
}
