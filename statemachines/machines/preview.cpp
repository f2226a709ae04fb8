#include "statemachines/machines/preview.hpp"

#include "statemachines/table/proof.hpp"

namespace ibkr::statemachines {

static_assert(proved<PreviewMachine>());

namespace {

using enum PreviewState;
template <class... E>
constexpr Instance<PreviewMachine> life = live<PreviewMachine>({E{}...});

static_assert(life<PreviewRequested>.is_in(Requested));
static_assert(life<PreviewRequested, PreviewCreated>.is_in(Created));
static_assert(life<PreviewRequested, PreviewCreated, PreviewExpired>.is_in(Expired));
static_assert(life<PreviewRequested, PreviewRefused>.is_in(Refused));
// A late timer changes nothing.
static_assert(life<PreviewRequested, PreviewRefused, PreviewExpired>.is_in(Refused));
static_assert(life<PreviewRequested, PreviewCreated, PreviewExpired, PreviewExpired>.is_in(Expired));
// An expired preview is not created again, and nothing but a request begins one.
static_assert(life<PreviewRequested, PreviewCreated, PreviewExpired, PreviewCreated>.is_in(Expired));
static_assert(!life<PreviewCreated>.state);

}  // namespace

}  // namespace ibkr::statemachines
