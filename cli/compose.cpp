#include "cli/compose.hpp"

#include <filesystem>
#include <optional>
#include <utility>

#include "engine/fold/catch_up.hpp"
#include "engine/lost_orders.hpp"
#include "events/crypto/hmac.hpp"
#include "events/redaction/redaction.hpp"
#include "io/broker/sim/unreadable_venue.hpp"
#include "io/broker/sim/venue.hpp"
#include "io/calendar/exchange_day.hpp"
#include "io/config/offline_profile.hpp"

namespace ibkr::cli {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

constexpr std::uint64_t venue_seed = 1;
constexpr std::size_t reason_bytes_max = 500;  ///< of a resumption, as recorded

std::string absolute(const std::string& path) {
    std::error_code failed;
    const auto full = std::filesystem::absolute(path, failed);
    return failed ? path : full.lexically_normal().string();
}

tl::unexpected<events::Error> no_log() {
    return failure(ErrorCode::config_invalid, "the data directory holds no log",
                   "Check --data-dir; any other command makes the log.");
}

}  // namespace

/// Members are released in the reverse order.
struct Composition::Parts {
    engine::SystemClock clock;
    engine::SystemIdSource ids;
    OwnedDirectory directory;
    engine::AccountDirectory accounts;
    std::optional<ReadModels> models;
    std::optional<projections::ReadPool> read_pool;
    std::unique_ptr<engine::Broker> broker;
    std::optional<UnfinishedResumption> unfinished;
    std::size_t found_in_models = 0;
    ReadModelsState state_of_models = ReadModelsState::unreadable;

    explicit Parts(OwnedDirectory owned)
        : directory(std::move(owned)), accounts([this](const events::AccountId& account) {
              return events::account_hash(directory.log.keys.account_key(), account);
          }) {}

    [[nodiscard]] bool held() const { return directory.log.held.has_value(); }
    [[nodiscard]] const events::Log& log() const { return *directory.log.log; }

    [[nodiscard]] Result<void> open_models(const io::Config& config,
                                           const projections::RebuildProgress& progress);
    /// What is still to be recorded of a resumption; nothing when there is none.
    [[nodiscard]] Result<std::optional<engine::AfterResumption>> after_resumption(
        const events::ResumeRequest* request);
};

Result<void> Composition::Parts::open_models(const io::Config& config,
                                             const projections::RebuildProgress& progress) {
    if (held()) {
        auto opened = open_read_models_of_held(config, log());
        if (!opened) return failure(opened.error());
        models.emplace(std::move(*opened));
        return {};
    }
    auto found = UnfinishedResumption::find(config, log().identity().branch);
    if (!found) return failure(found.error());
    unfinished.emplace(std::move(*found));
    // What models knew beyond the log they must forget: they are what the log folds to.
    const auto rebuild = unfinished->due() ? Rebuild::always : Rebuild::when_needed;
    auto opened = open_read_models(config, log(), rebuild, progress);
    if (!opened) return failure(opened.error());
    models.emplace(std::move(*opened));
    return {};
}

Result<std::optional<engine::AfterResumption>> Composition::Parts::after_resumption(
    const events::ResumeRequest* request) {
    if (held() || !unfinished->due()) return std::nullopt;
    if (auto folded = engine::catch_up(log(), models->store); !folded) return failure(folded.error());
    auto found = unfinished->found(models->store);
    if (!found) return failure(found.error());
    found_in_models = found->orders.size();
    state_of_models = found->state;
    engine::AfterResumption after;
    after.actor = request != nullptr ? request->actor : "engine";
    after.reason = request != nullptr ? request->reason : "a resumption that was cut off is finished";
    after.found = std::move(found->orders);
    return std::optional(std::move(after));
}

Composition::Composition() = default;

Composition::~Composition() {
    gateway_.reset();
    runtime_.reset();
}

Result<std::unique_ptr<Composition>> Composition::open(const io::Config& config,
                                                       const io::Environment& environment,
                                                       const projections::RebuildProgress& progress,
                                                       OwnerOptions options,
                                                       std::optional<events::OwnerLock> lock) {
    std::unique_ptr<Composition> composition(new Composition());
    if (auto opened =
            composition->open_parts(config, environment, nullptr, progress, options, std::move(lock));
        !opened)
        return failure(opened.error());
    return composition;
}

std::string Composition::log_id() const {
    return parts_->log().identity().log_id_hex();
}

Result<void> Composition::open_parts(const io::Config& config, const io::Environment& environment,
                                     Resumption* resumption, const projections::RebuildProgress& progress,
                                     OwnerOptions options, std::optional<events::OwnerLock> lock) {
    const events::ResumeRequest* const request = resumption != nullptr ? &resumption->request : nullptr;
    auto directory = resumption != nullptr ? resume_directory(config, environment, resumption->request,
                                                              std::move(resumption->lock))
                                           : open_directory(config, environment, true, std::move(lock));
    if (!directory) return failure(directory.error());
    parts_ = std::make_unique<Parts>(std::move(*directory));
    notes_ = parts_->directory.log.notes;
    if (auto opened = parts_->open_models(config, progress); !opened) return opened;
    if (parts_->models->rebuilt) notes_.push_back(describe_rebuild(*parts_->models->rebuilt));
    auto broker = io::SimulatedVenue::open(config.data_directory + "/venue.sqlite3",
                                           io::VenueSettings{venue_seed, parts_->clock, nullptr});
    if (!broker && broker.error().code != ErrorCode::broker_backend_unavailable)
        return failure(broker.error());
    if (broker) {
        parts_->broker = std::move(*broker);
    } else {
        notes_.push_back("no order can be sent: " + broker.error().message);
        parts_->broker = std::make_unique<io::UnreadableVenue>(std::move(broker.error()));
    }
    auto resumed = parts_->after_resumption(request);
    if (!resumed) return failure(resumed.error());
    return open_runtime(config, options, std::move(*resumed));
}

Result<void> Composition::open_runtime(const io::Config& config, OwnerOptions options,
                                       std::optional<engine::AfterResumption> resumed) {
    Parts& parts = *parts_;
    const engine::Policies policies = io::policies_of(config, parts.accounts);
    const auto look_at_anchors = [&log = parts.directory.log, config] {
        return events::compare_anchors(config.data_directory, *log.log, log.keys.ring(),
                                       start_options(config));
    };
    const bool key_is_stored = parts.directory.key_source == io::KeySource::key_file;
    // The read models of a held log may be in memory alone.
    if (options.resident && !parts.held()) parts.read_pool.emplace(projection_path(config));
    engine::RuntimeParts runtime_parts{*parts.directory.log.log,
                                       parts.directory.log.keys,
                                       parts.models->store,
                                       *parts.models->workflows,
                                       *parts.broker,
                                       parts.clock,
                                       parts.ids,
                                       parts.accounts,
                                       options.suspension,
                                       IBKR_VERSION,
                                       key_is_stored,
                                       io::exchange_day_start,
                                       parts.directory.log.held,
                                       parts.directory.disk.get(),
                                       look_at_anchors,
                                       std::move(resumed),
                                       config.limits,
                                       parts.read_pool ? &*parts.read_pool : nullptr,
                                       options.paused};
    auto runtime = engine::Runtime::open(std::move(runtime_parts), policies);
    if (!runtime) return failure(runtime.error());
    runtime_ = std::move(*runtime);
    gateway_ = std::make_unique<engine::Gateway>(*runtime_);
    notes_.insert(notes_.end(), runtime_->notes().begin(), runtime_->notes().end());
    return parts.unfinished ? parts.unfinished->finish() : Result<void>{};
}

Result<ReadModelsState> Composition::read_models_state(const io::Config& config) const {
    const auto found = found_in_models(projection_path(config), parts_->models->store);
    if (!found) return failure(found.error());
    return found->state;
}

std::optional<projections::RebuildReport> Composition::rebuilt() const {
    return parts_->models->rebuilt;
}

OwnedDirectory Composition::release(std::unique_ptr<Composition> composition) {
    composition->gateway_.reset();
    composition->runtime_.reset();
    const std::unique_ptr<Parts> parts = std::move(composition->parts_);
    return std::move(parts->directory);
}

Result<ReadModelsState> Composition::check_resumable(const io::Config& config) {
    const events::Hold* const hold = runtime_->held();
    if (!hold)
        return failure(ErrorCode::config_invalid, "the log is not held: there is nothing to resume",
                       "Go on as usual; 'ibkr-agent health' shows how the gateway stands.");
    if (!hold->can_resume) return failure(hold->error());
    engine::AccountDirectory& accounts = parts_->accounts;
    const auto at_broker = engine::orders_unknown_to_log(*parts_->broker, parts_->models->store, accounts,
                                                         runtime_->log_prefix());
    if (!at_broker) return failure(at_broker.error());
    if (auto recordable = engine::can_record(*at_broker); !recordable) return failure(recordable.error());
    const auto in_models = found_in_models(projection_path(config), parts_->models->store);
    if (!in_models) return failure(in_models.error());
    if (auto recordable = engine::can_record(in_models->orders); !recordable)
        return failure(recordable.error());
    return in_models->state;
}

Result<Composition::Resumption> Composition::begin_resumption(const io::Config& config,
                                                              const io::Environment& environment,
                                                              events::ResumeRequest request,
                                                              const projections::RebuildProgress& progress) {
    auto held = open(config, environment, progress);
    if (!held) return failure(held.error());
    const auto models = (*held)->check_resumable(config);
    if (!models) return failure(models.error());
    const Parts& parts = *(*held)->parts_;
    request.although_in_order = !parts.held();
    const std::string note =
        *models == ReadModelsState::complete ? "" : " (read models: " + std::string(to_string(*models)) + ")";
    request.reason =
        events::Redactor(parts.accounts.raw_ids()).text(request.reason, reason_bytes_max - note.size()) +
        note;
    const std::uint32_t branch = parts.log().identity().branch;
    OwnedDirectory directory = release(std::move(*held));
    if (auto begun = UnfinishedResumption::begin(config, branch); !begun) return failure(begun.error());
    return Resumption{std::move(request), std::move(directory.lock)};
}

Result<ResumedComposition> Composition::resume(const io::Config& config, const io::Environment& environment,
                                               events::ResumeRequest request,
                                               const projections::RebuildProgress& progress) {
    auto begun = begin_resumption(config, environment, std::move(request), progress);
    if (!begun) return failure(begun.error());
    std::unique_ptr<Composition> composition(new Composition());
    if (auto opened = composition->open_parts(config, environment, &*begun, progress, {}, std::nullopt);
        !opened)
        return failure(opened.error());
    OwnedDirectory& directory = composition->parts_->directory;
    ResumedComposition resumed;
    resumed.record = std::move(*directory.resumed);
    resumed.quarantine = std::move(directory.quarantine);
    resumed.found_in_models = composition->parts_->found_in_models;
    resumed.read_models = composition->parts_->state_of_models;
    resumed.composition = std::move(composition);
    return resumed;
}

Result<OwnedDirectory> open_unless_held(const io::Config& config, const io::Environment& environment) {
    if (!events::has_log(config.data_directory)) return no_log();
    auto composition = Composition::open(config, environment);
    if (!composition) return failure(composition.error());
    if (const events::Hold* hold = (*composition)->runtime().held()) return failure(hold->error());
    return Composition::release(std::move(*composition));
}

Result<projections::RebuildReport> rebuild_unless_held(const io::Config& config,
                                                       const io::Environment& environment,
                                                       const projections::RebuildProgress& progress) {
    if (!events::has_log(config.data_directory)) return no_log();
    auto composition = Composition::open(config, environment, progress);
    if (composition) {
        if (const events::Hold* hold = (*composition)->runtime().held()) return failure(hold->error());
        if (auto rebuilt = (*composition)->rebuilt()) return std::move(*rebuilt);
        const OwnedDirectory directory = Composition::release(std::move(*composition));
        return rebuild_projections(config, *directory.log.log, progress);
    }
    if (composition.error().code != ErrorCode::audit_write_failed) return failure(composition.error());
    Result<projections::RebuildReport> rebuilt;
    {
        const auto directory = open_directory(config, environment, false);
        if (!directory) return failure(directory.error());
        if (directory->log.held) return failure(directory->log.held->error());
        rebuilt = rebuild_projections(config, *directory->log.log, progress);
    }
    if (!rebuilt) return rebuilt;
    if (auto checked = open_unless_held(config, environment); !checked) return failure(checked.error());
    return rebuilt;
}

namespace {

void apply_data_dir(const Globals& globals, io::Config& config) {
    if (globals.data_dir.empty()) return;
    config.data_directory = absolute(globals.data_dir);
    config.projection_path.clear();
}

/// The configuration as far as it needs no secret: for one who only hands calls to another user's engine.
Result<io::Config> config_without_secrets(const std::string& path, const io::Environment& environment) {
    return io::load_config(path, [&](const std::string& name) {
        const auto value = environment(name);
        return value ? value : std::optional(std::string(events::audit_secret_bytes_min, '-'));
    });
}

}  // namespace

Result<io::Config> effective_config(const Globals& globals, const io::Environment& environment) {
    if (globals.config.empty()) {
        auto home = io::offline_home(environment);
        if (!home) return failure(home.error());
        io::Config config = io::offline_profile(*home);
        apply_data_dir(globals, config);
        return config;
    }
    auto loaded = io::load_config(globals.config, environment);
    if (loaded) {
        apply_data_dir(globals, *loaded);
        return loaded;
    }
    auto lenient = config_without_secrets(globals.config, environment);
    if (!lenient) return loaded;
    apply_data_dir(globals, *lenient);
    return is_of_another_user(lenient->data_directory) ? std::move(lenient) : std::move(loaded);
}

}  // namespace ibkr::cli
