#include "engine/replay/record/fixture_redaction.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "events/event_codec.hpp"
#include "events/json/canonical_json.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

/// Members that hold the name of a person or client, in envelopes, bodies, commands and facts.
constexpr std::array<std::string_view, 6> names_of_users{"actor", "actor_name",   "approved_by",
                                                         "by",    "requested_by", "user_id"};

/// The gateway's own acts.
constexpr std::string_view engine_user = "engine";

}  // namespace

std::string FixtureRedaction::numbered(std::map<std::string, std::string>& names, const std::string& name,
                                       const std::string& kind) {
    return names.try_emplace(name, kind + "-" + std::to_string(names.size() + 1)).first->second;
}

std::string FixtureRedaction::text(const std::string& member, const std::string& value) {
    if (value.empty()) return value;
    if (std::ranges::find(names_of_users, member) != names_of_users.end())
        return value == engine_user ? value : numbered(users_, value, "user");
    if (member == "session_id") return numbered(sessions_, value, "session");
    return redactor_.text(value, events::event_bytes_max);
}

void FixtureRedaction::clean(const std::string& member, nlohmann::json& value) {
    if (value.is_string()) {
        value = text(member, value.get<std::string>());
    } else if (value.is_structured()) {
        for (const auto& item : value.items())
            clean(value.is_object() ? item.key() : member, item.value());
    }
}

Result<events::Event> FixtureRedaction::event_of(const events::Record& record) {
    const auto unsafe = [&](const std::string& problem) {
        return failure(ErrorCode::output_unsafe, "event " + std::to_string(record.sequence.value()) +
                                                     " cannot be redacted: " + problem);
    };
    auto tree = events::parse_json(record.bytes, events::JsonLimits::own());
    if (!tree) return unsafe(std::string(events::to_string(tree.error())));
    clean("", *tree);
    const auto bytes = events::canonical_json(*tree);
    if (!bytes) return unsafe(std::string(events::to_string(bytes.error())));
    return events::decode_event(record.header.type_number, *bytes);
}

}  // namespace ibkr::engine
