#include "tests/simulation/world/shrink.hpp"

#include <algorithm>
#include <numeric>

namespace ibkr::simulation {

std::vector<std::size_t> shrink(const Plan& plan, const std::function<bool(const Plan&)>& fails,
                                std::size_t runs_max) {
    std::vector<std::size_t> kept(plan.acts.size());
    std::iota(kept.begin(), kept.end(), std::size_t{0});
    std::size_t runs = 0;
    for (std::size_t piece = std::max<std::size_t>(1, kept.size() / 2);;) {
        bool left_out = false;
        for (std::size_t from = 0; from < kept.size() && runs < runs_max;) {
            std::vector<std::size_t> fewer = kept;
            const auto first = fewer.begin() + static_cast<std::ptrdiff_t>(from);
            fewer.erase(first, first + static_cast<std::ptrdiff_t>(std::min(piece, kept.size() - from)));
            ++runs;
            if (fails(only(plan, fewer))) {
                kept = std::move(fewer);
                left_out = true;
            } else {
                from += piece;
            }
        }
        if (runs >= runs_max || (piece == 1 && !left_out)) return kept;
        piece = std::max<std::size_t>(1, piece / 2);
    }
}

}  // namespace ibkr::simulation
