#include "statemachines/machines/kill_switch.hpp"

#include "statemachines/table/proof.hpp"

namespace ibkr::statemachines {

static_assert(proved<KillSwitchMachine>());

namespace {

using enum KillSwitchState;
template <class... E>
constexpr Instance<KillSwitchMachine> life = live<KillSwitchMachine>({E{}...});

static_assert(life<>.is_in(Closed));
static_assert(life<KillSwitchOpened>.is_in(Open));
static_assert(life<KillSwitchOpened, KillSwitchClosed>.is_in(Closed));
static_assert(life<KillSwitchClosed>.is_in(Closed));
static_assert(life<KillSwitchOpened, KillSwitchOpened>.is_in(Open));
static_assert(life<KillSwitchOpened>.peek(KillSwitchOpened{}).outcome == RowOutcome::ignore);

}  // namespace

}  // namespace ibkr::statemachines
