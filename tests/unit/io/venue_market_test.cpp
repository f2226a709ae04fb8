#include <set>

#include <rapidcheck.h>

#include "io/broker/sim/instruments.hpp"
#include "io/broker/sim/market.hpp"
#include "tests/unit/io/venue_support.hpp"

namespace ibkr::io {
namespace {

using namespace venue_test;
using sim::Market;
using sim::Millis;

const sim::Instrument& aapl() {
    return *sim::find_instrument(events::ContractId("265598"));
}

bool same(const sim::Touch& a, const sim::Touch& b) {
    return a.bid == b.bid && a.ask == b.ask && a.last == b.last;
}

TEST_CASE("AAPL keeps its documented quote for the first minute of a book, whatever the seed") {
    engine::VirtualClock clock(start.plus_ms(1'234));
    const std::uint64_t seed = GENERATE(1ULL, 7ULL, 0xffff'ffff'ffff'ffffULL);
    const auto venue = open_venue(clock, ":memory:", seed);
    for (const std::int64_t passed : {0, 30'000, 30'000}) {
        clock.advance_ms(passed);
        const auto quote = venue->quote(events::ContractId("265598")).value();
        CHECK(quote.bid == price("199.50"));
        CHECK(quote.ask == price("199.60"));
        CHECK(quote.last == price("199.55"));
        CHECK(quote.currency.code() == "USD");
        CHECK(quote.data_status == events::DataStatus::live);
        CHECK(quote.received_at == clock.now());
        CHECK(quote.received_at.unix_ms() - quote.source_timestamp.unix_ms() < 1'000);
    }
}

TEST_CASE("Prices move after the first minute, in steps of a slot, differently for each seed") {
    const Market market(1, start.unix_ms());
    const Market other(2, start.unix_ms());
    int moves = 0;
    int differences = 0;
    for (Millis t = 0; t < 3'600'000; t += Market::slot_length) {
        const Millis moment = start.unix_ms() + t;
        const auto touch = market.at(aapl(), moment);
        CHECK(same(touch, market.at(aapl(), moment + Market::slot_length - 1)));
        moves += same(touch, market.at(aapl(), moment + Market::slot_length)) ? 0 : 1;
        differences += same(touch, other.at(aapl(), moment)) ? 0 : 1;
    }
    CHECK(moves > 100);
    CHECK(differences > 100);
}

TEST_CASE("Every price lies on the tick, near its base, with bid below last below ask") {
    venue_test::check_property("bounded", [](std::uint64_t seed) {
        const Market market(seed, start.unix_ms());
        const Millis offset = *rc::gen::inRange<Millis>(-400LL * 86'400'000, 400LL * 86'400'000);
        for (const sim::Instrument& instrument : sim::instruments()) {
            const auto touch = market.at(instrument, start.unix_ms() + offset);
            RC_ASSERT(touch.bid > 0);
            RC_ASSERT(touch.bid < touch.last);
            RC_ASSERT(touch.last < touch.ask);
            RC_ASSERT(touch.last * 100 >= instrument.base * 92);
            RC_ASSERT(touch.last * 100 <= instrument.base * 108);
        }
    });
}

TEST_CASE("Bars agree with the walk") {
    const auto size = GENERATE(std::pair<const char*, Millis>{"5 mins", 300'000},
                               std::pair<const char*, Millis>{"1 hour", 3'600'000});
    const Market market(3, start.unix_ms());
    const Millis now = start.unix_ms() + 7'261'000;
    const auto bars = market.bars(aapl(), "1 D", size.first, now).value();
    REQUIRE(bars.size() == static_cast<std::size_t>(86'400'000 / size.second));
    Millis expected_start = now - now % size.second - 86'400'000 + size.second;
    for (const auto& bar : bars) {
        CHECK(bar.start.unix_ms() == expected_start);
        const Millis end = std::min(expected_start + size.second - 1, now);
        CHECK(bar.open == sim::price_of(market.at(aapl(), expected_start).last));
        CHECK(bar.close == sim::price_of(market.at(aapl(), end).last));
        CHECK(bar.high >= std::max(bar.open, bar.close));
        CHECK(bar.low <= std::min(bar.open, bar.close));
        CHECK(bar.volume.value().is_positive());
        expected_start += size.second;
    }
    CHECK(bars.back().close == sim::price_of(market.at(aapl(), now).last));
}

TEST_CASE("Bars of a supported duration and size come, others name what is supported") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    const events::ContractId id("265598");
    const auto count = [&](const char* duration, const char* size) {
        return venue->bars(id, duration, size).value().size();
    };
    CHECK(count("3600 S", "1 min") == 60);
    CHECK(count("1 D", "5 mins") == 288);
    CHECK(count("1 W", "15 mins") == 672);
    CHECK(count("1 M", "1 day") == 30);
    for (const auto& [duration, size] :
         {std::pair{"1 D", "1 min"}, std::pair{"1 Y", "1 day"}, std::pair{"32 D", "1 day"},
          std::pair{"3600 S", "1 day"}, std::pair{"-1 D", "1 day"}, std::pair{"", ""},
          std::pair{"1D", "1 day"}, std::pair{"99999999999999999999 D", "1 day"},
          std::pair{"1 D", "2 mins"}}) {
        const auto refused = venue->bars(id, duration, size);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code == events::ErrorCode::historical_bars_unavailable);
        CHECK(refused.error().user_action.find("15 mins") != std::string::npos);
    }
}

TEST_CASE("The list holds at least 30 stocks and ETFs with distinct ids") {
    std::set<std::int64_t> numbers;
    std::size_t traded = 0;
    for (const sim::Instrument& instrument : sim::instruments()) {
        numbers.insert(instrument.number);
        traded += instrument.is_traded() ? 1 : 0;
        CHECK(sim::find_instrument(sim::contract_of(instrument).contract_id) == &instrument);
    }
    CHECK(numbers.size() == sim::instruments().size());
    CHECK(traded >= 30);
    CHECK(sim::venue_behaviours().size() == 5);
}

TEST_CASE("Contracts are found by symbol or description") {
    engine::VirtualClock clock(start);
    const auto venue = open_venue(clock);
    const auto found = venue->search_contracts("aapl").value();
    REQUIRE(found.size() == 1);
    CHECK(found.front().contract_id.text() == "265598");
    CHECK(found.front().exchange == "SMART");
    CHECK(found.front().asset_class == events::AssetClass::stock);
    CHECK(venue->search_contracts("AMBIG").value().size() == 2);
    CHECK(venue->search_contracts("alphabet").value().front().symbol == "GOOGL");
    CHECK(venue->search_contracts("2027 200 CALL").value().front().asset_class == events::AssetClass::option);
    CHECK(venue->search_contracts("no such thing").value().empty());
    CHECK_FALSE(venue->search_contracts("").has_value());
    CHECK_FALSE(venue->search_contracts(std::string(65, 'A')).has_value());
    CHECK(venue->contract(events::ContractId("756733")).value().symbol == "SPY");
    for (const char* id : {"", "0265598", "1", "x", "265598 ", "-265598", "99999999999999999999"})
        CHECK(venue->contract(events::ContractId(id)).error().code ==
              events::ErrorCode::input_invalid_contract);
    CHECK(venue->quote(events::ContractId("700001")).error().code ==
          events::ErrorCode::input_unsupported_asset_class);
}

}  // namespace
}  // namespace ibkr::io
