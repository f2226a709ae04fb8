#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/crypto/secret.hpp"
#include "events/log/record.hpp"
#include "events/result.hpp"

namespace ibkr::events {

inline constexpr std::uint32_t epochs_max = 4'096;  ///< of one log, and of a key ring
inline constexpr std::size_t chain_key_bytes = 32;
inline constexpr std::size_t key_ring_file_bytes_max = 1'048'576;

/// Names one chain key of a log.
struct EpochKey {
    std::uint32_t epoch = first_epoch;
    KeyId key_id{};
    friend bool operator==(const EpochKey&, const EpochKey&) = default;
};

/// Chain keys of one log: what verification needs, and what auditors get. Never holds an audit secret or the
/// account key. Ascending epochs, each once.
class KeyRing {
public:
    explicit KeyRing(const LogId& log_id) : log_id_(log_id) {}
    [[nodiscard]] KeyRing copy() const;

    /// Replaces a key of the same epoch.
    void add(const EpochKey& name, Secret chain_key);
    /// Adds the key of the epoch, of those up to `epochs_max`, at which `secret` has the key id `key_id`.
    /// False when there is none: another secret, or another log's.
    [[nodiscard]] bool add_from_secret(const Secret& secret, const KeyId& key_id);

    [[nodiscard]] const LogId& log_id() const noexcept { return log_id_; }
    /// nullptr when the ring does not hold that key. Valid until the ring changes.
    [[nodiscard]] const Secret* find(const KeyId& key_id) const noexcept;
    [[nodiscard]] std::optional<std::uint32_t> epoch_of(const KeyId& key_id) const noexcept;
    [[nodiscard]] std::vector<EpochKey> names() const;
    [[nodiscard]] bool empty() const noexcept { return keys_.empty(); }

    /// The text of a key ring file (`audit keys export`): one line of canonical JSON and a newline
    /// (docs/log-format.md, "Key ring").
    [[nodiscard]] std::string file_text() const;
    /// config_invalid when the text is not one; log_version_unsupported for a newer format.
    [[nodiscard]] static Result<KeyRing> parse(std::string_view file_text);

private:
    struct Key {
        EpochKey name;
        Secret chain_key;
    };
    LogId log_id_{};
    std::vector<Key> keys_;
};

/// Gives the keys that are at hand for a log, knowing the key ids it names. A ring without some of them is
/// not an error: their records are then not verified. Error: log_key_mismatch when it holds none of them.
using KeyRingLookup = std::function<Result<KeyRing>(const LogId&, std::span<const KeyId>)>;

}  // namespace ibkr::events
