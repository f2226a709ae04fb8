#include "cli/compose.hpp"

#include <filesystem>

#include "engine/fold/workflow_projection.hpp"
#include "engine/log_records.hpp"
#include "engine/replay/replay.hpp"
#include "events/crypto/hmac.hpp"
#include "events/event_codec.hpp"
#include "events/log/rocksdb_log.hpp"
#include "io/broker/sim/venue.hpp"
#include "io/calendar/exchange_day.hpp"
#include "io/config/offline_profile.hpp"
#include "projections/rebuild.hpp"

namespace ibkr::cli {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

constexpr std::uint64_t venue_seed = 1;

std::string absolute(const std::string& path) {
    std::error_code failed;
    const auto full = std::filesystem::absolute(path, failed);
    return failed ? path : full.lexically_normal().string();
}

projections::EventSource events_of(events::LogCursor& cursor) {
    return [&cursor, record = events::Record{}](projections::LoggedEvent& next) mutable -> Result<bool> {
        auto more = cursor.next(record);
        if (!more || !*more) return more;
        auto event = events::decode_record(record);
        if (!event) return failure(event.error());
        next.event = std::move(*event);
        next.mac = record.mac;
        return true;
    };
}

}  // namespace

/// Members are released in the reverse order.
struct Composition::Parts {
    engine::SystemClock clock;
    engine::SystemIdSource ids;
    OwnedDirectory directory;
    engine::AccountDirectory accounts;
    engine::WorkflowProjection* workflows = nullptr;
    std::optional<projections::ProjectionStore> store;
    std::unique_ptr<engine::Broker> broker;

    explicit Parts(OwnedDirectory owned)
        : directory(std::move(owned)), accounts([this](const events::AccountId& account) {
              return events::account_hash(directory.log.keys.account_key(), account);
          }) {}
};

Composition::Composition() = default;

Composition::~Composition() {
    gateway_.reset();
    runtime_.reset();
}

Result<std::unique_ptr<Composition>> Composition::open(const io::Config& config,
                                                       const io::Environment& environment) {
    std::unique_ptr<Composition> composition(new Composition());
    if (auto opened = composition->open_parts(config, environment); !opened) return failure(opened.error());
    return composition;
}

namespace {

struct OpenedStore {
    projections::ProjectionStore store;
    engine::WorkflowProjection* workflows = nullptr;
};

Result<OpenedStore, projections::StoreProblem> open_store(const std::string& path) {
    auto workflows = std::make_unique<engine::WorkflowProjection>();
    auto* const kept = workflows.get();
    auto store = projections::ProjectionStore::open(path, engine::all_projections(std::move(workflows)));
    if (!store) return tl::unexpected(store.error());
    return OpenedStore{std::move(*store), kept};
}

Result<OpenedStore> open_or_rebuild(const io::Config& config, const events::LogReader& log) {
    const std::string path = projection_path(config);
    auto opened = open_store(path);
    if (!opened && projections::needs_rebuild(opened.error().condition)) {
        if (auto rebuilt = rebuild_projections(config, log, {}); !rebuilt) return failure(rebuilt.error());
        opened = open_store(path);
    }
    if (!opened) return failure(opened.error().error);
    return std::move(*opened);
}

}  // namespace

Result<void> Composition::open_parts(const io::Config& config, const io::Environment& environment) {
    if (config.offline_profile)
        if (auto home = io::prepare_home(std::filesystem::path(config.key_file).parent_path().string());
            !home)
            return home;
    auto key = io::load_audit_key(config, environment, true);
    if (!key) return failure(key.error());
    auto directory = open_directory(config, *key, true);
    if (!directory) return failure(directory.error());
    parts_ = std::make_unique<Parts>(std::move(*directory));
    auto store = open_or_rebuild(config, *parts_->directory.log.log);
    if (!store) return failure(store.error());
    parts_->store.emplace(std::move(store->store));
    parts_->workflows = store->workflows;
    auto broker = io::SimulatedVenue::open(config.data_directory + "/venue.sqlite3",
                                           io::VenueSettings{venue_seed, parts_->clock, nullptr});
    if (!broker) return failure(broker.error());
    parts_->broker = std::move(*broker);

    const engine::Policies policies = io::policies_of(config, parts_->accounts);
    engine::RuntimeParts runtime_parts{*parts_->directory.log.log,
                                       parts_->directory.log.keys,
                                       *parts_->store,
                                       *parts_->workflows,
                                       *parts_->broker,
                                       parts_->clock,
                                       parts_->ids,
                                       parts_->accounts,
                                       nullptr,
                                       IBKR_VERSION,
                                       key->source == io::KeySource::key_file,
                                       io::exchange_day_start};
    auto runtime = engine::Runtime::open(std::move(runtime_parts), policies);
    if (!runtime) return failure(runtime.error());
    runtime_ = std::move(*runtime);
    gateway_ = std::make_unique<engine::Gateway>(*runtime_);
    return {};
}

Result<io::Config> effective_config(const Globals& globals, const io::Environment& environment) {
    io::Config config;
    if (!globals.config.empty()) {
        auto loaded = io::load_config(globals.config, environment);
        if (!loaded) return loaded;
        config = std::move(*loaded);
    } else {
        auto home = io::offline_home(environment);
        if (!home) return failure(home.error());
        config = io::offline_profile(*home);
    }
    if (!globals.data_dir.empty()) {
        config.data_directory = absolute(globals.data_dir);
        config.projection_path.clear();
    }
    return config;
}

std::string projection_path(const io::Config& config) {
    return config.projection_path.empty() ? config.data_directory + "/projections.sqlite3"
                                          : config.projection_path;
}

Result<OwnedDirectory> open_directory(const io::Config& config, io::AuditKey& key, bool may_create) {
    if (config.data_directory.empty())
        return failure(ErrorCode::config_invalid, "'log.directory' is required",
                       "Set log.directory in the configuration, or give --data-dir.");
    if (!may_create && !events::has_log(config.data_directory))
        return failure(ErrorCode::config_invalid, "the data directory holds no log",
                       "Check --data-dir; any other command makes the log.");
    if (auto prepared = events::prepare_data_directory(config.data_directory); !prepared)
        return failure(prepared.error());
    auto lock = events::OwnerLock::acquire(config.data_directory);
    if (!lock) return failure(lock.error());
    engine::SystemClock clock;
    engine::SystemIdSource ids;
    auto log = io::open_under(key, [&](const events::Secret& secret) {
        return events::open_or_create_log(*lock, secret, events::rocksdb_store(),
                                          engine::log_record_maker(clock, ids));
    });
    if (!log) return failure(log.error());
    if (!log->held)
        if (auto settled = io::settle_key_files(config, key); !settled) return failure(settled.error());
    return OwnedDirectory{std::move(*lock), std::move(*log)};
}

Result<projections::RebuildReport> rebuild_projections(const io::Config& config, const events::LogReader& log,
                                                       const projections::RebuildProgress& progress) {
    auto cursor = log.read(events::SequenceId(1));
    if (!cursor) return failure(cursor.error());
    return projections::rebuild(projection_path(config),
                                engine::all_projections(std::make_unique<engine::WorkflowProjection>()),
                                events_of(**cursor), progress);
}

Result<Inspection> inspect(const io::Config& config, const io::Environment& environment) {
    if (config.data_directory.empty())
        return failure(ErrorCode::config_invalid, "'log.directory' is required",
                       "Set log.directory in the configuration, or give --data-dir.");
    auto key = io::load_audit_key(config, environment, false);
    if (!key) return failure(key.error());
    auto log = io::open_under(*key, [&](const events::Secret& secret) {
        return events::inspect_log(config.data_directory, secret, events::rocksdb_store());
    });
    if (!log) return failure(log.error());
    return Inspection{std::move(*log), key->source};
}

}  // namespace ibkr::cli
