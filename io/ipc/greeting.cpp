#include "io/ipc/greeting.hpp"

namespace ibkr::io {
namespace {

using events::ErrorCode;
using events::failure;

/// "the X differs (engine A, asker B)"; the parts of a message are joined by "; ".
void add_difference(std::string& message, std::string_view what, const std::string& owner,
                    const std::string& asker) {
    if (owner == asker) return;
    if (!message.empty()) message += "; ";
    message += "the " + std::string(what) + " differs (engine " + owner + ", asker " + asker + ")";
}

}  // namespace

events::Result<void> check_greetings(const Greeting& owner, const Greeting& asker) {
    std::string message;
    add_difference(message, "protocol", std::to_string(owner.protocol), std::to_string(asker.protocol));
    if (!message.empty())
        return failure(ErrorCode::engine_protocol_mismatch, message,
                       "Use the same ibkr-agent version as the running engine.");

    add_difference(message, "product version", owner.product_version, asker.product_version);
    add_difference(message, "log format version", std::to_string(owner.format_version),
                   std::to_string(asker.format_version));
    if (!message.empty()) return failure(ErrorCode::engine_version_mismatch, message);

    if (!owner.log_id.empty() && !asker.log_id.empty())
        add_difference(message, "log id", owner.log_id, asker.log_id);
    add_difference(message, "digest of the deciding configuration", owner.config_digest, asker.config_digest);
    if (!message.empty()) return failure(ErrorCode::engine_config_mismatch, message);
    return {};
}

}  // namespace ibkr::io
