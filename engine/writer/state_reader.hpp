#pragma once

#include "events/records.hpp"
#include "projections/queries.hpp"
#include "statemachines/decide/decide.hpp"

namespace ibkr::engine {

/// Gathers, for one command, the folded state its decider sees, and decides. Reads the projection store on
/// the writer's connection, so that it sees what the open transaction has folded (the overlay of design 5.5).
/// Used by the writer and by replay alike, so that both decide from the same views.
class StateReader {
public:
    explicit StateReader(const projections::Queries& queries) : queries_(queries) {}

    /// Fails only when the store cannot be read, a stored policy cannot be parsed, or `facts` is not the kind
    /// this command needs.
    [[nodiscard]] events::Result<statemachines::Decided> decide(const statemachines::Command& command,
                                                                const statemachines::Facts& facts);

private:
    const projections::Queries& queries_;
};

}  // namespace ibkr::engine
