#include "tests/simulation/world/kept_models.hpp"

namespace ibkr::simulation {

/// The engine's own projection, made anew with each process.
class KeptModels::Workflows final : public projections::Projection {
public:
    [[nodiscard]] std::string_view name() const override { return process_->name(); }
    [[nodiscard]] std::uint32_t version() const override { return process_->version(); }
    [[nodiscard]] events::Result<void> create_tables(projections::Database& database) override {
        return process_->create_tables(database);
    }
    [[nodiscard]] events::Result<void> apply(projections::Database& database,
                                             const events::Event& event) override {
        return process_->apply(database, event);
    }
    void renew() { process_ = std::make_unique<engine::WorkflowProjection>(); }
    [[nodiscard]] engine::WorkflowProjection& process() { return *process_; }

private:
    std::unique_ptr<engine::WorkflowProjection> process_ = std::make_unique<engine::WorkflowProjection>();
};

std::unique_ptr<KeptModels> KeptModels::make() {
    auto models = std::make_unique<KeptModels>();
    auto workflows = std::make_unique<Workflows>();
    models->workflows_ = workflows.get();
    projections::ProjectionList list;
    list.push_back(std::move(workflows));
    for (auto& projection : projections::standard_projections())
        list.push_back(std::move(projection));
    auto store = projections::ProjectionStore::open(":memory:", std::move(list));
    if (!store) return nullptr;
    models->store_ = std::make_unique<projections::ProjectionStore>(std::move(*store));
    return models;
}

void KeptModels::reopen() {
    store_->rollback();
    workflows_->renew();
}

engine::WorkflowProjection& KeptModels::workflows() {
    return workflows_->process();
}

}  // namespace ibkr::simulation
