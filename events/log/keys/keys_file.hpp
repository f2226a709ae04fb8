#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/log/keys/key_ring.hpp"
#include "events/log/record.hpp"
#include "events/result.hpp"

namespace ibkr::events {

// The text of a `keys` file and nothing more: no key is derived and nothing is unwrapped here.
// docs/log-format.md is its grammar.

inline constexpr std::size_t keys_file_bytes_max = 2'097'152;  ///< `epochs_max` epochs, twice, and branches
inline constexpr std::size_t resumptions_max = 4'096;          ///< of one log

struct KeysFile {
    struct Epoch {
        EpochKey name;
        std::string wrapped_chain_key;  ///< of a retired epoch; empty for the newest
        friend bool operator==(const Epoch&, const Epoch&) = default;
    };
    /// What the secret of its newest epoch opens.
    struct Half {
        std::string wrapped_account_key;
        std::vector<Epoch> epochs;  ///< 1, 2, ... without gaps; at least one
        friend bool operator==(const Half&, const Half&) = default;
    };
    LogId log_id{};
    Half newest;
    std::optional<Half> former;           ///< while rotating: what the file held before, one epoch less
    std::vector<SequenceId> resumptions;  ///< ascending; entry 0 began branch 2
    friend bool operator==(const KeysFile&, const KeysFile&) = default;
};

[[nodiscard]] std::string render_keys_file(const KeysFile& file);
/// Takes only what `render_keys_file` writes. Errors: engine_held, log_version_unsupported.
[[nodiscard]] Result<KeysFile> parse_keys_file(std::string_view text);
/// The error of a keys file that cannot be what this version wrote.
[[nodiscard]] tl::unexpected<Error> damaged_keys_file(std::string_view what);

}  // namespace ibkr::events
