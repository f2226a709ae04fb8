#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ibkr::test {

/// A slow, obviously right natural number for checking exact decimals: one decimal digit per place,
/// schoolbook methods, no limit. Least digit first, no leading zeros; zero has no digits.
class BigInteger {
public:
    BigInteger() = default;
    explicit BigInteger(std::string_view digits) {
        for (std::size_t i = digits.size(); i-- > 0;)
            digits_.push_back(digits[i] - '0');
        trim();
    }

    [[nodiscard]] bool is_zero() const { return digits_.empty(); }
    [[nodiscard]] std::size_t length() const { return digits_.size(); }
    [[nodiscard]] bool is_odd() const { return !digits_.empty() && digits_.front() % 2 == 1; }
    [[nodiscard]] bool ends_in_zero() const { return !digits_.empty() && digits_.front() == 0; }
    [[nodiscard]] std::string text() const {
        std::string text;
        for (std::size_t i = digits_.size(); i-- > 0;)
            text.push_back(static_cast<char>('0' + digits_[i]));
        return text.empty() ? "0" : text;
    }

    [[nodiscard]] BigInteger shifted(std::size_t places) const {
        BigInteger result = *this;
        if (!is_zero()) result.digits_.insert(result.digits_.begin(), places, 0);
        return result;
    }
    [[nodiscard]] BigInteger without_last_digit() const {
        BigInteger result = *this;
        if (!is_zero()) result.digits_.erase(result.digits_.begin());
        return result;
    }

    friend bool operator==(const BigInteger&, const BigInteger&) = default;
    friend bool operator<(const BigInteger& a, const BigInteger& b) {
        if (a.length() != b.length()) return a.length() < b.length();
        return std::lexicographical_compare(a.digits_.rbegin(), a.digits_.rend(), b.digits_.rbegin(),
                                            b.digits_.rend());
    }
    friend BigInteger operator+(const BigInteger& a, const BigInteger& b) {
        BigInteger sum;
        int carry = 0;
        for (std::size_t i = 0; i < std::max(a.length(), b.length()) || carry != 0; ++i) {
            const int place = a.at(i) + b.at(i) + carry;
            sum.digits_.push_back(place % 10);
            carry = place / 10;
        }
        return sum;
    }
    /// Precondition: b <= a.
    friend BigInteger operator-(const BigInteger& a, const BigInteger& b) {
        BigInteger difference;
        int borrow = 0;
        for (std::size_t i = 0; i < a.length(); ++i) {
            const int place = a.at(i) - b.at(i) - borrow;
            difference.digits_.push_back(place < 0 ? place + 10 : place);
            borrow = place < 0 ? 1 : 0;
        }
        difference.trim();
        return difference;
    }
    friend BigInteger operator*(const BigInteger& a, const BigInteger& b) {
        BigInteger product;
        for (std::size_t i = 0; i < b.length(); ++i)
            for (int n = 0; n < b.at(i); ++n)
                product = product + a.shifted(i);
        return product;
    }
    /// Quotient and rest. Precondition: divisor > 0.
    [[nodiscard]] std::pair<BigInteger, BigInteger> divided_by(const BigInteger& divisor) const {
        BigInteger quotient;
        BigInteger rest;
        for (std::size_t i = digits_.size(); i-- > 0;) {
            rest = rest.shifted(1) + BigInteger(std::string(1, static_cast<char>('0' + digits_[i])));
            int digit = 0;
            for (; !(rest < divisor); ++digit)
                rest = rest - divisor;
            quotient = quotient.shifted(1) + BigInteger(std::string(1, static_cast<char>('0' + digit)));
        }
        return {quotient, rest};
    }

private:
    [[nodiscard]] int at(std::size_t i) const { return i < digits_.size() ? digits_[i] : 0; }
    void trim() {
        while (!digits_.empty() && digits_.back() == 0)
            digits_.pop_back();
    }

    std::vector<int> digits_;
};

}  // namespace ibkr::test
