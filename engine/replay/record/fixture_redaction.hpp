#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "events/event.hpp"
#include "events/log/record.hpp"
#include "events/redaction/redaction.hpp"

namespace ibkr::engine {

/// Makes events fit to leave the machine they were recorded on: people become user-1, user-2, ..., sessions
/// session-1, ..., the same name for the same one everywhere, so that decisions that compare them come out
/// alike; every text passes the redactor again. Ids, keys and account id hashes stay, because hashes that
/// bind an order are made of them.
class FixtureRedaction {
public:
    /// `exact_values`: raw account ids and other texts that must not be in a fixture.
    explicit FixtureRedaction(const std::vector<std::string>& exact_values) : redactor_(exact_values) {}

    /// The event of a record, redacted. Errors: those of `decode_event`, and OUTPUT_UNSAFE when the redacted
    /// event has no form that could be read again.
    [[nodiscard]] events::Result<events::Event> event_of(const events::Record& record);

private:
    void clean(const std::string& member, nlohmann::json& value);
    [[nodiscard]] std::string text(const std::string& member, const std::string& value);
    [[nodiscard]] static std::string numbered(std::map<std::string, std::string>& names,
                                              const std::string& name, const std::string& kind);

    events::Redactor redactor_;
    std::map<std::string, std::string> users_;
    std::map<std::string, std::string> sessions_;
};

}  // namespace ibkr::engine
