#include "engine/lost_orders.hpp"

namespace ibkr::engine {

using events::Result;
using statemachines::RecordFoundOrder;

Result<std::vector<RecordFoundOrder>> orders_unknown_to_log(Broker&, const projections::Queries&,
                                                            AccountDirectory&, std::string_view) {
    return std::vector<RecordFoundOrder>{};
}

Result<std::vector<RecordFoundOrder>> orders_ahead(const projections::Queries&, const projections::Queries&) {
    return std::vector<RecordFoundOrder>{};
}

Result<void> can_record(const std::vector<RecordFoundOrder>&) {
    return {};
}

Result<void> record_after_resumption(Runtime&, const AfterResumption&) {
    return {};
}

}  // namespace ibkr::engine
