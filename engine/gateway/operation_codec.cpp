#include "engine/gateway/operation_codec.hpp"

#include <utility>

#include "events/json/describe_codec.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

constexpr events::JsonLimits limits{.bytes_max = operation_bytes_max};

template <class O>
Result<Operation> parse_as(std::string_view json) {
    auto read = events::from_json_text<O>(json, limits);
    if (!read)
        return failure(ErrorCode::engine_protocol_mismatch,
                       "the call '" + std::string(O::name) +
                           "' has not the form of this version: " + read.error().message);
    return Operation(std::move(*read));
}

template <std::size_t... I>
Result<Operation> parse_named(std::string_view name, std::string_view json, std::index_sequence<I...>) {
    Result<Operation> parsed =
        failure(ErrorCode::engine_protocol_mismatch, "a call was named that this version does not know");
    const auto read_if_named = [&]<class O>(std::type_identity<O>) {
        if (O::name != name) return false;
        parsed = parse_as<O>(json);
        return true;
    };
    static_cast<void>((read_if_named(std::type_identity<std::variant_alternative_t<I, Operation>>{}) || ...));
    return parsed;
}

}  // namespace

std::string operation_json(const Operation& operation) {
    return events::to_canonical_json(operation);
}

Result<Operation> parse_operation(std::string_view name, std::string_view json) {
    return parse_named(name, json, std::make_index_sequence<std::variant_size_v<Operation>>());
}

}  // namespace ibkr::engine
