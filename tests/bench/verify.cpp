// Design section 12, verify: the whole log verified on two threads against the bare work of the same run, on
// the same store: two threads that iterate over half of the rows each and compute SHA-256 and HMAC-SHA256 of
// each, comparing nothing. Peak memory is shown for a short and a long log: it must not grow with the length.
#include <array>
#include <fstream>
#include <memory>
#include <thread>

#include <malloc.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include "events/crypto/bytes.hpp"
#include "events/log/chain/chain.hpp"
#include "events/log/rocksdb/rocksdb_log.hpp"
#include "tests/bench/bench.hpp"

namespace {

using namespace ibkr;
using bench::must;

constexpr int rounds_max = 9;
constexpr double seconds_max = 20;  // of each length
constexpr unsigned threads = 2;
constexpr std::size_t record_bytes = 400;
constexpr std::size_t value_prefix_bytes = events::record_header_bytes + std::tuple_size_v<events::Mac>;
constexpr std::size_t mac_input_bytes = 122;  // docs/log-format.md, "Chain"
constexpr std::size_t readahead_bytes = std::size_t{1} << 20U;

/// Canonical JSON of about the size of an event; no two are alike.
events::PendingRecord make_record(std::uint64_t number) {
    std::string bytes = fmt::format("{{\"body\":{{\"number\":\"{:020}\"}},\"fill\":\"", number);
    std::uint64_t random = number * 0x9e3779b97f4a7c15U;
    while (bytes.size() < record_bytes - 2) {
        random = random * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
        bytes.push_back(static_cast<char>('a' + (random >> 33U) % 26));
    }
    return {7, bytes + "\"}"};
}

void fill(const std::string& path, const events::LogKeys& keys, std::uint64_t count) {
    auto log = must(events::rocksdb_store().create(path, keys), "log");
    for (std::uint64_t next = 1; next <= count;) {
        std::vector<events::PendingRecord> batch;
        for (; batch.size() < events::append_records_max && next <= count; ++next)
            batch.push_back(make_record(next));
        must(log->append(batch, log->head().sequence.next()), "append");
    }
    // The next start moves what stands in the write-ahead log into tables, where all of it is read from.
    log.reset();
    must(events::rocksdb_store().open(path, keys), "open");
}

/// Seconds to verify the log, opened anew.
double verify(const std::string& path, const events::LogKeys& keys, std::uint64_t count) {
    const auto log = must(events::rocksdb_store().open_readable(path, keys), "open");
    const bench::Stopwatch time;
    const auto report =
        must(events::verify_chain(*log, keys.ring(), {events::SequenceId(1), threads, {}}), "verify");
    const double seconds = time.seconds();
    if (!report.chain_valid || report.events_scanned != count)
        bench::give_up("verify", "the log is not valid");
    return seconds;
}

void must_do(int done) {
    if (done != 1) bench::give_up("bare loop", "the crypto library failed");
}

/// One thread's half: rows `from` to `to`, a SHA-256 of each record's bytes and a keyed HMAC of as many bytes
/// as a record's mac covers.
class BareLoop {
public:
    BareLoop() {
        const std::array<unsigned char, 32> key{1};
        std::string digest = "SHA256";
        const std::array<OSSL_PARAM, 2> parameters{
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
            OSSL_PARAM_construct_end()};
        must_do(EVP_MAC_init(mac_.get(), key.data(), key.size(), parameters.data()));
        must_do(EVP_DigestInit_ex2(hash_.get(), sha256_.get(), nullptr));
    }

    void run(rocksdb::DB& db, std::uint64_t from, std::uint64_t to) {
        rocksdb::ReadOptions options;
        options.readahead_size = readahead_bytes;
        options.fill_cache = false;
        const std::unique_ptr<rocksdb::Iterator> row(db.NewIterator(options));
        std::string key;
        events::append_be64(key, from);
        std::array<unsigned char, mac_input_bytes> input{};
        std::array<unsigned char, 32> digest{};
        std::size_t length = 0;
        for (row->Seek(key); row->Valid() && rows != to - from + 1; row->Next()) {
            const rocksdb::Slice value = row->value();
            const std::size_t size = value.size() - value_prefix_bytes;
            must_do(EVP_DigestInit_ex2(hash_.get(), nullptr, nullptr));
            must_do(EVP_DigestUpdate(hash_.get(), value.data() + value_prefix_bytes, size));
            must_do(EVP_DigestFinal_ex(hash_.get(), input.data(), nullptr));
            must_do(EVP_MAC_init(mac_.get(), nullptr, 0, nullptr));
            must_do(EVP_MAC_update(mac_.get(), input.data(), input.size()));
            must_do(EVP_MAC_final(mac_.get(), digest.data(), &length, digest.size()));
            ++rows;
            bytes += value.size();
        }
    }

    std::uint64_t rows = 0, bytes = 0;

private:
    template <auto Free>
    struct Freed {
        template <class T>
        void operator()(T* held) const noexcept {
            Free(held);
        }
    };
    std::unique_ptr<EVP_MD, Freed<EVP_MD_free>> sha256_{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> hash_{EVP_MD_CTX_new()};
    std::unique_ptr<EVP_MAC, Freed<EVP_MAC_free>> hmac_{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    std::unique_ptr<EVP_MAC_CTX, Freed<EVP_MAC_CTX_free>> mac_{EVP_MAC_CTX_new(hmac_.get())};
};

struct Bare {
    double seconds = 0;
    std::uint64_t rows = 0, bytes = 0;
};

Bare bare(const std::string& path, std::uint64_t count) {
    rocksdb::DB* raw = nullptr;
    const auto status = rocksdb::DB::OpenForReadOnly({}, path, &raw);
    const std::unique_ptr<rocksdb::DB> db(raw);
    if (!status.ok()) bench::give_up("bare RocksDB", status.ToString());
    BareLoop first, second;
    const bench::Stopwatch time;
    {
        const std::jthread helper([&] { second.run(*db, count / 2 + 1, count); });
        first.run(*db, 1, count / 2);
    }
    const Bare done{time.seconds(), first.rows + second.rows, first.bytes + second.bytes};
    if (done.rows != count) bench::give_up("bare RocksDB", "rows are missing");
    return done;
}

/// This process's peak resident memory since the last `reset_peak`, in MiB.
double peak_mib() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (word == "VmHWM:") {
            double kib = 0;
            status >> kib;
            return kib / 1024;
        }
    bench::give_up("peak memory", "the system does not tell it");
}
void reset_peak() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

void run(std::uint64_t count) {
    const bench::TemporaryDirectory directory;
    const events::Secret secret(std::string(32, 's'));
    const auto keys = must(events::LogKeys::create(secret), "keys");
    const std::string path = directory / "log";
    fill(path, keys, count);
    bench::Comparison events_per_second;
    double peak_before = 0, peak_after = 0;
    Bare last;
    bench::Rounds rounds(rounds_max, seconds_max);
    while (rounds.next()) {
        malloc_trim(0);  // what writing the log left behind is not verification's
        reset_peak();
        peak_before = peak_mib();
        const double own = verify(path, keys, count);
        peak_after = peak_mib();
        last = bare(path, count);
        // The first round warms up.
        if (rounds.done() > 1)
            events_per_second.add(static_cast<double>(count) / own,
                                  static_cast<double>(count) / last.seconds);
    }
    fmt::print("\nverify of {} events of {} B, {} threads: {} rounds\n", count, record_bytes, threads,
               rounds.done() - 1);
    bench::print_head();
    bench::print_row("verify, events/s", bench::figure_of(events_per_second.ours));
    bench::print_row("bare iterate + SHA-256 + HMAC, events/s",
                     bench::figure_of(events_per_second.reference));
    bench::print_row("ratio", events_per_second.ratio(), 2, ">= 0.5");
    fmt::print("in both: {} rows, {} B of values; peak memory of verify: {:.1f} MiB, {:.1f} MiB before it\n",
               last.rows, last.bytes, peak_after, peak_before);
}

}  // namespace

int main() {
    run(300'000);
    run(1'200'000);
}
