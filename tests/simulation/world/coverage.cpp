#include "tests/simulation/world/coverage.hpp"

#include <algorithm>

namespace ibkr::simulation {
namespace {

using States = std::vector<std::string_view>;

States operator+(States left, const States& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

const States writing{"submitting", "modify_pending", "cancel_pending"};
const States resting{"working", "partially_filled", "unknown"};
const States ended_at_broker{"filled", "cancelled", "expired"};
const States not_at_broker{"not_sent", "not_placed"};
const States ended = ended_at_broker + States{"rejected"} + not_at_broker;
const States all = writing + resting + ended;
const States asked_about{"working", "partially_filled", "modify_pending", "cancel_pending", "unknown"};
const NeverMet submitting_is_not_asked{{"submitting"}, "an order is looked up once its outcome is recorded"};
const NeverMet nobody_asks_questions{{"awaiting_reply"}, "this broker asks no questions"};

/// What cuts an append off: every state comes by one.
FaultRow of_appends(std::string_view fault) {
    return {fault, all, {nobody_asks_questions}};
}
/// What meets the one write that is on its way.
FaultRow of_writes(std::string_view fault) {
    return {fault,
            writing,
            {nobody_asks_questions,
             {resting + ended,
              "a write begins in a state of its own, and seldom is the order elsewhere by then", true}}};
}

std::vector<FaultRow> table() {
    const NeverMet no_fill_is_missing{ended, "an order ends when none of its executions is missing"};
    return {
        of_appends("crash keep"),
        of_appends("crash drop"),
        of_appends("crash tear"),
        of_appends("crash garble"),
        of_appends("fail_sync"),
        of_appends("fill_disk"),
        of_writes("crash in a write"),
        of_writes("lose_request"),
        of_writes("lose_answer"),
        of_writes("deliver_twice"),
        of_writes("refuse"),
        of_writes("hold_up"),
        of_writes("answer_late"),
        of_writes("stall"),
        of_writes("says_live"),
        of_writes("fail_anchor_sync"),
        {"crash again",
         asked_about + States{"submitting"},
         {nobody_asks_questions, {ended, "a start looks at open orders only"}}},
        {"roll_back",
         resting + ended + States{"modify_pending", "cancel_pending"},
         {nobody_asks_questions,
          {{"submitting"}, "a disk is put back between two acts, when no write is under way"}}},
        {"arrives_late",
         asked_about + ended_at_broker + States{"rejected"},
         {nobody_asks_questions,
          {{"submitting"}, "its outcome is recorded before a held-up request arrives"},
          {{"not_sent"}, "no request of it exists"},
          {{"not_placed"}, "beside a network broker nothing proves that"}}},
        {"ids_again",
         asked_about + ended_at_broker + States{"rejected", "submitting"},
         {nobody_asks_questions, {not_at_broker, "it has no id at the broker"}}},
        {"fill_mid_way",
         asked_about,
         {nobody_asks_questions,
          {{"submitting"}, "its request has not arrived yet"},
          {ended, "it is not live at the broker"}}},
        {"lag", asked_about, {nobody_asks_questions, submitting_is_not_asked, no_fill_is_missing}},
        {"stale_read",
         asked_about + ended_at_broker,
         {nobody_asks_questions,
          submitting_is_not_asked,
          {not_at_broker + States{"rejected"}, "it has no executions, and is not looked up any more"}}},
        {"shuffle_lists", asked_about, {nobody_asks_questions, submitting_is_not_asked, no_fill_is_missing}},
        {"executions_twice",
         asked_about,
         {nobody_asks_questions, submitting_is_not_asked, no_fill_is_missing}},
        {"reads_fail",
         asked_about + States{"submitting"},
         {nobody_asks_questions, {ended, "it is not looked up any more"}}},
        {"stale_quote",
         {"working", "partially_filled"},
         {nobody_asks_questions,
          {writing + States{"unknown"} + ended,
           "only a modify asks for a quote, and the machine refuses it first"}}},
        {"space_low",
         asked_about,
         {nobody_asks_questions,
          {{"submitting"}, "no new order is taken, though one may be on its way", true},
          {ended, "nothing moves it any more"}}},
    };
}

}  // namespace

const std::vector<std::string_view>& order_states() {
    static const States states = all + States{"awaiting_reply"};
    return states;
}

const std::vector<FaultRow>& fault_table() {
    static const std::vector<FaultRow> rows = table();
    return rows;
}

std::vector<std::string> Coverage::missing() const {
    std::vector<std::string> missing;
    for (const FaultRow& row : fault_table())
        for (const std::string_view state : row.meets)
            if (!has(row.fault, state)) missing.push_back(pair_of(row.fault, state));
    return missing;
}

std::vector<std::string> Coverage::unexpected() const {
    std::vector<std::string> unexpected;
    for (const auto& [pair, times] : met_) {
        const auto allows = [&](const FaultRow& row) {
            const auto is_met = [&](std::string_view state) { return pair_of(row.fault, state) == pair; };
            return std::ranges::any_of(row.meets, is_met) ||
                   std::ranges::any_of(row.never, [&](const NeverMet& never) {
                       return never.but_by_chance && std::ranges::any_of(never.states, is_met);
                   });
        };
        if (std::ranges::none_of(fault_table(), allows)) unexpected.push_back(pair);
    }
    return unexpected;
}

}  // namespace ibkr::simulation
