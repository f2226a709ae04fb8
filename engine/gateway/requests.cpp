#include "engine/gateway/requests.hpp"

#include <array>

namespace ibkr::engine {
namespace {

using events::EnumName;

constexpr std::array<EnumName<ApprovalAct>, 3> approval_acts{
    {{ApprovalAct::grant, "grant"}, {ApprovalAct::deny, "deny"}, {ApprovalAct::revoke, "revoke"}}};
constexpr std::array<EnumName<AuditReadKind>, 3> audit_read_kinds{{{AuditReadKind::tail, "tail"},
                                                                   {AuditReadKind::export_range, "export"},
                                                                   {AuditReadKind::verify, "verify"}}};

}  // namespace

std::span<const EnumName<ApprovalAct>> enum_names(ApprovalAct) noexcept {
    return approval_acts;
}

std::span<const EnumName<AuditReadKind>> enum_names(AuditReadKind) noexcept {
    return audit_read_kinds;
}

}  // namespace ibkr::engine
