#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/result.hpp"

namespace ibkr::io {

/// A YAML document as a tree of our own, so that the YAML library stays in one file.
struct YamlNode {
    enum class Kind : std::uint8_t { null, scalar, list, map };
    Kind kind = Kind::null;
    int line = 1;
    std::string key;   ///< of a map's member
    std::string text;  ///< of a scalar
    bool quoted = false;
    std::vector<YamlNode> children;
};

inline constexpr std::size_t yaml_bytes_max = 262'144;  ///< 256 KiB
inline constexpr std::size_t yaml_nodes_max = 10'000;
inline constexpr std::size_t yaml_depth_max = 12;

/// One document whose root is a map (an empty document is an empty map). Refused with config_invalid naming
/// the line: bytes that are not UTF-8, anchors and aliases, tags, repeated keys, a second document, and
/// whatever is larger than the limits above.
[[nodiscard]] events::Result<YamlNode> parse_yaml(std::string_view text);

}  // namespace ibkr::io
