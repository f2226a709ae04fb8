#include "statemachines/command_codec.hpp"

#include "events/crypto/bytes.hpp"
#include "events/crypto/sha256.hpp"
#include "events/json/describe_codec.hpp"

namespace ibkr::statemachines {
namespace {

using events::EmbeddedJson;
using events::Result;

/// Reads the alternative whose place in `Command` is `I`, or looks at the next one.
template <std::size_t I = 0>
Result<Command> parse_alternative(std::string_view name, std::string_view text) {
    if constexpr (I == std::variant_size_v<Command>) {
        return events::failure(events::ErrorCode::order_validation_failed,
                               "the log names a command that this version does not know");
    } else {
        using C = std::variant_alternative_t<I, Command>;
        if (command_name(Command(std::in_place_index<I>)) != name)
            return parse_alternative<I + 1>(name, text);
        return events::from_json_text<C>(text).map([](C&& command) { return Command(std::move(command)); });
    }
}

template <class F>
Result<Facts> parse_facts_as(std::string_view text) {
    return events::from_json_text<F>(text).map([](F&& facts) { return Facts(std::move(facts)); });
}

tl::unexpected<events::Error> out_of_range(std::string_view setting, std::uint32_t min, std::uint32_t max) {
    return events::failure(
        events::ErrorCode::config_invalid,
        std::string(setting) + " must lie between " + std::to_string(min) + " and " + std::to_string(max));
}

bool outside(std::uint32_t value, std::uint32_t min, std::uint32_t max) {
    return value < min || value > max;
}

}  // namespace

EmbeddedJson command_json(const Command& command) {
    return {events::to_canonical_json(command)};
}

Result<Command> parse_command(std::string_view name, const EmbeddedJson& json) {
    return parse_alternative(name, json.text);
}

EmbeddedJson facts_json(const Facts& facts) {
    return {events::to_canonical_json(facts)};
}

Result<Facts> parse_facts(std::string_view command_name, const EmbeddedJson& json) {
    if (command_name == "preview_order") return parse_facts_as<PreviewFacts>(json.text);
    if (command_name == "submit_order" || command_name == "cancel_order" || command_name == "modify_order")
        return parse_facts_as<OrderFacts>(json.text);
    return parse_facts_as<ActFacts>(json.text);
}

EmbeddedJson policy_json(const RiskPolicy& policy) {
    return {events::to_canonical_json(policy)};
}

EmbeddedJson policy_json(const GatewaySettings& settings) {
    return {events::to_canonical_json(settings)};
}

Result<RiskPolicy> parse_risk_policy(const EmbeddedJson& json) {
    return events::from_json_text<RiskPolicy>(json.text);
}

Result<GatewaySettings> parse_gateway_settings(const EmbeddedJson& json) {
    auto settings = events::from_json_text<GatewaySettings>(json.text);
    if (!settings) return settings;
    if (outside(settings->preview_expiration_seconds, preview_expiration_seconds_min,
                preview_expiration_seconds_max))
        return out_of_range("order_preview.expiration_seconds", preview_expiration_seconds_min,
                            preview_expiration_seconds_max);
    if (outside(settings->approval_ttl_seconds, approval_ttl_seconds_min, approval_ttl_seconds_max))
        return out_of_range("approvals.ttl_seconds", approval_ttl_seconds_min, approval_ttl_seconds_max);
    if (outside(settings->send_window_ms, 1, send_window_ms_max))
        return out_of_range("the send window in ms", 1, send_window_ms_max);
    return settings;
}

std::string content_hash(const EmbeddedJson& content) {
    return events::hex(events::sha256(content.text));
}

}  // namespace ibkr::statemachines
