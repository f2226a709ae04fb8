#include "tests/simulation/world/crash_points.hpp"

#include <utility>

namespace ibkr::simulation {
namespace {

std::string_view name_of(engine::SuspensionPoint point) {
    switch (point) {
        case engine::SuspensionPoint::before_append:
            return "before_append";
        case engine::SuspensionPoint::after_append:
            return "after_append";
        case engine::SuspensionPoint::after_commit:
            return "after_commit";
        case engine::SuspensionPoint::before_write:
            return "before_write";
        case engine::SuspensionPoint::after_write:
            return "after_write";
        case engine::SuspensionPoint::before_report:
            return "before_report";
    }
    return "nowhere";
}

}  // namespace

bool CrashPoints::pass(engine::SuspensionPoint point) {
    if (point == engine::SuspensionPoint::before_write && at_write_) std::exchange(at_write_, nullptr)();
    return pass(name_of(point));
}

bool CrashPoints::pass(std::string_view name) {
    if (crashed_) return false;
    ++count_;
    const bool chosen = crash_in_ > 0 && --crash_in_ == 0;
    const bool chosen_append = name == unsynced && unsynced_in_ > 0 && --unsynced_in_ == 0;
    if (!chosen && !chosen_append) return true;
    crashed_ = true;
    where_ = name;
    return false;
}

}  // namespace ibkr::simulation
