#pragma once
// What the benches share: a folder that goes away, a stopwatch, figures of several rounds, and the table.
// Benches compare with a reference of the same run; nothing here passes or fails on time.
#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace ibkr::bench {

/// Ends the bench with the reason: a figure of something that failed would mean nothing.
[[noreturn]] inline void give_up(std::string_view what, std::string_view why) {
    fmt::print(stderr, "bench stopped: {}: {}\n", what, why);
    std::exit(1);
}

/// The value, or the end of the bench.
template <class R>
auto must(R result, std::string_view what) {
    if (!result) give_up(what, result.error().message);
    if constexpr (!std::is_void_v<typename R::value_type>) return std::move(*result);
}

/// A new folder where $TMPDIR or /tmp is: the figures are those of that disk. Removed at the end.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "ibkr-bench-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) give_up(name, "no folder can be made there");
        path_ = name;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    [[nodiscard]] std::string operator/(std::string_view name) const {
        return path_ + "/" + std::string(name);
    }

private:
    std::string path_;
};

class Stopwatch {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Rounds of a bench: at most `rounds_max`, fewer on a slow disk, at least three.
class Rounds {
public:
    Rounds(int rounds_max, double seconds_max) : rounds_max_(rounds_max), seconds_max_(seconds_max) {}
    [[nodiscard]] bool next() {
        const bool again = done_ < 3 || (done_ < rounds_max_ && time_.seconds() < seconds_max_);
        done_ += again ? 1 : 0;
        return again;
    }
    [[nodiscard]] int done() const { return done_; }

private:
    int rounds_max_;
    double seconds_max_;
    int done_ = 0;
    Stopwatch time_;
};

struct Figure {
    double min = 0, median = 0, max = 0;
};

[[nodiscard]] inline Figure figure_of(std::vector<double> rounds) {
    assert(!rounds.empty());
    std::ranges::sort(rounds);
    const std::size_t middle = rounds.size() / 2;
    const double median = rounds.size() % 2 == 1 ? rounds[middle] : (rounds[middle - 1] + rounds[middle]) / 2;
    return {rounds.front(), median, rounds.back()};
}

/// Rounds of one figure and of its reference, run in turn; the ratio is that of each pair of rounds.
struct Comparison {
    std::vector<double> ours, reference;
    void add(double own, double bare) { ours.push_back(own), reference.push_back(bare); }
    [[nodiscard]] Figure ratio() const {
        std::vector<double> ratios;
        ratios.reserve(ours.size());
        for (std::size_t i = 0; i < ours.size(); ++i)
            ratios.push_back(ours[i] / reference[i]);
        return figure_of(std::move(ratios));
    }
};

inline void print_head() {
    fmt::print("{:<46}{:>12}{:>12}{:>12}  {}\n", "", "min", "median", "max", "bar");
}

inline void print_row(std::string_view what, const Figure& figure, int digits = 0,
                      std::string_view bar = "") {
    const auto number = [&](double value) { return fmt::format("{:.{}f}", value, digits); };
    fmt::print("{:<46}{:>12}{:>12}{:>12}  {}\n", what, number(figure.min), number(figure.median),
               number(figure.max), bar);
}

}  // namespace ibkr::bench
