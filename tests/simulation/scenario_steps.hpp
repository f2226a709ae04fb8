#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "statemachines/commands.hpp"
#include "tests/simulation/fixture_scenarios.hpp"

namespace ibkr::testing {

// The steps that scenarios are made of. Each checks that it went as it should.

using Codes = std::vector<std::string>;

/// A preview of a buy or sell that the policy allows.
[[nodiscard]] events::WorkflowId previewed(EngineRig& rig, const std::string& quantity,
                                           const std::string& limit, events::Side side = events::Side::buy);
/// Its approval, for as long as the preview holds.
[[nodiscard]] events::WorkflowId approved(EngineRig& rig, const std::string& quantity,
                                          const std::string& limit, events::Side side = events::Side::buy);
/// Preview, approval and submit. The order's id at the broker; empty when the broker did not say one.
events::BrokerOrderId placed(EngineRig& rig, const std::string& quantity, const std::string& limit,
                             const std::string& key, events::Side side = events::Side::buy);
[[nodiscard]] engine::CallResult modify(EngineRig& rig, const events::BrokerOrderId& order,
                                        const std::string& key, const events::OrderChanges& changes,
                                        const events::WorkflowId& approval = {});
[[nodiscard]] engine::CallResult replacement(EngineRig& rig, const events::BrokerOrderId& order,
                                             const std::string& quantity, const std::string& limit);
[[nodiscard]] events::OrderChanges new_quantity(std::int64_t units);
[[nodiscard]] events::OrderChanges new_limit(std::int64_t price);

void fill(EngineRig& rig, const events::BrokerOrderId& order, std::int64_t units, std::int64_t price);
/// Looks at the broker's book a second later.
void look_at_book(EngineRig& rig);

/// The codes of a policy's reasons; of another refusal, its own code alone.
[[nodiscard]] Codes codes_of(const engine::CallResult& refused);
[[nodiscard]] Codes codes_of(const events::Result<engine::Executed>& refused);

/// Decides `command` from facts that a scenario chose. Due timers do not fire first: the command waited in
/// the queue while the time passed.
events::Result<engine::Executed> decide(EngineRig& rig, const statemachines::Command& command,
                                        const statemachines::Facts& facts);
/// A report or an outcome that reaches the engine by itself.
void reported(EngineRig& rig, const statemachines::Command& command);
[[nodiscard]] statemachines::ReportOrder report_of(const events::WorkflowId& order, std::string_view status);
[[nodiscard]] events::Execution execution(std::string_view id, std::int64_t units, events::Timestamp at);

[[nodiscard]] events::AccountHash account(EngineRig& rig);
[[nodiscard]] statemachines::PreviewFacts preview_facts(EngineRig& rig);
[[nodiscard]] statemachines::OrderFacts write_facts(EngineRig& rig);
[[nodiscard]] statemachines::ActFacts act_facts(EngineRig& rig, bool is_operator = true);

[[nodiscard]] events::OrderRecord newest_order(EngineRig& rig);
[[nodiscard]] std::string state_of(EngineRig& rig, const events::WorkflowId& approval);
/// The next start finds other policies.
void restart_with(EngineRig& rig, const engine::Policies& policies);

}  // namespace ibkr::testing
