#include "tests/integration/log_damage_support.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "events/catalogue.hpp"
#include "events/event_codec.hpp"
#include "events/log/anchors/anchor_findings.hpp"
#include "events/log/rocksdb/wal_scan.hpp"

namespace ibkr::events::test {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds no_wait{0};
constexpr std::int64_t first_ms = 1'767'600'000'000;

template <class T>
std::vector<T> collect(const LogReader& log) {
    std::vector<T> found;
    for (const Record& record : read_from(log, 1))
        if (const auto event = decode_record(record))
            if (const auto* body = std::get_if<T>(&event->body)) found.push_back(*body);
    return found;
}

}  // namespace

PendingRecord make_log_record(SequenceId at, Body body, Timestamp not_before) {
    Event event;
    event.sequence_id = at;
    event.timestamp = std::max(Timestamp(first_ms + static_cast<std::int64_t>(at.value())), not_before);
    event.event_id = EventId("01900000-0000-7000-8000-" + std::to_string(100'000'000'000ULL + at.value()));
    event.actor.user_id = "engine";
    event.body = std::move(body);
    auto bytes = encode_event(event);
    REQUIRE(bytes);
    return {descriptor(event.body).number, std::move(*bytes)};
}

std::string file_content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

std::vector<std::string> directory_snapshot(const std::string& directory) {
    std::vector<std::string> entries;
    auto entry = fs::recursive_directory_iterator(directory);
    for (; entry != fs::recursive_directory_iterator(); ++entry) {
        const std::string name = entry->path().filename().string();
        if (name == "owner.lock" || name == "LOG" || name.starts_with("LOG.old")) continue;
        if (name == "quarantine") {
            entry.disable_recursion_pending();
            continue;
        }
        std::string line = entry->path().string();
        if (entry->is_regular_file()) line += " " + hex(sha256(file_content(entry->path().string())));
        entries.push_back(line);
    }
    std::ranges::sort(entries);
    return entries;
}

LogUnderTest::LogUnderTest(std::uint64_t count, std::uint64_t remember_at) {
    REQUIRE(prepare_data_directory(data_));
    auto owned = open();
    CHECK(owned.created);
    append_to(owned, remember_at);
    remember_anchor();
    append_to(owned, count);
}

std::string LogUnderTest::wal_path() const {
    const auto newest = newest_wal(path("log"));
    REQUIRE(newest);
    REQUIRE(newest->has_value());
    return (*newest)->path;
}

Result<OwnedLog> LogUnderTest::try_open(const Secret& secret, const LogStore& store) {
    auto lock = OwnerLock::acquire(data_, no_wait);
    REQUIRE(lock);
    return open_or_create_log(*lock, secret, store, make_log_record, options);
}

OwnedLog LogUnderTest::open() {
    auto owned = try_open();
    INFO((owned ? "" : owned.error().message));
    REQUIRE(owned);
    INFO((owned->held ? owned->held->reason : ""));
    REQUIRE_FALSE(owned->held);
    return std::move(*owned);
}

Hold LogUnderTest::held() {
    const auto before = directory_snapshot(data_);
    Hold hold;
    {
        const auto owned = try_open();
        INFO((owned ? "" : owned.error().message));
        REQUIRE(owned);
        REQUIRE(owned->held);
        hold = *owned->held;
        const auto refused = owned->log->append(batch(1, 1), owned->log->head().sequence.next());
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::engine_held);
        CHECK(refused.error().message.find(hold.reason) != std::string::npos);
        CHECK(owned->log->alive());
        CHECK(owned->log->secure_head());
        // Where the chain breaks among the newest records, the hold names the place and reads go beyond it.
        if (hold.readable_head > SequenceId() && hold.reason.find("does not verify") == std::string::npos)
            CHECK(record_at(*owned->log, hold.readable_head).value().has_value());
    }
    CHECK(directory_snapshot(data_) == before);
    return hold;
}

Result<ResumedLog> LogUnderTest::try_resume(bool although_in_order, const Secret& secret,
                                            const LogStore& store) {
    auto lock = OwnerLock::acquire(data_, no_wait);
    REQUIRE(lock);
    return resume_log(*lock, secret, store, make_log_record, options,
                      {"operator", "a test of the loss", although_in_order});
}

Result<void> LogUnderTest::try_rotate(const Secret& from, const Secret& to, const LogStore& store) {
    auto lock = OwnerLock::acquire(data_, no_wait);
    REQUIRE(lock);
    auto owned = open_or_create_log(*lock, from, store, make_log_record, options);
    if (!owned) return failure(owned.error());
    return rotate_key(*lock, *owned, to, make_log_record);
}

ResumedLog LogUnderTest::resume() {
    auto resumed = try_resume();
    INFO((resumed ? "" : resumed.error().message));
    REQUIRE(resumed);
    return std::move(*resumed);
}

void LogUnderTest::append_to(std::uint64_t last) {
    auto owned = open();
    append_to(owned, last);
}

void LogUnderTest::append_in_batches_to(std::uint64_t last) {
    const auto owned = open();
    fill(*owned.log, last);
}

void LogUnderTest::append_to(OwnedLog& owned, std::uint64_t last) {
    for (std::uint64_t next = owned.log->head().sequence.value() + 1; next <= last; ++next) {
        REQUIRE(owned.log->append(batch(next, 1), SequenceId(next)));
        ends_.emplace_back(next, owned.log->wal_position());
    }
}

WalPosition LogUnderTest::end_of(std::uint64_t sequence) const {
    const auto end = std::find_if(ends_.rbegin(), ends_.rend(),
                                  [&](const auto& known) { return known.first == sequence; });
    REQUIRE(end != ends_.rend());
    return end->second;
}

void LogUnderTest::remember_directory(const std::string& name) {
    fs::remove_all(outside(name));
    fs::copy(data_, outside(name), fs::copy_options::recursive);
}

void LogUnderTest::restore_directory(const std::string& name) {
    fs::remove_all(data_);
    fs::copy(outside(name), data_, fs::copy_options::recursive);
}

void check_holds(const OwnedLog& owned, std::uint64_t last) {
    REQUIRE(owned.log->head().sequence.value() >= last);
    const auto records = read_from(*owned.log, 1);
    REQUIRE(records.size() >= last);
    for (const Record& record : records)
        if (record.bytes.starts_with(R"({"body":{"n":)"))  // not one of the log's own
            CHECK(record.bytes == pending(record.sequence.value()).bytes);
    const auto report = verify_chain(*owned.log, owned.keys.ring());
    REQUIRE(report);
    INFO(report->reason);
    CHECK(report->chain_valid);
    CHECK(report->head == owned.log->head());
}

std::uint64_t head_of(const OwnedLog& owned) {
    return owned.log->head().sequence.value();
}

Event newest_event(const LogReader& log) {
    const auto records = read_back_from(log, log.head().sequence.value());
    REQUIRE_FALSE(records.empty());
    auto event = decode_record(records.front());
    REQUIRE(event);
    return std::move(*event);
}

template <>
std::vector<LogTailDiscarded> events_of(const LogReader& log) {
    return collect<LogTailDiscarded>(log);
}
template <>
std::vector<AnchorRewritten> events_of(const LogReader& log) {
    return collect<AnchorRewritten>(log);
}
template <>
std::vector<LogResumed> events_of(const LogReader& log) {
    return collect<LogResumed>(log);
}

void cut_file(const std::string& path, std::uint64_t bytes) {
    const std::uint64_t size = fs::file_size(path);
    REQUIRE(bytes <= size);
    fs::resize_file(path, size - bytes);
}

void append_bytes(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::app) << bytes;
}

void flip_bit(const std::string& path, std::uint64_t offset) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(static_cast<std::streamoff>(offset));
    const int byte = file.get();
    REQUIRE(byte != std::char_traits<char>::eof());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(static_cast<unsigned>(byte) ^ 0x10U));
    REQUIRE(file.good());
}

void zero_bytes(const std::string& path, std::uint64_t offset, std::uint64_t bytes) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    for (std::uint64_t i = 0; i < bytes; ++i)
        file.put('\0');
    REQUIRE(file.good());
}

std::string random_bytes(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::string bytes(count, '\0');
    for (char& byte : bytes)
        byte = static_cast<char>(random() & 0xffU);
    return bytes;
}

std::vector<std::string> table_files(const std::string& log_directory) {
    std::vector<std::string> tables;
    for (const auto& entry : fs::directory_iterator(log_directory))
        if (entry.path().extension() == ".sst") tables.push_back(entry.path().string());
    std::ranges::sort(tables);
    return tables;
}

}  // namespace ibkr::events::test
