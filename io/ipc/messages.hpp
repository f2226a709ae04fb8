#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/call.hpp"
#include "events/describe.hpp"
#include "events/result.hpp"
#include "events/values/ids.hpp"
#include "io/ipc/greeting.hpp"

namespace ibkr::io {

// What travels in frames: one JSON object with one member, named after the message (docs/engine-socket.md).
// Reading is strict and total: whatever the bytes, a message or an engine_protocol_mismatch that repeats no
// value of them. Pure functions; any thread.

/// An operator's secret on its way to the owner. Only `reveal` shows it, so that no log line holds it by
/// accident.
class OperatorSecret {
public:
    OperatorSecret() = default;
    explicit OperatorSecret(std::string text) : text_(std::move(text)) {}
    [[nodiscard]] const std::string& reveal() const noexcept { return text_; }
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
    friend bool operator==(const OperatorSecret&, const OperatorSecret&) = default;

    // The codec's hooks (events/describe.hpp, rule 4).
    [[nodiscard]] friend std::string to_text(const OperatorSecret& secret) { return secret.text_; }
    [[nodiscard]] friend bool from_text(std::string_view text, OperatorSecret& secret) {
        secret.text_ = text;
        return true;
    }

private:
    std::string text_;
};

/// One call of an asker. Who asks, the owner takes from the socket; the rest is claimed.
struct ForwardedCall {
    events::CommandId command_id;  ///< made by the asker; the same id is never decided twice
    std::string request_id;
    std::string session_id;
    std::string tool_name;
    std::vector<std::string> scopes;  ///< claimed; the owner intersects them with its own
    std::string operation;
    events::EmbeddedJson arguments;
    bool enable_preview = false;
    bool enable_paper = false;
    OperatorSecret operator_secret;
    std::int64_t answer_by_boottime_ms = 0;  ///< not taken up at or after this (`boottime_ms_now`)
    bool repeated = false;                   ///< this id was sent before, perhaps to an earlier owner

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("command_id", self.command_id);
        v("request_id", self.request_id);
        v("session_id", self.session_id);
        v("tool_name", self.tool_name);
        v("scopes", self.scopes);
        v("operation", self.operation);
        v("arguments", self.arguments);
        v("enable_preview", self.enable_preview);
        v("enable_paper", self.enable_paper);
        v("operator_secret", events::omit_empty(self.operator_secret));
        v("answer_by_boottime_ms", self.answer_by_boottime_ms);
        v("repeated", self.repeated);
    }
    friend bool operator==(const ForwardedCall&, const ForwardedCall&) = default;
};

/// The owner's sign of life while it works on a call.
struct Working {
    template <class V, class S>
    static constexpr void describe(V&, S&) {}
    friend bool operator==(const Working&, const Working&) = default;
};

[[nodiscard]] std::string encode(const Greeting& asker);
[[nodiscard]] std::string encode(const OwnerGreeting& owner);
[[nodiscard]] std::string encode(Working working);
/// Errors: order_validation_failed when a text is not UTF-8, an id is no id, the arguments are not canonical
/// JSON, or the call is longer than `request_bytes_max`.
[[nodiscard]] events::Result<std::string> encode(const ForwardedCall& call);
/// A result as the engine gives it (texts are UTF-8). One that is longer than `answer_bytes_max` becomes an
/// error that keeps the audit event's id.
[[nodiscard]] std::string encode(const engine::CallResult& result);
/// An error outside a call, or before it was taken up: nothing was recorded.
[[nodiscard]] std::string encode_refusal(const events::Error& error);

/// Reads the asker's first frame. A greeting of another protocol is refused as such, whatever else it holds.
[[nodiscard]] events::Result<Greeting> decode_greeting(std::string_view frame);
[[nodiscard]] events::Result<ForwardedCall> decode_call(std::string_view frame);
using OwnerMessage = std::variant<OwnerGreeting, Working, engine::CallResult>;
[[nodiscard]] events::Result<OwnerMessage> decode_owner_message(std::string_view frame);

}  // namespace ibkr::io
