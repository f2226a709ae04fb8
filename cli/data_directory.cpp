#include "cli/data_directory.hpp"

#include <filesystem>
#include <functional>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/log_records.hpp"
#include "engine/ports/clock.hpp"
#include "events/log/directory/files.hpp"
#include "events/log/rocksdb/rocksdb_log.hpp"
#include "io/config/offline_profile.hpp"
#include "projections/read_store.hpp"

namespace ibkr::cli {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

Result<void> check_named(const io::Config& config) {
    if (!config.data_directory.empty()) return {};
    return failure(ErrorCode::config_invalid, "'log.directory' is required",
                   "Set log.directory in the configuration, or give --data-dir.");
}

constexpr int rotations_met_max = 10;  ///< while one inspection opens the log

bool same(const io::AuditKey& a, const io::AuditKey& b) {
    const auto equal = [](const events::Secret& one, const events::Secret& other) {
        return events::equal_in_constant_time(one.bytes(), other.bytes());
    };
    return equal(a.secret, b.secret) && a.next.has_value() == b.next.has_value() &&
           (!a.next || equal(*a.next, *b.next));
}

using OpenLog = std::function<Result<events::OwnedLog>(const events::OwnerLock&, const events::Secret&,
                                                       const events::RecordMaker&)>;

/// The room that an earlier owner kept aside is there before the log is opened, which needs some itself.
Result<OwnedDirectory> open_locked(const io::Config& config, const io::Environment& environment,
                                   bool may_create, events::OwnerLock lock, const OpenLog& open) {
    auto loaded = io::load_audit_key(config, environment, may_create);
    if (!loaded) return failure(loaded.error());
    io::AuditKey& key = *loaded;
    engine::SystemClock clock;
    engine::SystemIdSource ids;
    std::unique_ptr<events::DiskReserve> disk;
    const auto reserve = [&] {
        disk = events::DiskReserve::open(config.data_directory, config.reserve_mb);
        static_cast<void>(disk->room());
    };
    if (events::path_exists(config.data_directory + "/reserve")) reserve();
    auto log = io::open_under(key, [&](const events::Secret& secret) {
        return open(lock, secret, engine::log_record_maker(clock, ids));
    });
    if (!log) return failure(io::with_former_key_advice(config, key.source, log.error()));
    if (!log->held)
        if (auto settled = io::settle_key_files(config, key); !settled) return failure(settled.error());
    if (disk == nullptr && !log->held) reserve();
    return OwnedDirectory{std::move(lock), std::move(disk), std::move(*log), key.source};
}

}  // namespace

bool is_of_another_user(const std::string& data_directory) {
    struct stat facts{};
    return ::stat(data_directory.c_str(), &facts) == 0 && facts.st_uid != ::geteuid();
}

std::string projection_path(const io::Config& config) {
    return config.projection_path.empty() ? config.data_directory + "/projections.sqlite3"
                                          : config.projection_path;
}

events::StartOptions start_options(const io::Config& config) {
    events::StartOptions options;
    options.anchors = config.anchors;
    auto store = projections::ReadStore::open(projection_path(config));
    if (!store) return options;
    const auto checkpoint = store->checkpoint();
    if (checkpoint && checkpoint->sequence.value() > 0)
        options.projection = events::Head{checkpoint->sequence, checkpoint->mac};
    return options;
}

Result<events::OwnerLock> lock_directory(const io::Config& config, const io::Environment& environment,
                                         bool may_create, std::chrono::milliseconds wait) {
    if (auto named = check_named(config); !named) return failure(named.error());
    if (!may_create && !events::has_log(config.data_directory))
        return failure(ErrorCode::config_invalid, "the data directory holds no log",
                       "Check --data-dir; any other command makes the log.");
    if (config.offline_profile)
        if (auto home = io::prepare_home(std::filesystem::path(config.key_file).parent_path().string());
            !home)
            return failure(home.error());
    // Looked at before anything is made; the one that counts is read under the lock.
    if (auto key = io::load_audit_key(config, environment, may_create); !key) return failure(key.error());
    if (auto prepared = events::prepare_data_directory(config.data_directory); !prepared)
        return failure(prepared.error());
    return events::OwnerLock::acquire(config.data_directory, wait);
}

Result<OwnedDirectory> open_directory(const io::Config& config, const io::Environment& environment,
                                      bool may_create, std::optional<events::OwnerLock> lock) {
    if (!lock) {
        auto taken = lock_directory(config, environment, may_create, events::owner_lock_wait_default);
        if (!taken) return failure(taken.error());
        lock.emplace(std::move(*taken));
    }
    const auto open = [&](const events::OwnerLock& owner, const events::Secret& secret,
                          const events::RecordMaker& make_record) {
        return events::open_or_create_log(owner, secret, events::rocksdb_store(), make_record,
                                          start_options(config));
    };
    return open_locked(config, environment, may_create, std::move(*lock), open);
}

Result<OwnedDirectory> resume_directory(const io::Config& config, const io::Environment& environment,
                                        const events::ResumeRequest& request, events::OwnerLock lock) {
    std::optional<events::LogResumed> record;
    std::string quarantine;
    const auto open = [&](const events::OwnerLock& owner, const events::Secret& secret,
                          const events::RecordMaker& make_record) -> Result<events::OwnedLog> {
        auto resumed = events::resume_log(owner, secret, events::rocksdb_store(), make_record,
                                          start_options(config), request);
        if (!resumed) return failure(resumed.error());
        record = std::move(resumed->record);
        quarantine = std::move(resumed->quarantine);
        return std::move(resumed->owned);
    };
    auto directory = open_locked(config, environment, false, std::move(lock), open);
    if (!directory) return directory;
    directory->resumed = std::move(record);
    directory->quarantine = std::move(quarantine);
    return directory;
}

Result<Inspection> inspect(const io::Config& config, const io::Environment& environment,
                           const events::StartOptions& options) {
    if (auto named = check_named(config); !named) return failure(named.error());
    auto key = io::load_audit_key(config, environment, false);
    if (!key) return failure(key.error());
    for (int tries = 1;; ++tries) {
        auto log = io::open_under(*key, [&](const events::Secret& secret) {
            return events::inspect_log(config.data_directory, secret, events::rocksdb_store(), options);
        });
        if (log) return Inspection{std::move(*log), key->source};
        if (tries < rotations_met_max && log.error().code == ErrorCode::log_key_mismatch) {
            auto now = io::load_audit_key(config, environment, false);
            if (now && !same(*now, *key)) {
                key = std::move(now);
                continue;
            }
        }
        return failure(io::with_former_key_advice(config, key->source, log.error()));
    }
}

}  // namespace ibkr::cli
