#include "projections/read_pool.hpp"

namespace ibkr::projections {

events::Result<std::unique_ptr<ReadStore>> ReadPool::take() {
    {
        const std::scoped_lock lock(mutex_);
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
    }
    auto opened = ReadStore::open(path_);
    if (!opened) return events::failure(opened.error().error);
    return std::make_unique<ReadStore>(std::move(*opened));
}

void ReadPool::give_back(std::unique_ptr<ReadStore> connection) {
    const std::scoped_lock lock(mutex_);
    if (idle_.size() < kept_max) idle_.push_back(std::move(connection));
}

}  // namespace ibkr::projections
