#pragma once

#include <utility>

#include "projections/store.hpp"

namespace ibkr::projections {

/// The read models beside the writer, or of a copy: read-only, in short transactions. Never feeds a decision
/// (design 5.12). Says which event it stands at, since it may be behind the log's head.
class ReadStore {
public:
    /// `projections`: to find that the file was built by others; empty: whatever it was built by.
    [[nodiscard]] static events::Result<ReadStore, StoreProblem> open(const std::string& path,
                                                                      const ProjectionList& projections = {});

    /// Calls `look(const Queries&, const Checkpoint&)` inside one transaction, so that all it sees is of one
    /// moment, and passes on the Result it returns.
    template <class Look>
    [[nodiscard]] auto read(const Look& look)
        -> decltype(look(std::declval<const Queries&>(), std::declval<const Checkpoint&>())) {
        const auto at = begin();
        if (!at) return events::failure(at.error());
        auto seen = look(std::as_const(queries_), *at);
        queries_.database().rollback();
        return seen;
    }
    [[nodiscard]] events::Result<Checkpoint> checkpoint();

private:
    explicit ReadStore(Database database) : queries_(std::move(database)) {}
    [[nodiscard]] events::Result<Checkpoint> begin();

    Queries queries_;
};

}  // namespace ibkr::projections
