#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "events/catalogue/account_events.hpp"
#include "events/catalogue/approval_events.hpp"
#include "events/catalogue/gateway_events.hpp"
#include "events/catalogue/log_events.hpp"
#include "events/catalogue/order_events.hpp"
#include "events/catalogue/preview_events.hpp"

namespace ibkr::events {

/// Gateway contract section 5.
enum class Decision : std::uint8_t { allow, deny, refuse };
enum class ResultStatus : std::uint8_t {
    called,
    completed,
    failed,
    refused,
    denied_scope,
    authenticated,
    denied_auth
};

[[nodiscard]] std::span<const EnumName<Decision>> enum_names(Decision) noexcept;
[[nodiscard]] std::span<const EnumName<ResultStatus>> enum_names(ResultStatus) noexcept;

/// The facts of one event type. Adding an alternative means adding a row to the catalogue (catalogue.hpp).
using Body =
    std::variant<LogCreated, PolicyLoaded, ToolCompleted, ToolFailed, ToolRefused, ToolDeniedScope,
                 BackendSessionChecked, BackendSessionChanged, KillSwitchOpened, KillSwitchClosed,
                 OrderIntentReceived, OrderRiskChecked, OrderPreviewCreated, OrderPreviewRefused,
                 OrderPreviewExpired, PaperApprovalRecorded, LiveApprovalRecorded, ApprovalGranted,
                 ApprovalDenied, ApprovalRevoked, ApprovalExpired, ApprovalReserved, ApprovalReleased,
                 ApprovalConsumed, OrderSubmitIntended, OrderCancelIntended, OrderModifyIntended,
                 OrderSendStarted, PaperOrderSubmitted, PaperOrderCancelled, PaperOrderModified,
                 PaperOrderLifecycleChanged, OrderExecutionRecorded, PositionRecorded, LogTailDiscarded,
                 LogResumed, AuditKeyRetired, AuditKeyActivated, AnchorRewritten>;

/// What a decision was made from, recorded in the first event of each decision so that replay can decide
/// again (design section 9). `command` holds no raw account id.
struct DecisionInput {
    std::string command_name;
    std::uint32_t decider_version = 0;
    EmbeddedJson command;
    EmbeddedJson facts;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("command", self.command);
        v("command_name", self.command_name);
        v("decider_version", self.decider_version);
        v("facts", self.facts);
    }
    friend bool operator==(const DecisionInput&, const DecisionInput&) = default;
};

struct RedactionRecord {
    std::string field_path;
    std::string reason;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("field_path", self.field_path);
        v("reason", self.reason);
    }
    friend bool operator==(const RedactionRecord&, const RedactionRecord&) = default;
};

/// Who asked, through what. Every event of a decision carries it.
struct Actor {
    std::string user_id;     ///< local user, operator, MCP subject, or `engine` for timers and recovery
    std::string session_id;  ///< one process or connection
    std::string request_id;
    std::string tool_name;  ///< the audited name, gateway contract 3
    std::vector<std::string> scopes;
    friend bool operator==(const Actor&, const Actor&) = default;
};

/// One fact. Envelope of design section 4; empty text members are left out of the JSON.
/// Invariants: 1. `sequence_id` is the record's position in the log. 2. `timestamp` never goes back within a
/// log.
/// 3. `workflow_position` counts 1, 2, 3, ... within `workflow_id`; 0 with an empty workflow id.
/// 4. `body` is of its type's newest version: it is lifted to it when read, and written in no other.
/// 5. No text in it is a raw account id, a secret or a local path.
struct Event {
    SequenceId sequence_id;
    EventId event_id;
    Timestamp timestamp;
    WorkflowId workflow_id;
    std::uint64_t workflow_position = 0;
    CommandId command_id;
    Actor actor;
    EventId causation_id;
    std::string correlation_id;
    AccountHash account_id_hash;
    Decision decision = Decision::allow;
    ResultStatus result_status = ResultStatus::completed;
    std::string error_code;
    std::string input_hash;
    std::string output_hash;
    std::vector<RedactionRecord> redactions;
    std::optional<DecisionInput> decided_from;  ///< in the body as `decided_from`
    Body body;

    friend bool operator==(const Event&, const Event&) = default;
};

/// The state a workflow is in after this event, as the event claims it; empty for events of no machine.
[[nodiscard]] std::string_view claimed_state(const Body& body);
/// Sets that claim; does nothing for bodies without one.
void claim_state(Body& body, std::string_view state);

}  // namespace ibkr::events
