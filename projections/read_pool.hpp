#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "projections/read_store.hpp"

namespace ibkr::projections {

/// Connections for reading beside the writer of the same process, opened when they are needed and kept. Each
/// read sees one committed moment, at least as new as every commit that came before it. Any thread.
class ReadPool {
public:
    static constexpr std::size_t kept_max = 32;  ///< connections that stay open between reads

    explicit ReadPool(std::string path) : path_(std::move(path)) {}

    /// As `ReadStore::read`, on a connection of its own.
    template <class Look>
    [[nodiscard]] auto read(const Look& look) -> decltype(look(std::declval<const Queries&>())) {
        auto connection = take();
        if (!connection) return events::failure(connection.error());
        auto seen =
            (*connection)->read([&](const Queries& queries, const Checkpoint&) { return look(queries); });
        give_back(std::move(*connection));
        return seen;
    }

private:
    [[nodiscard]] events::Result<std::unique_ptr<ReadStore>> take();
    void give_back(std::unique_ptr<ReadStore> connection);

    const std::string path_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<ReadStore>> idle_;
};

}  // namespace ibkr::projections
