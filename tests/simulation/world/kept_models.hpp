#pragma once

#include <memory>

#include "engine/fold/workflow_projection.hpp"
#include "projections/store.hpp"

namespace ibkr::simulation {

/// Read models in memory that outlive a process, as their file does: the rows and the checkpoint stay, what
/// the process knew beside them does not.
class KeptModels {
public:
    /// Empty ones, for the first process or after they were lost.
    [[nodiscard]] static std::unique_ptr<KeptModels> make();

    /// A new process opens them; what the last one had not committed is gone.
    void reopen();
    [[nodiscard]] projections::ProjectionStore& store() { return *store_; }
    [[nodiscard]] engine::WorkflowProjection& workflows();

private:
    class Workflows;
    Workflows* workflows_ = nullptr;  ///< owned by the store
    std::unique_ptr<projections::ProjectionStore> store_;
};

}  // namespace ibkr::simulation
