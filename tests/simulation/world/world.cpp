#include "tests/simulation/world/world.hpp"

#include "engine/fold/catch_up.hpp"
#include "engine/log_records.hpp"
#include "engine/lost_orders.hpp"
#include "engine/replay/fixture.hpp"
#include "events/catalogue.hpp"
#include "events/crypto/hmac.hpp"
#include "events/event_codec.hpp"

namespace ibkr::simulation {

using namespace ibkr::engine;
using namespace ibkr::events;

namespace {

Policies policies_for(const AccountHash& account) {
    Policies policies;
    policies.settings.preview_enabled = true;
    policies.settings.paper_enabled = true;
    policies.settings.paper_accounts = {account};
    statemachines::RiskPolicy risk;
    risk.max_quantity = Quantity::whole(50);
    risk.max_notional = Money{Decimal::whole(10'000), Currency{}};
    risk.max_position_notional = Money{Decimal::whole(limit_position_notional), Currency{}};
    risk.max_orders_per_day = limit_orders_per_day;
    policies.risk_policies.push_back(risk);
    return policies;
}

}  // namespace

LogKeys simulated_keys(std::uint64_t seed) {
    LogId log_id{};
    RandomStream random(seed, "log id");
    for (auto& byte : log_id)
        byte = static_cast<std::uint8_t>(random.below(256));
    auto keys = LogKeys::create(Secret(std::string(fixture_secret)), log_id, Secret(std::string(32, 's')));
    assert(keys);
    return std::move(*keys);
}

std::unique_ptr<Disk> simulated_disk(std::uint64_t seed, CrashPoints& points, Clock& clock) {
    return std::make_unique<SimulatedDisk>(simulated_keys(seed), points, clock);
}

World::World(std::uint64_t seed, bool local_broker, const MakeDisk& make_disk)
    : clock(Timestamp(1'767'625'200'000)),  // 2026-01-05T15:00:00Z
      disk_(make_disk(seed, points, clock)),
      disk(*disk_),
      broker(clock, local_broker),
      observer(disk, violations),
      ids_(seed),
      accounts_([this](const AccountId& id) { return account_hash(disk.keys().account_key(), id); }) {
    policies = policies_for(accounts_.add(BrokerModel::account()));
    broker.on_submit = [this](const SubmitRequest& request) {
        if (broker.leaves_process()) observer.check_anchored();
        observer.check_submit(request, account(), clock.now());
    };
    broker.on_cancel = [this](const engine::CancelRequest& request) {
        if (broker.leaves_process()) observer.check_anchored();
        observer.check_cancel(request, clock.now());
    };
    broker.on_modify = [this](const engine::ModifyRequest& request) {
        if (broker.leaves_process()) observer.check_anchored();
        observer.check_modify(request, clock.now());
    };
    disk.create(log_record_maker(clock, ids_));
    start_replay();
    [[maybe_unused]] const bool started = start();
    assert(started);
}

AccountHash World::account() const {
    return accounts_.hash(BrokerModel::account());
}

std::optional<Head> World::checkpoint() const {
    if (!models_kept_ || models_ == nullptr) return std::nullopt;
    return Head{models_->store().checkpoint().sequence, models_->store().checkpoint().mac};
}

bool World::open_models(bool keep) {
    if (keep && models_ != nullptr)
        models_->reopen();
    else
        models_ = KeptModels::make();
    return models_ != nullptr;
}

void World::crash(DiskPolicy policy) {
    runtime_.reset();
    models_kept_ = policy == DiskPolicy::keep || policy == DiskPolicy::tear;
    const bool had_unsynced = disk.has_unsynced();
    disk.crash(policy);
    trace.add("crash " + std::string(points.where()) + " " + std::string(name_of(policy)) +
              (had_unsynced ? " unsynced" : ""));
    points.arm(0);
}

void World::roll_back(std::uint64_t appends, bool with_anchors) {
    disk.roll_back(appends, with_anchors);
    lost_records_ = may_be_held_ = true;
    models_kept_ = false;
    start_replay();
    observer.start_over();
}

bool World::start() {
    runtime_.reset();
    const StartVerdict verdict = disk.judge(checkpoint());
    hold_.reset();
    if (verdict.start == StartVerdict::Start::hold) {
        hold_.emplace();
        hold_->reason = verdict.reason;
        hold_->readable_head = disk.head().sequence;
        hold_->highest_anchor = disk.highest_anchor();
        hold_->can_resume = verdict.can_resume;
    }
    const bool torn = disk.reopen();
    const RecordMaker make = log_record_maker(clock, ids_);
    if (torn && !hold_ && !record_start(make, LogTailDiscarded{1, 1, 1, std::string(64, '0')})) return false;
    if (!hold_)
        for (const AnchorRewrite& rewrite : verdict.rewrites)
            if (!record_start(make, AnchorRewritten{std::string(to_string(rewrite.anchor)),
                                                    std::string(to_string(rewrite.confirmed_by)),
                                                    rewrite.confirmed_sequence}))
                return false;
    if (!open_models(models_kept_ && !verdict.projections_disagree && !hold_)) return false;
    models_kept_ = true;
    return open_engine();
}

bool World::record_start(const RecordMaker& make, Body body) {
    const SequenceId at = disk.head().sequence.next();
    auto cursor = disk.read_back(disk.head().sequence);
    Record newest;
    Timestamp not_before;
    if (cursor && *(*cursor)->next(newest))
        if (const auto event = decode_record(newest)) not_before = event->timestamp;
    const PendingRecord record = make(at, std::move(body), not_before);
    return disk.append({&record, 1}, at).has_value();
}

bool World::open_engine() {
    RuntimeParts parts{disk, disk.keys(), models_->store(), models_->workflows(), broker, clock,
                       ids_, accounts_,   &points,          "simulation"};
    parts.held = hold_;
    parts.resumed = resumed_;
    parts.disk = &disk;
    auto opened = Runtime::open(std::move(parts), policies);
    if (!opened) {
        trace.add("start failed: " + opened.error().message);
        return false;
    }
    runtime_ = std::move(*opened);
    trace.add("up at " + std::to_string(disk.head().sequence.value()) +
              (held() ? " held: " + runtime_->held()->reason : ""));
    return true;
}

bool World::resume() {
    assert(held());
    runtime_.reset();
    LogResumed body;
    body.from = disk.head().sequence;
    body.to = std::max(disk.head().sequence, disk.highest_anchor());
    body.last_mac = hex(disk.head().mac);
    body.actor = "operator";
    body.reason = "simulated loss";
    const SequenceId at = body.to.next();
    const PendingRecord record = log_record_maker(clock, ids_, "operator")(at, body, clock.now());
    hold_.reset();
    if (!disk.append_resumed(record, at)) return false;
    if (!open_models(false)) return false;
    start_replay();
    observer.start_over();
    resumed_ = AfterResumption{"operator", "simulated loss", {}};
    const bool opened = open_engine();
    resumed_.reset();
    if (opened) may_be_held_ = false;
    return opened;
}

CallContext World::context(std::string tool) {
    CallContext context;
    context.actor = {"simulated-agent",
                     "session",
                     "request",
                     std::move(tool),
                     {"ibkr:orders:preview", "ibkr:approvals:create", "ibkr:orders:paper:submit",
                      "ibkr:orders:paper:cancel", "ibkr:orders:paper:modify", "ibkr:orders:live:submit",
                      "ibkr:health:read", "ibkr:orders:read"}};
    context.command_id = CommandId("command-" + std::to_string(++commands_));
    context.is_operator = true;
    context.enable_preview = true;
    context.enable_paper = true;
    return context;
}

void World::start_replay() {
    auto replay = Replay::start();
    assert(replay);
    replay_ = std::make_unique<Replay>(std::move(*replay));
    replayed_to_ = {};
}

void World::forget_replayed_beyond_head() {
    if (replayed_to_ > disk.head().sequence) start_replay();
}

void World::replay_new() {
    if (disk.head().sequence <= replayed_to_) return;
    auto cursor = disk.read(replayed_to_.next());
    if (!cursor) return violations.add("R1", cursor.error().message);
    const auto report = replay_->run(**cursor, {});
    if (!report) return violations.add("R1", report.error().message);
    replayed_to_ = disk.head().sequence;
    if (report->difference_count == 0) return;
    const ReplayDifference& first = report->differences.front();
    violations.add("R1", "record " + std::to_string(first.sequence_id.value()) + ": expected " +
                             first.expected + ", got " + first.got);
}

}  // namespace ibkr::simulation
