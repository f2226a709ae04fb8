#pragma once
// The engine as the product composes it, on a data directory of its own: RocksDB log, SQLite projections, the
// simulated venue's file. Clock and ids are the virtual twins, so that every round does the same work.
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/fold/workflow_projection.hpp"
#include "engine/gateway/gateway.hpp"
#include "engine/gateway/operation.hpp"
#include "engine/log_records.hpp"
#include "engine/runtime.hpp"
#include "events/crypto/hmac.hpp"
#include "events/log/directory/log_directory.hpp"
#include "events/log/rocksdb/rocksdb_log.hpp"
#include "io/broker/sim/venue.hpp"
#include "projections/store.hpp"
#include "tests/bench/bench.hpp"
#include "tests/support/engine_rig.hpp"

namespace ibkr::bench {

struct FlowSeconds {
    double preview = 0, approve = 0, submit = 0;
};

/// The virtual twins for several threads.
class SharedClock final : public engine::Clock {
public:
    explicit SharedClock(events::Timestamp start) : clock_(start) {}
    [[nodiscard]] events::Timestamp now() override {
        const std::scoped_lock lock(mutex_);
        return clock_.now();
    }
    void advance_ms(std::int64_t ms) {
        const std::scoped_lock lock(mutex_);
        clock_.advance_ms(ms);
    }

private:
    std::mutex mutex_;
    engine::VirtualClock clock_;
};

class SharedIds final : public engine::IdSource {
public:
    explicit SharedIds(std::uint64_t seed) : ids_(seed) {}
    [[nodiscard]] std::string next_uuid(events::Timestamp time) override {
        const std::scoped_lock lock(mutex_);
        return ids_.next_uuid(time);
    }

private:
    std::mutex mutex_;
    engine::SeededIdSource ids_;
};

/// Makes one call of a flow, wherever the engine is.
using MakeCall = std::function<engine::CallResult(const std::string& tool, const engine::Operation&)>;

class FlowEngine {
public:
    /// Puts something of the caller's before the log.
    using WrapLog = std::function<std::unique_ptr<events::Log>(events::Log&)>;

    explicit FlowEngine(const std::string& directory, const WrapLog& wrap = {})
        : clock_(events::Timestamp(1'767'625'200'000)),  // 2026-01-05T15:00:00Z
          ids_(events::has_log(directory) ? 2 : 1),
          lock_(take_lock(directory)),
          owned_(must(
              events::open_or_create_log(lock_, events::Secret(std::string(32, 's')), events::rocksdb_store(),
                                         engine::log_record_maker(clock_, ids_)),
              "log")),
          accounts_([this](const auto& id) { return events::account_hash(owned_.keys.account_key(), id); }),
          read_pool_(directory + "/projections.sqlite3") {
        auto workflows = std::make_unique<engine::WorkflowProjection>();
        auto* const kept = workflows.get();
        store_.emplace(must(projections::ProjectionStore::open(directory + "/projections.sqlite3",
                                                               engine::all_projections(std::move(workflows)))
                                .map_error([](const auto& problem) { return problem.error; }),
                            "projections"));
        venue_ = must(io::SimulatedVenue::open(directory + "/venue.sqlite3", {1, clock_, nullptr}), "venue");
        if (wrap) wrapped_ = wrap(*owned_.log);
        engine::RuntimeParts parts{wrapped_ ? *wrapped_ : *owned_.log,
                                   owned_.keys,
                                   *store_,
                                   *kept,
                                   *venue_,
                                   clock_,
                                   ids_,
                                   accounts_,
                                   nullptr,
                                   "bench",
                                   false};
        parts.read_pool = &read_pool_;
        runtime_ = must(engine::Runtime::open(std::move(parts), policies()), "runtime");
    }

    /// Previews, approves and submits one order that fills at once; every second one sells what another
    /// bought.
    void flow(FlowSeconds& spent, const MakeCall& call) {
        namespace operation = engine::operation;
        const std::uint64_t number = flows_++;
        const bool buys = number % 2 == 0;
        clock_.advance_ms(2);
        engine::PreviewRequest request;
        request.account = account();
        request.symbol = "AAPL";
        request.side = buys ? events::Side::buy : events::Side::sell;
        request.quantity = events::Quantity::whole(1);
        request.limit_price = events::Price(events::Decimal::whole(buys ? 201 : 198));

        const Stopwatch preview_time;
        const auto preview = expect(call("ibkr_order_preview", operation::OrderPreview{request}));
        spent.preview += preview_time.seconds();
        const events::WorkflowId preview_id(testing::member(preview, "preview_id"));
        const Stopwatch approve_time;
        const auto approval =
            expect(call("ibkr_approval_create", operation::ApprovalCreate{{account(), preview_id, {}}}));
        spent.approve += approve_time.seconds();
        const events::WorkflowId approval_id(testing::member(approval, "approval_id"));
        const Stopwatch submit_time;
        const events::IdempotencyKey key(fmt::format("bench-{}", number + 1));
        const auto order =
            expect(call("ibkr_paper_order_submit", operation::PaperSubmit{{account(), approval_id, key}}));
        spent.submit += submit_time.seconds();
        if (order.find("\"filled\"") == std::string::npos) give_up("submit", order);
    }
    /// Calls made on the caller's own thread.
    [[nodiscard]] MakeCall in_process() {
        return [this](const std::string& tool, const engine::Operation& operation) {
            engine::Gateway gateway(*runtime_);
            return engine::perform(gateway, context(tool), operation);
        };
    }

    engine::CallContext context(std::string tool) {
        engine::CallContext context;
        context.actor = {"local-user",
                         "session-bench",
                         fmt::format("request-{}", ++calls_),
                         std::move(tool),
                         {"ibkr:orders:preview", "ibkr:approvals:create", "ibkr:orders:paper:submit"}};
        context.command_id = events::CommandId(ids_.next_uuid(clock_.now()));
        context.is_operator = true;
        context.enable_preview = true;
        context.enable_paper = true;
        return context;
    }

    [[nodiscard]] engine::Runtime& runtime() { return *runtime_; }

private:
    static events::AccountId account() { return events::AccountId("DU1234567"); }
    static events::OwnerLock take_lock(const std::string& directory) {
        must(events::prepare_data_directory(directory), "data directory");
        return must(events::OwnerLock::acquire(directory), "owner lock");
    }

    engine::Policies policies() {
        engine::Policies policies;
        policies.settings.preview_enabled = true;
        policies.settings.paper_enabled = true;
        policies.settings.paper_accounts = {accounts_.add(account())};
        statemachines::RiskPolicy risk;
        risk.max_quantity = events::Quantity::whole(100);
        risk.max_notional = events::Money{events::Decimal::whole(20'000), events::Currency{}};
        risk.max_position_notional = events::Money{events::Decimal::whole(60'000), events::Currency{}};
        risk.max_orders_per_day = 1'000'000;
        risk.allow_short_selling = true;  // of many flows at once the sells may come first
        policies.risk_policies.push_back(risk);
        return policies;
    }

    static std::string expect(const engine::CallResult& result) {
        if (!result) give_up("a flow was refused", result.error().error.message);
        return result->payload;
    }

    SharedClock clock_;
    SharedIds ids_;
    events::OwnerLock lock_;
    events::OwnedLog owned_;
    engine::AccountDirectory accounts_;
    projections::ReadPool read_pool_;
    std::optional<projections::ProjectionStore> store_;
    std::unique_ptr<engine::Broker> venue_;
    std::unique_ptr<events::Log> wrapped_;
    std::unique_ptr<engine::Runtime> runtime_;
    std::atomic<std::uint64_t> flows_ = 0;
    std::atomic<std::uint64_t> calls_ = 0;
};

}  // namespace ibkr::bench
