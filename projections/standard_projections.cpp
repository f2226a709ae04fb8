#include "projections/audit_index.hpp"
#include "projections/exposure.hpp"
#include "projections/idempotency.hpp"
#include "projections/policies.hpp"
#include "projections/rate_counters.hpp"
#include "projections/store.hpp"

namespace ibkr::projections {

ProjectionList standard_projections() {
    ProjectionList list;
    list.push_back(std::make_unique<Idempotency>());
    list.push_back(std::make_unique<RateCounters>());
    list.push_back(std::make_unique<ExposureProjection>());
    list.push_back(std::make_unique<Policies>());
    list.push_back(std::make_unique<AuditIndex>());
    return list;
}

}  // namespace ibkr::projections
