#include "statemachines/machines/broker_session.hpp"

#include "statemachines/table/proof.hpp"

namespace ibkr::statemachines {

static_assert(proved<BrokerSessionMachine>());

namespace {

using enum BrokerSessionState;
template <BrokerSessionState... seen>
constexpr Instance<BrokerSessionMachine> life = live<BrokerSessionMachine>({SessionObserved{seen}...});

static_assert(life<>.is_in(Unavailable) && life<>.data.stretch == 0);
static_assert(life<Usable>.is_in(Usable) && life<Usable>.data.stretch == 1);
static_assert(life<Usable, Expired>.is_in(Expired));
static_assert(life<Usable, Competing>.is_in(Competing));
static_assert(life<Usable, ManualActionRequired>.is_in(ManualActionRequired));
static_assert(life<Usable, Competing, Unavailable>.is_in(Unavailable));
// A session seen usable twice is one stretch; one that was lost in between is another.
static_assert(life<Usable, Usable, Usable>.data.stretch == 1);
static_assert(life<Usable, Competing, Usable>.is_in(Usable) &&
              life<Usable, Competing, Usable>.data.stretch == 2);

}  // namespace

}  // namespace ibkr::statemachines
