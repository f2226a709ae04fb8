#include "events/json/json_limits.hpp"

namespace ibkr::events {

std::string_view to_string(JsonError error) noexcept {
    switch (error) {
        case JsonError::malformed:
            return "not well-formed JSON";
        case JsonError::not_utf8:
            return "text that is not valid UTF-8";
        case JsonError::duplicate_key:
            return "an object with the same member twice";
        case JsonError::key_not_ascii:
            return "a member name that is not ASCII";
        case JsonError::fraction:
            return "a fractional number; decimals are strings";
        case JsonError::integer_too_large:
            return "an integer beyond 2^53";
        case JsonError::null_value:
            return "null; absent members are left out";
        case JsonError::too_deep:
            return "objects or arrays nested too deeply";
        case JsonError::too_large:
            return "more bytes than allowed";
        case JsonError::trailing_bytes:
            return "something after the end of the JSON value";
        case JsonError::not_representable:
            return "a value JSON has no form for";
    }
    return "unknown JSON error";
}

}  // namespace ibkr::events
