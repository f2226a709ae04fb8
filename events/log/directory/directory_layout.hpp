#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "events/log/keys/keys.hpp"
#include "events/result.hpp"

namespace ibkr::events {

inline constexpr std::string_view data_directory_name = "data directory";  ///< in messages
/// Opening a store writes a few small files; Debian's RocksDB is built with assertions and aborts when it
/// runs out of disk in the middle of its manifest, so the room is looked for before.
inline constexpr std::size_t room_to_open_bytes = 1'048'576;

/// Where the parts of a data directory stand (docs/log-format.md, "Data directory"). Opens nothing.
struct DirectoryLayout {
    explicit DirectoryLayout(const std::string& data_directory)
        : root(data_directory),
          version(root + "/VERSION"),
          keys(root + "/keys"),
          log(root + "/log"),
          anchors(root + "/anchors"),
          quarantine(root + "/quarantine"),
          creating(root + "/creating"),
          resuming(root + "/resuming") {}
    std::string root, version, keys, log, anchors, quarantine, creating, resuming;
};

/// A refusal because parts of a log are missing that nothing can stand in for. Code engine_held.
[[nodiscard]] tl::unexpected<Error> refuse_incomplete(std::string message);

/// What a log once written leaves behind in a data directory, the name of the first that is there; empty when
/// there is nothing.
[[nodiscard]] std::string_view trace_of_a_log(const DirectoryLayout& layout);

/// Whether `log/` holds a store at all, whatever its condition.
[[nodiscard]] bool store_exists(const DirectoryLayout& layout) noexcept;

/// Errors: log_version_unsupported, engine_held when it is damaged.
[[nodiscard]] Result<void> check_version(const DirectoryLayout& layout);
/// Errors: log_key_mismatch, log_version_unsupported, engine_held when the file is missing or damaged.
[[nodiscard]] Result<LogKeys> read_keys(const DirectoryLayout& layout, const Secret& secret);
/// In one step, synced.
[[nodiscard]] Result<void> replace_keys(const DirectoryLayout& layout, const LogKeys& keys);

}  // namespace ibkr::events
