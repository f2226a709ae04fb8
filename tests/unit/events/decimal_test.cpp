#include "events/values/decimal.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/unit/events/decimal_reference.hpp"
#include "tests/unit/events/generators.hpp"

using namespace ibkr::events;
using ibkr::test::decimal;
using ibkr::test::decimal_text;
using ibkr::test::ReferenceDecimal;

namespace {

Decimal of(std::string_view text) {
    return Decimal::parse(text).value();
}

std::optional<std::string> text_of(const Result<Decimal, DecimalError>& result) {
    if (result) return result->to_string();
    RC_ASSERT(result.error() == DecimalError::overflow);
    return std::nullopt;
}

const std::string largest(36, '9');

// The same arithmetic at compile time, where overflow of the machine's integers would not compile.
static_assert(Decimal::parse("199.55").value().times(Decimal::whole(10)).value() == Decimal::of(19955, 1));
static_assert(Decimal::parse("0.1").value().plus(Decimal::of(2, 1)).value() == Decimal::of(3, 1));
static_assert(Decimal::whole(1).divided_by(Decimal::whole(3), 4, RoundingMode::half_even).value() ==
              Decimal::of(3333, 4));
static_assert(Decimal::of(-5, 1) < Decimal::whole(0));

}  // namespace

TEST_CASE("a decimal prints what was parsed, in normal form") {
    REQUIRE(of("0").to_string() == "0");
    REQUIRE(of("-0").to_string() == "0");
    REQUIRE(of("-0.00").is_zero());
    REQUIRE_FALSE(of("-0.00").is_negative());
    REQUIRE(of("1.50").to_string() == "1.5");
    REQUIRE(of("100").to_string() == "100");
    REQUIRE(of("0.05").to_string() == "0.05");
    REQUIRE(of("-12.340").to_string() == "-12.34");
    REQUIRE(of("0.000000000000000001").to_string() == "0.000000000000000001");
    REQUIRE(of(largest).to_string() == largest);
    REQUIRE(of("0.10000000000000000000000").to_string() == "0.1");
    REQUIRE(rc::check("parse and print agree with the reference", [] {
        const std::string text = *decimal_text();
        RC_ASSERT(of(text).to_string() == ReferenceDecimal::of(text).text_if_it_fits());
        RC_ASSERT(of(of(text).to_string()) == of(text));
    }));
}

TEST_CASE("a decimal prints at least the decimals asked for") {
    REQUIRE(of("199.5").to_string(2) == "199.50");
    REQUIRE(of("199").to_string(2) == "199.00");
    REQUIRE(of("0").to_string(2) == "0.00");
    REQUIRE(of("-0.5").to_string(3) == "-0.500");
    REQUIRE(of("1.2345").to_string(2) == "1.2345");
    REQUIRE(of("7").to_string(99) == "7." + std::string(18, '0'));
}

TEST_CASE("malformed decimals are refused") {
    for (const char* text :
         {"",   "-",  "+1",  ".5",  "5.",   "1..2",  "1.2.3", "--1", "1-",  "01",       "-01", "00", "00.5",
          " 1", "1 ", "1e5", "1E5", "0x10", "1,000", "NaN",   "inf", "1\t", "\xd9\xa1", "1_0", "-.5"}) {
        CAPTURE(text);
        const auto parsed = Decimal::parse(text);
        REQUIRE_FALSE(parsed.has_value());
        REQUIRE(parsed.error() == DecimalError::malformed);
    }
    using namespace std::string_view_literals;
    REQUIRE_FALSE(Decimal::parse("1\0"sv).has_value());
    REQUIRE(Decimal::parse(std::string(41, '1')).error() == DecimalError::malformed);
    REQUIRE(rc::check("no text crashes the parser", [](const std::string& text) {
        if (const auto parsed = Decimal::parse(text))
            RC_ASSERT(Decimal::parse(parsed->to_string()).value() == *parsed);
    }));
}

TEST_CASE("too many digits are an overflow, never a nearby number") {
    REQUIRE(Decimal::parse("1" + std::string(36, '0')).error() == DecimalError::overflow);
    REQUIRE(Decimal::parse(std::string(37, '9')).error() == DecimalError::overflow);
    REQUIRE(Decimal::parse(std::string(40, '9')).error() == DecimalError::overflow);
    REQUIRE(Decimal::parse("0.0000000000000000001").error() == DecimalError::overflow);
    REQUIRE(Decimal::parse("100000000000000000." + std::string(17, '0') + "1").has_value());
    REQUIRE(Decimal::parse("100000000000000000." + std::string(18, '0') + "1").error() ==
            DecimalError::overflow);
    REQUIRE(of(largest).plus(Decimal::whole(1)).error() == DecimalError::overflow);
    REQUIRE(of("-" + largest).minus(Decimal::whole(1)).error() == DecimalError::overflow);
    REQUIRE(of(largest).plus(Decimal::of(1, 1)).error() == DecimalError::overflow);
    REQUIRE(of(largest).plus(Decimal::of(1, 18)).error() == DecimalError::overflow);
    REQUIRE(of(largest).plus(of("-" + largest)).value().is_zero());
    REQUIRE(of(largest).times(Decimal::whole(10)).error() == DecimalError::overflow);
    REQUIRE(of(largest).times(of(largest)).error() == DecimalError::overflow);
    REQUIRE(of(largest).times(Decimal::whole(-1)).value() == of("-" + largest));
    REQUIRE(Decimal::of(1, 18).times(Decimal::of(1, 1)).error() == DecimalError::overflow);
    REQUIRE(of(largest).divided_by(Decimal::of(1, 1), 0, RoundingMode::down).error() ==
            DecimalError::overflow);
    REQUIRE(of(largest).divided_by(Decimal::of(1, 18), 18, RoundingMode::down).error() ==
            DecimalError::overflow);
}

TEST_CASE("sums and products are those of a slow exact reference") {
    REQUIRE(rc::check("plus and minus", [] {
        const std::string a = *decimal_text();
        const std::string b = *decimal_text();
        const auto expected = sum(ReferenceDecimal::of(a), ReferenceDecimal::of(b)).text_if_it_fits();
        RC_ASSERT(text_of(of(a).plus(of(b))) == expected);
        RC_ASSERT(text_of(of(a).minus(of(b).negated())) == expected);
    }));
    REQUIRE(rc::check("times", [] {
        const ReferenceDecimal a = ReferenceDecimal::of((*decimal()).to_string());
        const ReferenceDecimal b = ReferenceDecimal::of((*decimal()).to_string());
        const ReferenceDecimal exact = product(a, b);
        const auto got = text_of(of(*a.text_if_it_fits()).times(of(*b.text_if_it_fits())));
        if (got || exact.digits.length() <= 38) RC_ASSERT(got == exact.text_if_it_fits());
    }));
}

TEST_CASE("quotients are those of a slow exact reference, in every rounding mode") {
    REQUIRE(Decimal::whole(1).divided_by(Decimal::whole(0), 2, RoundingMode::down).error() ==
            DecimalError::division_by_zero);
    REQUIRE(Decimal::whole(1).divided_by(Decimal::whole(1), 19, RoundingMode::down).error() ==
            DecimalError::overflow);
    REQUIRE(Decimal::whole(10).divided_by(of("0.0001"), 2, RoundingMode::down).value() ==
            Decimal::whole(100'000));
    REQUIRE(of("10000000000")
                .divided_by(of("1.000000000000000001"), 18, RoundingMode::down)
                .value()
                .to_string() == "9999999999.99999999");
    REQUIRE(rc::check("divided_by", [] {
        const std::string a = *decimal_text();
        const std::string b = *decimal_text();
        RC_PRE(!of(b).is_zero());
        const int scale = *rc::gen::inRange(0, 19);
        const RoundingMode mode = *ibkr::test::rounding_mode();
        const auto expected =
            quotient(ReferenceDecimal::of(a), ReferenceDecimal::of(b), static_cast<std::size_t>(scale), mode);
        RC_ASSERT(text_of(of(a).divided_by(of(b), scale, mode)) == expected.text_if_it_fits());
    }));
}

TEST_CASE("rounding follows the stated mode") {
    using enum RoundingMode;
    const auto rounded = [](std::string_view text, RoundingMode mode) {
        return of(text).rounded(0, mode).to_string();
    };
    REQUIRE(rounded("2.5", down) == "2");
    REQUIRE(rounded("-2.5", down) == "-2");
    REQUIRE(rounded("2.1", up) == "3");
    REQUIRE(rounded("-2.1", up) == "-3");
    REQUIRE(rounded("-2.1", floor) == "-3");
    REQUIRE(rounded("2.9", floor) == "2");
    REQUIRE(rounded("2.1", ceiling) == "3");
    REQUIRE(rounded("-2.9", ceiling) == "-2");
    REQUIRE(rounded("2.5", half_up) == "3");
    REQUIRE(rounded("-2.5", half_up) == "-3");
    REQUIRE(rounded("2.4999999999", half_up) == "2");
    REQUIRE(rounded("2.5", half_even) == "2");
    REQUIRE(rounded("3.5", half_even) == "4");
    REQUIRE(rounded("-2.5", half_even) == "-2");
    REQUIRE(of("199.999").rounded(2, half_up).to_string() == "200");
    REQUIRE(of("1.5").rounded(4, up) == of("1.5"));
    REQUIRE(rc::check("rounded agrees with the reference", [] {
        const std::string a = *decimal_text();
        const int scale = *rc::gen::inRange(0, 19);
        const RoundingMode mode = *ibkr::test::rounding_mode();
        const auto expected = quotient(ReferenceDecimal::of(a), ReferenceDecimal::of("1"),
                                       static_cast<std::size_t>(scale), mode);
        RC_ASSERT(of(a).rounded(scale, mode).to_string() == expected.text_if_it_fits());
    }));
}

TEST_CASE("decimals are totally ordered by value") {
    REQUIRE(rc::check("order is the sign of the exact difference", [] {
        const std::string a = *decimal_text();
        const std::string b = *rc::gen::oneOf(decimal_text(), rc::gen::just(a));
        ReferenceDecimal minus_b = ReferenceDecimal::of(b);
        minus_b.negative = !minus_b.negative;
        const ReferenceDecimal difference = sum(ReferenceDecimal::of(a), minus_b);
        const bool less = difference.negative && !difference.digits.is_zero();
        RC_ASSERT((of(a) < of(b)) == less);
        RC_ASSERT((of(a) == of(b)) == difference.digits.is_zero());
        RC_ASSERT((of(b) > of(a)) == less);
    }));
    REQUIRE(rc::check("transitive and compatible with negation", [] {
        std::vector<Decimal> values{*decimal(), *decimal(), *decimal()};
        std::sort(values.begin(), values.end());
        RC_ASSERT(values[0] <= values[2]);
        RC_ASSERT(values[2].negated() <= values[0].negated());
        RC_ASSERT(values[0].absolute() == values[0].negated().absolute());
    }));
}

TEST_CASE("text conversion leaves the target alone on failure") {
    Decimal value = of("5");
    REQUIRE_FALSE(from_text("5,0", value));
    REQUIRE(value == of("5"));
    REQUIRE(from_text("6.50", value));
    REQUIRE(to_text(value) == "6.5");
    for (const auto error : {DecimalError::malformed, DecimalError::overflow, DecimalError::division_by_zero})
        REQUIRE(to_string(error) != "unknown decimal error");
}
