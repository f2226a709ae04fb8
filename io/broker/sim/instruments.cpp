#include "io/broker/sim/instruments.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string>

namespace ibkr::io::sim {
namespace {

constexpr auto stock = events::AssetClass::stock;
constexpr auto etf = events::AssetClass::etf;
constexpr auto option = events::AssetClass::option;

// Prices are the venue's own, in cents; contract numbers of real companies follow the broker's lists.
constexpr std::array listed{
    Instrument{265598, "AAPL", "APPLE INC", stock, "SMART", 19955, 5, 500},
    Instrument{272093, "MSFT", "MICROSOFT CORP", stock, "SMART", 42010, 6, 500},
    Instrument{4815747, "NVDA", "NVIDIA CORP", stock, "SMART", 12140, 2, 500},
    Instrument{76792991, "TSLA", "TESLA INC", stock, "SMART", 24875, 8, 500},
    Instrument{3691937, "AMZN", "AMAZON.COM INC", stock, "SMART", 18530, 4, 500},
    Instrument{208813719, "GOOGL", "ALPHABET INC-CL A", stock, "SMART", 16545, 4, 500},
    Instrument{107113386, "META", "META PLATFORMS INC-CLASS A", stock, "SMART", 50220, 9, 500},
    Instrument{8314, "IBM", "INTL BUSINESS MACHINES CORP", stock, "SMART", 18890, 5, 300},
    Instrument{15124833, "NFLX", "NETFLIX INC", stock, "SMART", 63140, 20, 200},
    Instrument{4391, "AMD", "ADVANCED MICRO DEVICES", stock, "SMART", 15805, 4, 500},
    Instrument{270639, "INTC", "INTEL CORP", stock, "SMART", 3060, 1, 500},
    Instrument{268084, "CSCO", "CISCO SYSTEMS INC", stock, "SMART", 4785, 1, 500},
    Instrument{272800, "ORCL", "ORACLE CORP", stock, "SMART", 12565, 4, 300},
    Instrument{265768, "ADBE", "ADOBE INC", stock, "SMART", 48215, 14, 200},
    Instrument{1520593, "JPM", "JPMORGAN CHASE & CO", stock, "SMART", 19870, 5, 300},
    Instrument{10098, "BAC", "BANK OF AMERICA CORP", stock, "SMART", 3815, 1, 500},
    Instrument{4627828, "GS", "GOLDMAN SACHS GROUP INC", stock, "SMART", 45530, 15, 200},
    Instrument{49462172, "V", "VISA INC-CLASS A SHARES", stock, "SMART", 27440, 6, 300},
    Instrument{38685693, "MA", "MASTERCARD INC - A", stock, "SMART", 45160, 12, 200},
    Instrument{8894, "KO", "COCA-COLA CO/THE", stock, "SMART", 6270, 1, 500},
    Instrument{11017, "PEP", "PEPSICO INC", stock, "SMART", 16915, 4, 300},
    Instrument{13824, "WMT", "WALMART INC", stock, "SMART", 6735, 1, 500},
    Instrument{6459, "DIS", "WALT DISNEY CO/THE", stock, "SMART", 10025, 2, 500},
    Instrument{8719, "JNJ", "JOHNSON & JOHNSON", stock, "SMART", 14780, 3, 300},
    Instrument{13977, "XOM", "EXXON MOBIL CORP", stock, "SMART", 11390, 2, 500},
    Instrument{5684, "CVX", "CHEVRON CORP", stock, "SMART", 15640, 4, 300},
    Instrument{37018770, "T", "AT&T INC", stock, "SMART", 1820, 1, 500},
    Instrument{4901, "VZ", "VERIZON COMMUNICATIONS INC", stock, "SMART", 4055, 1, 500},
    Instrument{756733, "SPY", "SPDR S&P 500 ETF TRUST", etf, "SMART", 54320, 1, 500},
    Instrument{320227571, "QQQ", "INVESCO QQQ TRUST SERIES 1", etf, "SMART", 46875, 1, 500},
    Instrument{9579970, "IWM", "ISHARES RUSSELL 2000 ETF", etf, "SMART", 20240, 1, 500},
    Instrument{73128548, "DIA", "SPDR DJIA TRUST", etf, "SMART", 39150, 2, 300},
    Instrument{51529211, "GLD", "SPDR GOLD SHARES", etf, "SMART", 21460, 1, 500},
    Instrument{15547841, "TLT", "ISHARES 20+ YEAR TREASURY BD", etf, "SMART", 9215, 1, 500},
    Instrument{900001, "AMBIG", "AMBIGUOUS HOLDINGS INC", stock, "NASDAQ", 5000, 5, 500},
    Instrument{900002, "AMBIG", "AMBIGUOUS MINING PLC ADR", stock, "NYSE", 2500, 5, 500},
    Instrument{900011, "SLOW", "SLOW FILL REHEARSAL CORP", stock, "SMART", 2000, 2, 500, Behaviour::slow},
    Instrument{900012, "HALT", "HALTED REHEARSAL CORP", stock, "SMART", 2000, 2, 500, Behaviour::halted},
    Instrument{900013, "REJ", "REJECTING REHEARSAL CORP", stock, "SMART", 2000, 2, 500, Behaviour::rejecting},
    Instrument{900014, "PART", "PARTIAL REHEARSAL CORP", stock, "SMART", 2000, 2, 500, Behaviour::half_only},
    Instrument{700001, "AAPL270115C200", "AAPL 15JAN2027 200 CALL", option, "SMART", 1250, 5, 10},
};

constexpr std::array behaviour_notes{
    BehaviourNote{Behaviour::ordinary, "(all others)",
                  "fills at the quote up to the displayed size, the rest in slices every 10 s"},
    BehaviourNote{Behaviour::slow, "SLOW", "works for 5 s before its first fill"},
    BehaviourNote{Behaviour::halted, "HALT", "accepted, never fills"},
    BehaviourNote{Behaviour::rejecting, "REJ", "every order is rejected with a reason"},
    BehaviourNote{Behaviour::half_only, "PART", "fills the first half of an order, never the rest"},
};

std::string upper(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return result;
}

}  // namespace

std::span<const Instrument> instruments() noexcept {
    return listed;
}

std::span<const BehaviourNote> venue_behaviours() noexcept {
    return behaviour_notes;
}

const Instrument* find_instrument(const events::ContractId& id) noexcept {
    const std::string& text = id.text();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || text.front() == '0') return nullptr;
    const auto found = std::ranges::find(listed, number, &Instrument::number);
    return found == listed.end() ? nullptr : &*found;
}

std::vector<const Instrument*> search_instruments(std::string_view query) {
    const std::string wanted = upper(query);
    std::vector<const Instrument*> exact;
    std::vector<const Instrument*> similar;
    for (const Instrument& instrument : listed) {
        if (instrument.symbol == wanted) exact.push_back(&instrument);
        if (instrument.symbol.find(wanted) != std::string_view::npos ||
            instrument.description.find(wanted) != std::string_view::npos)
            similar.push_back(&instrument);
    }
    return exact.empty() ? similar : exact;
}

events::Contract contract_of(const Instrument& instrument) {
    return {events::ContractId(std::to_string(instrument.number)),
            std::string(instrument.symbol),
            std::string(instrument.description),
            instrument.asset_class,
            std::string(instrument.exchange),
            events::Currency{}};
}

}  // namespace ibkr::io::sim
