#include "cli/print/value.hpp"

#include "cli/print/text.hpp"
#include "events/json/json_reader.hpp"

namespace ibkr::cli {
namespace {

constexpr std::size_t payload_bytes_max = 1'200'000'000;  // an export's text, escaped

bool read(events::JsonReader& reader, Value& value);

bool read_object(events::JsonReader& reader, Value& value) {
    value.kind = Value::Kind::object;
    if (!reader.begin_object()) return false;
    for (std::string_view key; reader.next_member(key);) {
        value.members.push_back({std::string(key), Value{}});
        if (!read(reader, value.members.back().value)) return false;
    }
    return !reader.error();
}

bool read_list(events::JsonReader& reader, Value& value) {
    value.kind = Value::Kind::list;
    if (!reader.begin_array()) return false;
    while (reader.next_element()) {
        value.items.emplace_back();
        if (!read(reader, value.items.back())) return false;
    }
    return !reader.error();
}

bool read(events::JsonReader& reader, Value& value) {
    using Kind = events::JsonReader::Kind;
    std::string_view text;
    switch (reader.peek()) {
        case Kind::object:
            return read_object(reader, value);
        case Kind::array:
            return read_list(reader, value);
        case Kind::string:
            value.kind = Value::Kind::text;
            if (!reader.read_string(text)) return false;
            value.text = text;
            return true;
        case Kind::integer:
        case Kind::fraction:
            value.kind = Value::Kind::number;
            if (!reader.read_number_text(text)) return false;
            value.text = text;
            return true;
        case Kind::boolean: {
            bool truth = false;
            if (!reader.read_boolean(truth)) return false;
            value.kind = Value::Kind::boolean;
            value.text = truth ? "true" : "false";
            return true;
        }
        case Kind::null:
            return reader.read_null();
        case Kind::none:
            break;
    }
    return false;
}

std::string joined(const Value& value) {
    std::string text;
    const auto append = [&](const std::string& part) {
        if (!text.empty()) text += ", ";
        text += part;
    };
    for (const Value& item : value.items)
        append(cell_text(item));
    for (const auto& [name, member] : value.members)
        append(printable(name) + " " + cell_text(member));
    return text.empty() ? "none" : text;
}

}  // namespace

const Value* Value::find(std::string_view name) const noexcept {
    for (const auto& [key, value] : members)
        if (key == name) return &value;
    return nullptr;
}

const Value* Value::at(std::string_view path) const noexcept {
    const Value* found = this;
    while (found != nullptr && !path.empty()) {
        const std::size_t dot = path.find('.');
        found = found->find(path.substr(0, dot));
        path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    }
    return found;
}

std::optional<Value> parse_value(std::string_view json) {
    events::JsonReader reader(json, events::JsonLimits::outside(payload_bytes_max));
    Value value;
    if (!read(reader, value) || !reader.finish()) return std::nullopt;
    return value;
}

std::string cell_text(const Value& value) {
    switch (value.kind) {
        case Value::Kind::null:
            return "-";
        case Value::Kind::text:
            return value.text.empty() ? "-" : printable(value.text);
        case Value::Kind::number:
            return printable(value.text);
        case Value::Kind::boolean:
            return value.text == "true" ? "yes" : "no";
        case Value::Kind::list:
            return joined(value);
        case Value::Kind::object:
            break;
    }
    const Value* const amount = value.find("amount");
    const Value* const currency = value.find("currency");
    if (amount != nullptr && currency != nullptr && value.members.size() == 2)
        return cell_text(*amount) + " " + cell_text(*currency);
    const Value* const quantity = value.find("value");
    if (quantity != nullptr && value.members.size() == 1) return cell_text(*quantity);
    return joined(value);
}

}  // namespace ibkr::cli
