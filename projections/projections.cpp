#include "projections/projections.hpp"

#include "projections/audit_index.hpp"
#include "projections/exposure.hpp"
#include "projections/idempotency.hpp"
#include "projections/policies.hpp"
#include "projections/rate_counters.hpp"

namespace ibkr::projections {

ProjectionList all_projections(std::unique_ptr<Projection> workflows) {
    ProjectionList list;
    if (workflows) list.push_back(std::move(workflows));
    list.push_back(std::make_unique<Idempotency>());
    list.push_back(std::make_unique<RateCounters>());
    list.push_back(std::make_unique<ExposureProjection>());
    list.push_back(std::make_unique<Policies>());
    list.push_back(std::make_unique<AuditIndex>());
    return list;
}

}  // namespace ibkr::projections
