#pragma once

#include <cstdint>

namespace ibkr::engine {

/// The moments at which the process may die and the log, the projections and the broker can be found in
/// different states. A simulation counts them and cuts a scenario at each.
enum class SuspensionPoint : std::uint8_t {
    before_append,  ///< decided and folded into an open transaction; nothing durable
    after_append,   ///< the events are facts; projections not committed, nobody answered
    after_commit,   ///< projections committed; effects not begun
    before_write,   ///< the broker write is about to begin
    after_write,    ///< the broker answered; the outcome is not recorded
    before_report,  ///< the book was read; what it says is not recorded
};

class SuspensionPoints {
public:
    virtual ~SuspensionPoints() = default;
    /// False: the process dies here; the engine stops at once and is never used again.
    [[nodiscard]] virtual bool pass(SuspensionPoint point) = 0;
};

}  // namespace ibkr::engine
