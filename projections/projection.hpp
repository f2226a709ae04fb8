#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "events/event.hpp"
#include "events/result.hpp"
#include "projections/sqlite.hpp"

namespace ibkr::projections {

/// A read model: a pure fold over the log's events into tables of its own.
/// Rules: 1. `apply` depends on the event and on tables of the same store alone: no clock, no configuration,
/// no randomness, so that a rebuild gives the same rows. 2. It never refuses a fact: it fails only when the
/// database does. 3. It runs inside the store's transaction, and sees what projections before it made of the
/// same event. 4. When what `apply` writes changes, `version` changes, and the store asks for a rebuild.
class Projection {
public:
    virtual ~Projection() = default;
    Projection() = default;
    Projection(const Projection&) = delete;
    Projection& operator=(const Projection&) = delete;

    /// Lower-case with underscores; unique within a store; never changed.
    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual std::uint32_t version() const = 0;
    [[nodiscard]] virtual events::Result<void> create_tables(Database& database) = 0;
    [[nodiscard]] virtual events::Result<void> apply(Database& database, const events::Event& event) = 0;
};

using ProjectionList = std::vector<std::unique_ptr<Projection>>;

}  // namespace ibkr::projections
