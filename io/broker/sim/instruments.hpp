#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "events/values/order.hpp"
#include "io/broker/sim/units.hpp"

namespace ibkr::io::sim {

/// How the venue treats orders in a contract. Everything but `ordinary` exists to rehearse what a broker may
/// do; `venue_behaviours()` is the table for people.
enum class Behaviour : std::uint8_t { ordinary, slow, halted, rejecting, half_only };

/// One listed contract. `base` and `half_spread` give the quote of the first minute of a book:
/// bid = base - half_spread, last = base, ask = base + half_spread.
struct Instrument {
    std::int64_t number;  ///< the broker's contract number; the contract id is its decimal text
    std::string_view symbol;
    std::string_view description;
    events::AssetClass asset_class;
    std::string_view exchange;
    Cents base;
    Cents half_spread;
    Shares display;  ///< shares that one order can take from the book at once
    Behaviour behaviour = Behaviour::ordinary;

    /// Stocks and ETFs trade; other classes are listed so that refusing them can be seen.
    [[nodiscard]] bool is_traded() const noexcept {
        return asset_class == events::AssetClass::stock || asset_class == events::AssetClass::etf;
    }
};

struct BehaviourNote {
    Behaviour behaviour;
    std::string_view symbol;
    std::string_view what_happens;
};

[[nodiscard]] std::span<const Instrument> instruments() noexcept;
[[nodiscard]] std::span<const BehaviourNote> venue_behaviours() noexcept;

/// nullptr when no contract has this id.
[[nodiscard]] const Instrument* find_instrument(const events::ContractId& id) noexcept;
/// Contracts with exactly this symbol; if there are none, those whose symbol or description contains the
/// text. Case-insensitive, in the order of the list.
[[nodiscard]] std::vector<const Instrument*> search_instruments(std::string_view query);
[[nodiscard]] events::Contract contract_of(const Instrument& instrument);

}  // namespace ibkr::io::sim
