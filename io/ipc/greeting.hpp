#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "events/describe.hpp"
#include "events/result.hpp"
#include "events/values/ids.hpp"

namespace ibkr::io {

/// Raised by any change to a message, so that two versions never read each other's by guessing.
inline constexpr std::int64_t protocol_version = 1;

enum class Role : std::uint8_t { asker, owner };
inline constexpr auto role_names =
    std::to_array<events::EnumName<Role>>({{Role::asker, "asker"}, {Role::owner, "owner"}});
[[nodiscard]] constexpr std::span<const events::EnumName<Role>> enum_names(Role) noexcept {
    return role_names;
}

/// What the owner takes just now: everything, nothing that writes because the log may have lost records, or
/// nothing that sends.
enum class OwnerState : std::uint8_t { ok, held, paused };
inline constexpr auto owner_state_names = std::to_array<events::EnumName<OwnerState>>(
    {{OwnerState::ok, "ok"}, {OwnerState::held, "held"}, {OwnerState::paused, "paused"}});
[[nodiscard]] constexpr std::span<const events::EnumName<OwnerState>> enum_names(OwnerState) noexcept {
    return owner_state_names;
}

/// What must agree before a call is made: nothing is ever decided under another's configuration. Every text
/// is UTF-8. `role` is set by whoever sends it (`encode`).
struct Greeting {
    std::int64_t protocol = protocol_version;
    std::string product_version;
    std::string log_id;  ///< hex; empty when the asker cannot read the data directory
    std::int64_t format_version = 0;
    std::string config_digest;  ///< hex, of the deciding configuration
    Role role = Role::asker;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("protocol", self.protocol);
        v("product_version", self.product_version);
        v("log_id", events::omit_empty(self.log_id));
        v("format_version", self.format_version);
        v("config_digest", self.config_digest);
        v("role", self.role);
    }
    friend bool operator==(const Greeting&, const Greeting&) = default;
};

/// The newest acknowledged record; sequence 0 before the first.
struct OwnerHead {
    events::SequenceId sequence_id;
    std::string mac;  ///< hex

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("sequence_id", self.sequence_id);
        v("mac", self.mac);
    }
    friend bool operator==(const OwnerHead&, const OwnerHead&) = default;
};

/// The owner's greeting: the same members on the wire, and what only an owner knows.
struct OwnerGreeting {
    Greeting common;
    std::int64_t pid = 0;
    OwnerHead head;
    OwnerState state = OwnerState::ok;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        Greeting::describe(v, self.common);
        v("pid", self.pid);
        v("head", self.head);
        v("state", self.state);
    }
    friend bool operator==(const OwnerGreeting&, const OwnerGreeting&) = default;
};

/// The same verdict on both sides. Errors: engine_protocol_mismatch, else engine_version_mismatch (product or
/// log format), else engine_config_mismatch (log, or deciding configuration), naming what differs.
[[nodiscard]] events::Result<void> check_greetings(const Greeting& owner, const Greeting& asker);

}  // namespace ibkr::io
