#pragma once

#include <string>

#include <rapidcheck.h>

#include "events/values/decimal.hpp"

namespace ibkr::test {

/// Plain decimal texts of every length a Decimal holds, short ones as often as long ones.
inline rc::Gen<std::string> decimal_text() {
    return rc::gen::exec([] {
        const bool is_short = *rc::gen::arbitrary<bool>();
        const int decimals = *rc::gen::inRange(0, is_short ? 5 : 19);
        const int whole = *rc::gen::inRange(1, is_short ? 6 : 37 - decimals);
        std::string text = *rc::gen::arbitrary<bool>() ? "-" : "";
        const auto digit = rc::gen::weightedOneOf<char>(
            {{2, rc::gen::element('0', '5', '9')}, {1, rc::gen::inRange('0', static_cast<char>('9' + 1))}});
        for (int i = 0; i < whole; ++i) {
            const char c = *digit;
            text.push_back(i == 0 && c == '0' && whole > 1 ? '1' : c);
        }
        if (decimals > 0) text.push_back('.');
        for (int i = 0; i < decimals; ++i)
            text.push_back(*digit);
        return text;
    });
}

inline rc::Gen<events::Decimal> decimal() {
    return rc::gen::map(decimal_text(),
                        [](const std::string& text) { return events::Decimal::parse(text).value(); });
}

inline rc::Gen<events::RoundingMode> rounding_mode() {
    using enum events::RoundingMode;
    return rc::gen::element(down, up, floor, ceiling, half_up, half_even);
}

/// Any sequence of Unicode scalar values as UTF-8: control, ASCII, multi-byte up to U+10FFFF.
inline rc::Gen<std::string> unicode_text() {
    return rc::gen::exec([] {
        std::string text;
        const int length = *rc::gen::inRange(0, 24);
        for (int i = 0; i < length; ++i) {
            text += *rc::gen::weightedOneOf<std::string>(
                {{6, rc::gen::map(rc::gen::inRange(' ', static_cast<char>(127)),
                                  [](char c) { return std::string(1, c); })},
                 {1, rc::gen::map(rc::gen::inRange('\0', ' '), [](char c) { return std::string(1, c); })},
                 {2, rc::gen::element<std::string>("\"", "\\", "/", "\x7f", "\xc2\x80", "\xc3\xa9",
                                                   "\xdf\xbf", "\xe0\xa0\x80", "\xe2\x82\xac", "\xed\x9f\xbf",
                                                   "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
                                                   "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf")}});
        }
        return text;
    });
}

}  // namespace ibkr::test
