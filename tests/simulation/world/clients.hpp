#pragma once

#include <deque>
#include <functional>
#include <string>

#include "tests/simulation/world/invariants.hpp"
#include "tests/simulation/world/plan.hpp"

namespace ibkr::simulation {

/// Clients that follow the documentation: each wants one order, knows of it what it was answered, repeats
/// under the same key what was not answered, and takes a new key only when it was told that the old one is
/// spent. Some are careless (`reuse`, `mix_up`).
class Clients {
public:
    Clients(World& world, Invariants& invariants) : world_(world), invariants_(invariants) {}

    /// One act of a client, an operator included. Says what came of it, for the trace.
    [[nodiscard]] std::string perform(const Act& act);
    /// Every client asks until it has an answer that stands; at most `rounds_max` times. False: one of them
    /// got none.
    bool settle();
    [[nodiscard]] std::size_t count() const { return clients_.size(); }

private:
    enum class Stage : std::uint8_t { preview, approve, submit, placed, over };
    struct Client {
        std::size_t number = 0;
        events::Side side = events::Side::buy;
        std::int64_t quantity = 1;
        std::int64_t price = 150;
        Stage stage = Stage::preview;
        std::string preview_id, approval_id, broker_order_id;
        int keys = 0;      ///< that were spent
        int changes = 0;   ///< cancels and modifies asked for
        int refusals = 0;  ///< of previews and approvals
    };
    static constexpr int rounds_max = 12;
    static constexpr std::size_t clients_max = 24;

    std::string begin(events::Side side, std::int64_t quantity, std::int64_t price);
    std::string go_on(Client& client);
    std::string preview(Client& client);
    std::string approve(Client& client);
    std::string submit(Client& client, const std::string& approval, const std::string& key);
    /// The `nth` of the clients that are so, modulo their number; nullptr: none is.
    template <class Is>
    [[nodiscard]] Client* nth_that(std::uint64_t nth, const Is& is);
    /// It wants something that it has not been answered.
    [[nodiscard]] static bool waits(const Client& client);
    std::string cancel(Client& client);
    std::string modify(Client& client, std::uint64_t how);
    std::string revoke(Client& client);
    std::string set_kill_switch(bool open);
    /// Makes a call; the answer of a process that ended meanwhile reached nobody. Empty `result`: none came.
    std::string call(const std::function<engine::CallResult(engine::Gateway&)>& make,
                     std::optional<engine::CallResult>& result);
    [[nodiscard]] std::string key_of(const Client& client) const;

    World& world_;
    Invariants& invariants_;
    std::deque<Client> clients_;
};

}  // namespace ibkr::simulation
