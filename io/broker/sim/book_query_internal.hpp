#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "io/broker/sim/book_store.hpp"

namespace ibkr::io::sim {

/// One statement of the book. Its failure becomes the store's; with a failed store it has no rows.
class BookStore::Query {
public:
    /// Parameters ?1, ?2, ... in this order; integers, texts and optionals of both.
    template <class... Values>
    Query(BookStore& store, std::string_view sql, const Values&... values)
        : store_(store), statement_(store.database_.prepare_cached(sql)) {
        int parameter = 0;
        (put(++parameter, values), ...);
    }

    [[nodiscard]] bool next() {
        if (store_.failure_) return false;
        const auto row = statement_.step();
        if (!row) store_.fail(row.error().message);
        return row.value_or(false);
    }
    void run() {
        while (next()) {
        }
    }

    [[nodiscard]] std::int64_t integer(int column) const { return statement_.integer(column); }
    [[nodiscard]] std::string text(int column) const { return std::string(statement_.text(column)); }
    [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const {
        return statement_.is_null(column) ? std::nullopt : std::optional(integer(column));
    }
    [[nodiscard]] std::optional<std::string> optional_text(int column) const {
        return statement_.is_null(column) ? std::nullopt : std::optional(text(column));
    }

private:
    template <class T>
    void put(int parameter, const T& value) {
        statement_.bind(parameter, value);
    }
    template <class T>
    void put(int parameter, const std::optional<T>& value) {
        if (value)
            statement_.bind(parameter, *value);
        else
            statement_.bind(parameter, std::nullopt);
    }

    BookStore& store_;
    projections::Statement statement_;
};

}  // namespace ibkr::io::sim
