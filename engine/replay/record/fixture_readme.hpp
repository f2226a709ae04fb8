#pragma once

#include <string>

#include "engine/replay/record/record_fixture.hpp"

namespace ibkr::engine {

/// The README.md of a recorded fixture: what happened in the words of the events that changed the workflow
/// that was asked about, where it comes from, and what a reviewer adds.
[[nodiscard]] events::Result<std::string> fixture_readme(const events::LogReader& fixture_log,
                                                         const RecordedFixture& fixture);

}  // namespace ibkr::engine
