#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ibkr::cli {

struct Member;

/// A payload to be shown: JSON as a small tree that keeps numbers as their text.
struct Value {
    enum class Kind : std::uint8_t { null, text, number, boolean, list, object };
    Kind kind = Kind::null;
    std::string text;  ///< of texts and numbers; "true" or "false"
    std::vector<Value> items;
    std::vector<Member> members;

    /// nullptr when this is no object or has no such member.
    [[nodiscard]] const Value* find(std::string_view name) const noexcept;
    /// The member below a dotted path such as "bid.amount".
    [[nodiscard]] const Value* at(std::string_view path) const noexcept;
};

struct Member {
    std::string name;
    Value value;
};

/// nullopt when the text is not JSON of at most 64 levels and 1.2 GB.
[[nodiscard]] std::optional<Value> parse_value(std::string_view json);

/// One cell or line: money as "199.55 USD", quantities as their number, lists joined by commas, objects as
/// "name value" pairs. Nothing in it can move a cursor or change colours.
[[nodiscard]] std::string cell_text(const Value& value);

}  // namespace ibkr::cli
