#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/print/table.hpp"

namespace ibkr::cli {

/// Standard output and error of this process.
class Terminal {
public:
    explicit Terminal(bool allow_color);

    [[nodiscard]] const Style& out_style() const noexcept { return out_style_; }
    [[nodiscard]] const Style& err_style() const noexcept { return err_style_; }
    [[nodiscard]] bool err_is_terminal() const noexcept { return err_is_terminal_; }
    /// False when not all of it could be written; then nothing more is.
    bool out(std::string_view text);
    void err(std::string_view text);
    [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
    Style out_style_;
    Style err_style_;
    bool err_is_terminal_ = false;
    bool failed_ = false;
};

/// Says on a terminal that a call goes on, once it takes longer than a second, and cleans up after itself.
/// Owns a thread while it lives.
class ProgressLine {
public:
    ProgressLine(std::string_view what, bool enabled);
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    /// A count to be shown; any thread.
    void count(std::uint64_t done) noexcept;

private:
    struct Shared;
    std::unique_ptr<Shared> shared_;
};

}  // namespace ibkr::cli
