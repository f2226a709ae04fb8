#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "engine/ports/suspension.hpp"

namespace ibkr::simulation {

/// Every moment at which the process may end: the engine's own suspension points and, between them, those
/// inside an append. Counts them, and at the chosen one ends the process.
class CrashPoints final : public engine::SuspensionPoints {
public:
    [[nodiscard]] bool pass(engine::SuspensionPoint point) override;
    [[nodiscard]] bool pass(std::string_view name);

    /// The process ends at the `nth` point from now (1 is the next); 0: at none.
    void arm(std::uint64_t nth) { crash_in_ = nth, unsynced_in_ = 0, crashed_ = false; }
    /// The process ends in the `nth` append from now, when it is written and not synced.
    void arm_unsynced(std::uint64_t nth) { unsynced_in_ = nth; }
    static constexpr std::string_view unsynced = "written_not_synced";
    /// What happens between the next intent and its write: the process is slow.
    void at_next_write(std::function<void()> event) { at_write_ = std::move(event); }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] bool crashed() const { return crashed_; }
    /// Where the process ended last.
    [[nodiscard]] std::string_view where() const { return where_; }

private:
    std::function<void()> at_write_;
    std::uint64_t count_ = 0;
    std::uint64_t crash_in_ = 0;
    std::uint64_t unsynced_in_ = 0;
    bool crashed_ = false;
    std::string_view where_ = "nowhere";
};

}  // namespace ibkr::simulation
