#pragma once

#include <catch2/catch.hpp>

#include "projections/store.hpp"
#include "tests/unit/projections/facts.hpp"

namespace ibkr::unit {

inline projections::ProjectionStore open_store(const std::string& path) {
    auto store = projections::ProjectionStore::open(path, projections_of_test());
    REQUIRE(store);
    return std::move(*store);
}

/// Orders that are submitted, accepted and filled by one each: three events an order.
inline std::vector<events::Event> some_life(Feed& feed, int orders) {
    std::vector<events::Event> list;
    for (int i = 0; i < orders; ++i) {
        const auto order = "o" + std::to_string(i);
        list.push_back(feed.submit(order, "10.5", "key-" + std::to_string(i)));
        list.push_back(
            feed.outcome<events::PaperOrderSubmitted>(order, order, events::Outcome::confirmed, "working"));
        list.push_back(feed.execution(order, "e" + std::to_string(i), events::Side::buy, "1", feed.now_ms));
        feed.now_ms += 1'000;
    }
    return list;
}

/// Not one of the standard list: another version under a known name, and it cannot fold event 3.
class Other final : public projections::Projection {
public:
    std::string_view name() const override { return "audit_index"; }
    std::uint32_t version() const override { return 2; }
    events::Result<void> create_tables(projections::Database& database) override {
        return database.exec("CREATE TABLE other (a INTEGER)");
    }
    events::Result<void> apply(projections::Database& database, const events::Event& event) override {
        if (event.sequence_id == events::SequenceId(3))
            return events::failure(events::ErrorCode::audit_write_failed, "cannot fold three");
        return database.run("INSERT INTO other VALUES (?1)", event.sequence_id.value());
    }
};

inline projections::ProjectionList other_list() {
    projections::ProjectionList list;
    list.push_back(std::make_unique<Other>());
    return list;
}

}  // namespace ibkr::unit
