#pragma once

#include <string>
#include <vector>

namespace ibkr::events {

/// What the documentation says of one member of a described struct.
struct FieldSchema {
    std::string name;
    std::string kind;      ///< "decimal string", "integer", "enum: buy|sell", "object", "list of object", ...
    bool required = true;  ///< false: left out when it holds nothing
    std::vector<FieldSchema> members;  ///< of an object or of a list's objects, sorted by name
};

/// The members of T sorted by name. Only declared here: a .cpp that includes events/json/schema_codec.hpp
/// instantiates it for its types.
template <class T>
[[nodiscard]] std::vector<FieldSchema> schema_of();

}  // namespace ibkr::events
