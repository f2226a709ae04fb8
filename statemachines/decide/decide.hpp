#pragma once

#include "statemachines/commands.hpp"
#include "statemachines/decide/decision.hpp"
#include "statemachines/decide/views.hpp"

namespace ibkr::statemachines {

// One decider per command. Pure: same view, command and facts give the same Decided, on any machine, for ever
// (under one `decider_version`). Every call yields at least one event, a refusal included, except
// `decide_load_policy` of an unchanged policy, a report that says nothing new, and a found order or key that
// is known.

[[nodiscard]] Decided decide(const PreviewOrder&, const PreviewFacts&, const PreviewView&);
[[nodiscard]] Decided decide(const CreateApproval&, const ActFacts&, const ApprovalCreationView&);
[[nodiscard]] Decided decide(const GrantApproval&, const ActFacts&, const ApprovalView&);
[[nodiscard]] Decided decide(const DenyApproval&, const ActFacts&, const ApprovalView&);
[[nodiscard]] Decided decide(const RevokeApproval&, const ActFacts&, const ApprovalView&);
[[nodiscard]] Decided decide(const SubmitOrder&, const OrderFacts&, const SubmitView&);
[[nodiscard]] Decided decide(const CancelOrder&, const OrderFacts&, const ExistingOrderView&);
[[nodiscard]] Decided decide(const ModifyOrder&, const OrderFacts&, const ExistingOrderView&);
[[nodiscard]] Decided decide(const RecordOutcome&, const ActFacts&, const OrderView&);
[[nodiscard]] Decided decide(const ReportOrder&, const ActFacts&, const OrderView&);
[[nodiscard]] Decided decide(const RecordFoundOrder&, const ActFacts&, const FoundOrderView&);
[[nodiscard]] Decided decide(const ExpireWorkflow&, const ActFacts&, const ExpiryView&);
[[nodiscard]] Decided decide(const SetKillSwitch&, const ActFacts&, const events::GatewayRecord& kill_switch);
[[nodiscard]] Decided decide(const ObserveSession&, const ActFacts&, const events::GatewayRecord& session);
[[nodiscard]] Decided decide(const LoadPolicy&, const ActFacts&,
                             const std::optional<events::PolicyRecord>& loaded);
[[nodiscard]] Decided decide(const RecordCall&, const ActFacts&);

}  // namespace ibkr::statemachines
