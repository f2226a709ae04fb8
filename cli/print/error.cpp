#include "cli/print/error.hpp"

#include "cli/print/text.hpp"
#include "events/json/json_text.hpp"
#include "events/redaction/redaction.hpp"

namespace ibkr::cli {
namespace {

constexpr std::size_t message_bytes_max = 4096;

std::string quoted(std::string_view text) {
    std::string out;
    if (!events::append_json_string(out, text))
        (void)events::append_json_string(out, events::clean_text(text, message_bytes_max));
    return out;
}

std::string quoted_or_null(std::string_view text) {
    return text.empty() ? "null" : quoted(text);
}

/// The message up to where it repeats the reasons that follow it.
std::string_view heading_of(const events::Error& error) {
    std::string_view message = error.message;
    if (error.reasons.empty()) return message;
    const std::size_t repeated = message.find(": " + error.reasons.front().message);
    return message.substr(0, repeated);
}

}  // namespace

std::string error_json(const engine::CallError& failed) {
    const events::Error& error = failed.error;
    std::string text = "{\"audit_event_id\":" + quoted_or_null(failed.audit_event_id.text());
    text += ",\"code\":" + quoted(to_string(error.code));
    text += ",\"message\":" + quoted(error.message);
    if (!error.reasons.empty()) {
        text += ",\"reasons\":[";
        for (const events::Reason& reason : error.reasons)
            text += (text.back() == '[' ? "" : ",") + ("{\"code\":" + quoted(reason.code)) +
                    ",\"message\":" + quoted(reason.message) + "}";
        text += ']';
    }
    text += ",\"retryable\":" + std::string(error.retryable ? "true" : "false");
    text += ",\"user_action\":" + quoted_or_null(error.user_action) + "}";
    return text;
}

std::string error_text(const engine::CallError& failed, const Style& style) {
    const events::Error& error = failed.error;
    std::string text =
        style.bad(std::string(to_string(error.code))) + ": " + printable(heading_of(error)) + "\n";
    for (const events::Reason& reason : error.reasons)
        text += "  - " + printable(reason.code) + ": " + printable(reason.message) + "\n";
    if (!error.user_action.empty()) text += "Action: " + printable(error.user_action) + "\n";
    if (error.retryable) text += "The same request may succeed later.\n";
    return text;
}

}  // namespace ibkr::cli
