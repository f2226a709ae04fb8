#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/call.hpp"
#include "engine/gateway/requests.hpp"
#include "events/log/chain/chain.hpp"

namespace ibkr::engine {

class Runtime;

/// What producers call: one function per operation. Each checks its scope, gathers facts, has the engine
/// decide, waits until its events are durable, and answers with the payload of the gateway contract. A
/// denied, refused or failed call is recorded too, before it is answered. Owns nothing but a reference to the
/// runtime, which must outlive it. Any thread. Errors beside
/// those named at each function: AUTH_MISSING_SCOPE, AUDIT_WRITE_FAILED, and the broker's.
class Gateway {
public:
    explicit Gateway(Runtime& runtime) : runtime_(runtime) {}

    // Reads (gateway_reads.cpp)
    [[nodiscard]] CallResult health(const CallContext& context);
    [[nodiscard]] CallResult backend_status(const CallContext& context);
    [[nodiscard]] CallResult accounts_list(const CallContext& context);
    [[nodiscard]] CallResult account_metadata(const CallContext& context, const events::AccountId& account);
    [[nodiscard]] CallResult account_summary(const CallContext& context, const events::AccountId& account);
    [[nodiscard]] CallResult portfolio_snapshot(const CallContext& context, const events::AccountId& account);
    [[nodiscard]] CallResult positions_list(const CallContext& context, const events::AccountId& account);
    [[nodiscard]] CallResult contracts_search(const CallContext& context, const ContractQuery& query);
    /// Exactly one match, else INPUT_AMBIGUOUS_CONTRACT or INPUT_INVALID_CONTRACT.
    [[nodiscard]] CallResult contract_resolve(const CallContext& context, const ContractQuery& query);
    [[nodiscard]] CallResult market_snapshot(const CallContext& context, const events::ContractId& contract);
    [[nodiscard]] CallResult historical_bars(const CallContext& context, const events::ContractId& contract,
                                             std::string_view duration, std::string_view bar_size);
    [[nodiscard]] CallResult orders_list(const CallContext& context, const OrdersQuery& query);
    /// `id` is a broker order id or a client order id; unknown: BROKER_CAPABILITY_UNAVAILABLE.
    [[nodiscard]] CallResult order_status(const CallContext& context, const events::AccountId& account,
                                          std::string_view id);
    [[nodiscard]] CallResult executions_list(const CallContext& context, const events::AccountId& account,
                                             std::optional<events::Timestamp> from);

    // Workflows (gateway_workflows.cpp)
    [[nodiscard]] CallResult order_preview(const CallContext& context, const PreviewRequest& request);
    [[nodiscard]] CallResult approval_create(const CallContext& context, const ApprovalRequest& request);
    [[nodiscard]] CallResult approval_act(const CallContext& context, const ApprovalActRequest& request);
    [[nodiscard]] CallResult approvals_list(const CallContext& context, const events::AccountId& account);
    [[nodiscard]] CallResult approval_show(const CallContext& context, const events::WorkflowId& approval_id);
    [[nodiscard]] CallResult paper_submit(const CallContext& context, const SubmitRequestByApproval& request);
    [[nodiscard]] CallResult paper_cancel(const CallContext& context, const CancelRequestByKey& request);
    [[nodiscard]] CallResult paper_modify(const CallContext& context, const ModifyRequestByKey& request);
    [[nodiscard]] CallResult kill_switch_status(const CallContext& context);
    [[nodiscard]] CallResult kill_switch_set(const CallContext& context, bool open,
                                             const std::string& reason);

    // Audit (gateway_audit.cpp)
    /// Newest first, back from the head; the chain of what is shown is verified first.
    [[nodiscard]] CallResult audit_tail(const CallContext& context, std::uint32_t limit, bool full);
    [[nodiscard]] CallResult audit_export(const CallContext& context, const AuditExportRequest& request,
                                          const events::Progress& progress = {});
    /// The whole chain and the anchors beside it. A broken chain is a Reply whose payload says
    /// `chain_valid: false`, not an error.
    [[nodiscard]] CallResult audit_verify(const CallContext& context, const events::Progress& progress = {});

    /// Records what a process beside the owner read of the log (design 5.12), with the event that the call
    /// above for it would leave. Answers {} with that event; a failed read is answered by its own error, as
    /// above. While nothing is recorded, of any kind of read, the answer says why. Error beside those above:
    /// ENGINE_PROTOCOL_MISMATCH for an output hash that is none.
    [[nodiscard]] CallResult record_audit_read(const CallContext& context, const AuditReadMade& read);

    /// Records a call that never reached an operation: a disabled name, a parse error a producer found.
    [[nodiscard]] CallError record_failure(const CallContext& context, const events::Error& error,
                                           const std::string& arguments_json);

private:
    Runtime& runtime_;
};

}  // namespace ibkr::engine
