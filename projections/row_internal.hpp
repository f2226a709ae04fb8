#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/result.hpp"
#include "events/values/decimal.hpp"
#include "events/values/order.hpp"
#include "projections/queries.hpp"
#include "projections/sqlite.hpp"

// How values stand in columns: decimals, ids and names as text, times as milliseconds, flags as 0 and 1.
// What comes back is checked: a damaged file must not become a value that breaks its type's invariants.
namespace ibkr::projections {

[[nodiscard]] tl::unexpected<events::Error> damaged_row(std::string_view table);

[[nodiscard]] constexpr std::uint32_t cut_limit(std::uint32_t limit) noexcept {
    return std::min(limit, rows_max);
}

template <class E>
[[nodiscard]] std::string_view column_text(E value) {
    return events::name_of(value);
}
template <class Tag>
[[nodiscard]] std::string_view column_text(const events::StrongId<Tag>& id) {
    return id.text();
}

/// The larger magnitude stays when a sum has more digits than a Decimal: every limit refuses it.
[[nodiscard]] events::Decimal add_or_largest(const events::Decimal& a, const events::Decimal& b);

/// Reads the columns of one row in turn.
class RowReader {
public:
    explicit RowReader(const Statement& row) : row_(row) {}
    /// False: a column held what its type cannot.
    [[nodiscard]] bool good() const noexcept { return good_; }

    template <class Tag>
    RowReader& operator>>(events::StrongId<Tag>& id) {
        const auto text = row_.text(column_++);
        if (text.empty())
            id = events::StrongId<Tag>{};
        else
            good_ = from_text(text, id) && good_;
        return *this;
    }
    RowReader& operator>>(std::string& text) {
        text = row_.text(column_++);
        return *this;
    }
    RowReader& operator>>(events::Timestamp& time) {
        time = events::Timestamp(row_.integer(column_++));
        return *this;
    }
    RowReader& operator>>(events::SequenceId& sequence) {
        sequence = events::SequenceId(static_cast<std::uint64_t>(row_.integer(column_++)));
        return *this;
    }
    RowReader& operator>>(bool& flag) {
        flag = row_.integer(column_++) != 0;
        return *this;
    }
    RowReader& operator>>(std::uint32_t& number) {
        const auto value = row_.integer(column_++);
        good_ = std::in_range<std::uint32_t>(value) && good_;
        number = static_cast<std::uint32_t>(value);
        return *this;
    }
    template <class T>
    RowReader& operator>>(std::optional<T>& value) {
        if (row_.is_null(column_)) {
            value.reset();
            ++column_;
            return *this;
        }
        return *this >> value.emplace();
    }
    template <class T>
    RowReader& operator>>(T& value) {
        const auto text = row_.text(column_++);
        if constexpr (std::is_enum_v<T>)
            good_ = events::enum_from_name(text, value) && good_;
        else
            good_ = from_text(text, value) && good_;
        return *this;
    }

private:
    const Statement& row_;
    int column_ = 0;
    bool good_ = true;
};

}  // namespace ibkr::projections
