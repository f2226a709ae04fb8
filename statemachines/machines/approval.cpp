#include "statemachines/machines/approval.hpp"

#include "statemachines/table/proof.hpp"

namespace ibkr::statemachines {

static_assert(proved<ApprovalMachine>());

namespace {

using enum ApprovalState;
template <class... E>
constexpr Instance<ApprovalMachine> life = live<ApprovalMachine>({E{}...});
using Requested = ApprovalRequested;
using Recorded = ApprovalRecorded;
using Granted = ApprovalGranted;
using Reserve = ApprovalReserved;
using Release = ApprovalReleased;
using Consume = ApprovalConsumed;
using Expire = ApprovalExpired;
using Revoke = ApprovalRevoked;
using Deny = ApprovalDenied;

static_assert(life<Requested>.is_in(Pending));
static_assert(life<Recorded>.is_in(Approved));
static_assert(life<Requested, Granted, Reserve, Consume>.is_in(Consumed));
static_assert(life<Requested, Deny>.is_in(Denied));
static_assert(life<Requested, Expire>.is_in(Expired));
static_assert(life<Requested, Revoke>.is_in(Revoked));
static_assert(life<Recorded, Expire>.is_in(Expired));
static_assert(life<Recorded, Revoke>.is_in(Revoked));

// Exclusive to one intent, once.
static_assert(life<Recorded, Reserve>.peek(Reserve{}).outcome == RowOutcome::refuse);
static_assert(life<Recorded, Reserve>.peek(Reserve{}).reason == "approval_reserved");
static_assert(life<Recorded, Reserve, Consume>.peek(Reserve{}).reason == "approval_consumed");
static_assert(life<Requested>.peek(Reserve{}).reason == "approval_pending");

// Released, it returns to what it was, or to what happened meanwhile; revocation wins.
static_assert(life<Recorded, Reserve, Release>.is_in(Approved));
static_assert(life<Recorded, Reserve, Release, Reserve, Consume>.is_in(Consumed));
static_assert(life<Recorded, Reserve, Expire>.is_in(Reserved));
static_assert(life<Recorded, Reserve, Expire, Release>.is_in(Expired));
static_assert(life<Recorded, Reserve, Revoke>.is_in(Reserved));
static_assert(life<Recorded, Reserve, Revoke, Release>.is_in(Revoked));
static_assert(life<Recorded, Reserve, Expire, Revoke, Release>.is_in(Revoked));
static_assert(life<Recorded, Reserve, Revoke, Expire, Release>.is_in(Revoked));
// What came meanwhile does not take back an order that reached the broker.
static_assert(life<Recorded, Reserve, Revoke, Consume>.is_in(Consumed));
static_assert(life<Recorded, Reserve, Expire, Consume>.is_in(Consumed));

// A late timer, and facts that contradict the table.
static_assert(life<Recorded, Reserve, Consume, Expire>.is_in(Consumed));
static_assert(life<Recorded, Reserve, Consume>.peek(Release{}).outcome == RowOutcome::fault);
static_assert(life<Recorded, Reserve, Consume, Release>.is_in(Consumed));
static_assert(life<Recorded>.peek(Consume{}).outcome == RowOutcome::fault);
static_assert(life<Requested, Deny, Granted>.is_in(Denied));
static_assert(!life<Granted>.state);

}  // namespace

}  // namespace ibkr::statemachines
