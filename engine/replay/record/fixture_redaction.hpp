#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/replay/record/neutral_names.hpp"
#include "events/event.hpp"
#include "events/log/record.hpp"
#include "events/redaction/redaction.hpp"

namespace ibkr::engine {

/// Makes events fit to leave the machine they were recorded on: what people chose or typed gets a neutral
/// name (neutral_names.hpp), and every text passes the redactor again. Ids and account id hashes stay,
/// because hashes that bind an order are made of them; so do policies, which decide. What is replaced and
/// what is not: docs/incident-review.md.
class FixtureRedaction {
public:
    /// `exact_values`: raw account ids and other texts that must not be in a fixture.
    explicit FixtureRedaction(const std::vector<std::string>& exact_values) : redactor_(exact_values) {}

    /// Somebody whom a later message may name.
    void know_user(const std::string& name) { names_.know_user(name); }

    /// The event of a record, redacted; records come in log order. Errors: those of `decode_event`, and
    /// OUTPUT_UNSAFE when the redacted event has no form that could be read again.
    [[nodiscard]] events::Result<events::Event> event_of(const events::Record& record);

private:
    /// Who wrote the texts of a part of an event.
    enum class Source {
        ours,     ///< composed by this program
        broker,   ///< came from the broker
        caller,   ///< a call that no machine saw: its messages may quote what was asked
        asked,    ///< the arguments of such a call
        policy,   ///< content whose hash decides
        recorded  ///< about redactions made before
    };
    [[nodiscard]] static Source source_of(std::string_view type_or_command);
    [[nodiscard]] static Source source_with(const std::string& name, const nlohmann::json& members);

    void clean_event(nlohmann::json& tree);
    void clean_caller_ids(nlohmann::json& tree);
    void rename_found(const nlohmann::json& command);
    void clean(const std::string& member, nlohmann::json& value, Source source);
    [[nodiscard]] std::string text(const std::string& member, const std::string& value, Source source);
    [[nodiscard]] std::string message(const std::string& value, Source source);
    void set_input_hash(nlohmann::json& tree, const nlohmann::json& input);

    events::Redactor redactor_;
    NeutralNames names_;
    std::string decision_;    ///< event id of the newest decision's first event
    std::string input_hash_;  ///< of that decision's redacted command
};

}  // namespace ibkr::engine
