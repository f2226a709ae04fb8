#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "events/describe.hpp"
#include "events/result.hpp"
#include "events/values/timestamp.hpp"

namespace ibkr::events {

/// Record 1 of every log.
struct LogCreated {
    std::string log_id;  ///< 32 hex digits
    std::uint32_t format_version = 1;
    std::string key_id;  ///< 16 hex digits
    std::string product_version;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("format_version", self.format_version);
        v("key_id", self.key_id);
        v("log_id", self.log_id);
        v("product_version", self.product_version);
    }
    friend bool operator==(const LogCreated&, const LogCreated&) = default;
};

/// A policy as content, recorded before the first decision under it and whenever its hash changes.
struct PolicyLoaded {
    std::string kind;  ///< risk_policy | gateway_settings
    std::string name;
    std::string content_hash;  ///< sha256 of the canonical content
    EmbeddedJson content;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("content", self.content);
        v("content_hash", self.content_hash);
        v("kind", self.kind);
        v("name", self.name);
    }
    friend bool operator==(const PolicyLoaded&, const PolicyLoaded&) = default;
};

/// A call that changed no workflow (a read, or a call answered from a stored answer).
struct ToolCompleted {
    EmbeddedJson arguments;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("arguments", self.arguments);
    }
    friend bool operator==(const ToolCompleted&, const ToolCompleted&) = default;
};

/// A call that did not do what was asked; `error_code` is in the envelope.
struct ToolFailed {
    EmbeddedJson arguments;
    std::string message;
    std::vector<Reason> reasons;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("arguments", self.arguments);
        v("message", self.message);
        v("reasons", self.reasons);
    }
    friend bool operator==(const ToolFailed&, const ToolFailed&) = default;
};

/// A gate or a machine said no.
struct ToolRefused {
    EmbeddedJson arguments;
    std::string message;
    std::vector<Reason> reasons;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("arguments", self.arguments);
        v("message", self.message);
        v("reasons", self.reasons);
    }
    friend bool operator==(const ToolRefused&, const ToolRefused&) = default;
};

struct ToolDeniedScope {
    std::string required_scope;
    EmbeddedJson arguments;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("arguments", self.arguments);
        v("required_scope", self.required_scope);
    }
    friend bool operator==(const ToolDeniedScope&, const ToolDeniedScope&) = default;
};

/// Workflow `broker-session`.
struct BackendSessionChecked {
    std::string backend;
    std::string observed;  ///< the broker's word, one of the session machine's states
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("backend", self.backend);
        v("observed", self.observed);
        v("state", self.state);
    }
    friend bool operator==(const BackendSessionChecked&, const BackendSessionChecked&) = default;
};

struct BackendSessionChanged {
    std::string previous_state;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("previous_state", self.previous_state);
        v("state", self.state);
    }
    friend bool operator==(const BackendSessionChanged&, const BackendSessionChanged&) = default;
};

/// Workflow `kill-switch`.
struct KillSwitchOpened {
    std::string reason;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("reason", self.reason);
        v("state", self.state);
    }
    friend bool operator==(const KillSwitchOpened&, const KillSwitchOpened&) = default;
};

struct KillSwitchClosed {
    std::string reason;
    std::string state;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("reason", self.reason);
        v("state", self.state);
    }
    friend bool operator==(const KillSwitchClosed&, const KillSwitchClosed&) = default;
};

}  // namespace ibkr::events
