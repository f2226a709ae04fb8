// The table machinery on a machine small enough to read: dispatch at run time, faults, answers, fingerprints.
#include <type_traits>

#include <catch2/catch.hpp>

#include "statemachines/table/proof.hpp"

namespace {

using namespace ibkr::statemachines;
namespace n = ibkr::statemachines::notation;

enum class DoorState : std::uint8_t { Closed, Open, Broken };

struct Turn {
    static constexpr std::uint16_t number = 7;
    static constexpr std::string_view name = "turn";
    int force = 1;
};
struct Pull {
    static constexpr std::uint16_t number = 3;
    static constexpr std::string_view name = "pull";
};
struct Found {
    static constexpr std::uint16_t number = 5;
    static constexpr std::string_view name = "found";
};
struct DoorEvent : std::variant<Turn, Pull, Found> {
    using variant::variant;
};
struct DoorData {
    int turns = 0;
    int faults = 0;
    friend constexpr bool operator==(const DoorData&, const DoorData&) noexcept = default;
};

constexpr bool too_hard(const DoorData& /*data*/, const Turn& turn) noexcept {
    return turn.force > 9;
}
constexpr bool worn_out(const DoorData& data) noexcept {
    return data.turns >= 3;
}
constexpr void count_turn(DoorData& data, const Turn& turn) noexcept {
    data.turns += turn.force;
}
constexpr void count_fault(DoorData& data) noexcept {
    ++data.faults;
}

struct DoorBase {
    using State = DoorState;
    using Data = DoorData;
    using Event = DoorEvent;
    static constexpr std::string_view name = "door";
    static constexpr auto states = std::to_array<ibkr::events::EnumName<State>>(
        {{State::Closed, "closed"}, {State::Open, "open"}, {State::Broken, "broken"}});
    static constexpr n::StateSet<State> terminal = n::on(State::Broken);
    static constexpr auto recorded = std::to_array<TableVersion>({{1, 1}, {4, 2}});
};

struct Door : DoorBase {
    // clang-format off
    static constexpr auto table = make_table<State, Data, Event>({
        n::start         + n::event<Found>                                                    = State::Closed,
        State::Closed    + n::event<Turn>[n::guard<too_hard>] / n::action<count_turn>         = State::Broken,
        State::Closed    + n::event<Turn>[n::guard<worn_out>]                                 = n::fault,
        State::Closed    + n::event<Turn> / n::action<count_turn>                             = State::Open,
        State::Closed    + n::event<Pull>                                                     = n::refuse("door_closed"),
        State::Open      + n::event<Pull>                                                     = State::Closed,
        State::Open      + n::event<Turn> / n::action<count_turn>                             = n::fault,
        n::others(State::Closed, State::Open)                                                 = n::ignore,
        n::others(State::Broken)                                                              = n::fault,
        n::on_fault(State::Open) / n::action<count_fault>                                     = State::Closed,
        n::on_fault(State::Broken) / n::action<count_fault>                                   = n::stay
    });
    // clang-format on
};

/// The same meaning: other order of pairs, rows gathered in sets, rests spelt out.
struct DoorRewritten : DoorBase {
    // clang-format off
    static constexpr auto table = make_table<State, Data, Event>({
        n::on_fault(State::Broken) / n::action<count_fault>                                   = n::stay,
        n::on(State::Broken) + n::event<Turn, Pull, Found>                                    = n::fault,
        State::Open      + n::event<Turn> / n::action<count_turn>                             = n::fault,
        State::Open      + n::event<Pull>                                                     = State::Closed,
        n::on(State::Open, State::Closed) + n::event<Found>                                   = n::ignore,
        State::Closed    + n::event<Pull>                                                     = n::refuse("door_closed"),
        State::Closed    + n::event<Turn>[n::guard<too_hard>] / n::action<count_turn>         = State::Broken,
        State::Closed    + n::event<Turn>[n::guard<worn_out>]                                 = n::fault,
        State::Closed    + n::event<Turn> / n::action<count_turn>                             = State::Open,
        n::start         + n::event<Found>                                                    = State::Closed,
        n::on_fault(State::Open) / n::action<count_fault>                                     = State::Closed
    });
    // clang-format on
};

/// Guards tried in the other order: another meaning.
struct DoorReordered : DoorBase {
    // clang-format off
    static constexpr auto table = make_table<State, Data, Event>({
        n::start         + n::event<Found>                                                    = State::Closed,
        State::Closed    + n::event<Turn>[n::guard<worn_out>]                                 = n::fault,
        State::Closed    + n::event<Turn>[n::guard<too_hard>] / n::action<count_turn>         = State::Broken,
        State::Closed    + n::event<Turn> / n::action<count_turn>                             = State::Open,
        State::Closed    + n::event<Pull>                                                     = n::refuse("door_closed"),
        State::Open      + n::event<Pull>                                                     = State::Closed,
        State::Open      + n::event<Turn> / n::action<count_turn>                             = n::fault,
        n::others(State::Closed, State::Open)                                                 = n::ignore,
        n::others(State::Broken)                                                              = n::fault,
        n::on_fault(State::Open) / n::action<count_fault>                                     = State::Closed,
        n::on_fault(State::Broken) / n::action<count_fault>                                   = n::stay
    });
    // clang-format on
};

static_assert(detail::survey<Door>() == detail::Findings{});
static_assert(fingerprint<Door>() == 0x1b6f0acf255bd677, "the value is the same from every compiler");
static_assert(fingerprint<Door>() == fingerprint<DoorRewritten>());
static_assert(fingerprint<Door>() != fingerprint<DoorReordered>());
static_assert(current_version<Door> == 4);

}  // namespace

TEST_CASE("a step folds the event and names what decided") {
    DoorData data;
    const auto result = step<Door>(DoorState::Closed, data, DoorEvent{Turn{2}});
    CHECK(result.outcome == RowOutcome::step);
    CHECK(result.from == DoorState::Closed);
    CHECK(result.to == DoorState::Open);
    CHECK(result.moved());
    CHECK(result.event == "turn");
    CHECK(result.guard.empty());
    CHECK(result.action == "count_turn");
    CHECK(data.turns == 2);
}

TEST_CASE("guards are tried in the order written") {
    DoorData data{5, 0};
    const auto broken = step<Door>(DoorState::Closed, data, DoorEvent{Turn{10}});
    CHECK(broken.guard == "too_hard");
    CHECK(broken.to == DoorState::Broken);
    data = {5, 0};
    CHECK(step<DoorReordered>(DoorState::Closed, data, DoorEvent{Turn{10}}).guard == "worn_out");
}

TEST_CASE("a refusal and an ignored event change nothing") {
    DoorData data{1, 0};
    const auto refused = step<Door>(DoorState::Closed, data, DoorEvent{Pull{}});
    CHECK(refused.outcome == RowOutcome::refuse);
    CHECK(refused.reason == "door_closed");
    CHECK(!refused.moved());
    const auto ignored = step<Door>(DoorState::Open, data, DoorEvent{Found{}});
    CHECK(ignored.outcome == RowOutcome::ignore);
    CHECK(!ignored.moved());
    CHECK(data == DoorData{1, 0});
}

TEST_CASE("a fault runs its row's action, then the state's rule") {
    DoorData data;
    const auto away = step<Door>(DoorState::Open, data, DoorEvent{Turn{4}});
    CHECK(away.outcome == RowOutcome::fault);
    CHECK(away.action == "count_turn");
    CHECK(away.fault_action == "count_fault");
    CHECK(away.to == DoorState::Closed);
    CHECK(data == DoorData{4, 1});

    const auto terminal = step<Door>(DoorState::Broken, data, DoorEvent{Pull{}});
    CHECK(terminal.outcome == RowOutcome::fault);
    CHECK(terminal.to == DoorState::Broken);
    CHECK(data == DoorData{4, 2});

    // Without a rule the state stays and the data with it.
    const auto stays = step<Door>(DoorState::Closed, data, DoorEvent{Turn{1}});
    CHECK(stays.outcome == RowOutcome::fault);
    CHECK(stays.guard == "worn_out");
    CHECK(stays.to == DoorState::Closed);
    CHECK(data == DoorData{4, 2});
}

TEST_CASE("only an event with a row of start begins a workflow") {
    Instance<Door> door;
    CHECK(!door.state);
    const auto early = door.apply(DoorEvent{Turn{}});
    CHECK(early.outcome == RowOutcome::fault);
    CHECK(!early.from);
    CHECK(!early.to);
    CHECK(door == Instance<Door>{});
    const auto begun = door.apply(DoorEvent{Found{}});
    CHECK(begun.outcome == RowOutcome::step);
    CHECK(!begun.from);
    CHECK(door.is_in(DoorState::Closed));
}

TEST_CASE("peek answers like step and changes nothing") {
    for (const auto state : {DoorState::Closed, DoorState::Open, DoorState::Broken})
        for (const auto& event :
             {DoorEvent{Turn{1}}, DoorEvent{Turn{99}}, DoorEvent{Pull{}}, DoorEvent{Found{}}}) {
            DoorData data{2, 0};
            const auto asked = peek<Door>(state, data, event);
            CHECK(data == DoorData{2, 0});
            const auto done = step<Door>(state, data, event);
            CHECK(asked.outcome == done.outcome);
            CHECK(asked.to == done.to);
            CHECK(asked.guard == done.guard);
        }
}

TEST_CASE("the same life at compile time and at run time") {
    constexpr auto compiled = live<Door>({Found{}, Turn{2}, Pull{}, Turn{1}, Turn{1}, Pull{}, Turn{50}});
    Instance<Door> run;
    for (const auto& event : {DoorEvent{Found{}}, DoorEvent{Turn{2}}, DoorEvent{Pull{}}, DoorEvent{Turn{1}},
                              DoorEvent{Turn{1}}, DoorEvent{Pull{}}, DoorEvent{Turn{50}}})
        static_cast<void>(run.apply(event));
    CHECK(run == compiled);
    CHECK(run.is_terminal());
}
