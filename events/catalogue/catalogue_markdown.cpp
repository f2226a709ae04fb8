#include <array>
#include <utility>

#include "events/catalogue.hpp"
#include "events/json/schema_codec.hpp"

namespace ibkr::events {
namespace {

using Members = std::vector<FieldSchema>;

template <std::size_t... I>
std::array<Members, sizeof...(I)> members_of_bodies(std::index_sequence<I...>) {
    return {schema_of<std::variant_alternative_t<I, Body>>()...};
}

constexpr std::string_view introduction =
    "# Events\n\n"
    "Generated from the event catalogue; `scripts/docs` writes this page and a test keeps it current.\n\n"
    "Every fact in the log is one flat JSON object in canonical form (RFC 8785): the envelope below with a\n"
    "`body` that depends on `event_type`. Absent members are left out; there are no nulls and no fractions,\n"
    "and decimals are strings. A type's number stands in the record header and is never reused. A type "
    "whose\n"
    "body changes gets a higher `version`; older versions stay readable for ever.\n\n";

/// The envelope as the event codec writes it; a test compares the names with an encoded event.
struct EnvelopeMember {
    std::string_view name;
    std::string_view kind;
    bool required;
    std::string_view meaning;
};

constexpr auto envelope = std::to_array<EnvelopeMember>({
    {"account_id_hash", "id string", false, "HMAC of the account id; raw account ids never enter the log"},
    {"body", "object", true, "the facts of this type, below"},
    {"causation_id", "id string", false, "event id of the decision's first event"},
    {"command_id", "id string", false, "the wish this event answers, named by its first sender"},
    {"correlation_id", "string", false, "what the decision was about, or the request"},
    {"decision", "enum: allow|deny|refuse", true, "what the gates said"},
    {"error_code", "string", false, "a stable code of docs/error-codes.md"},
    {"event_id", "id string", false, "UUID version 7"},
    {"event_type", "string", true, "a name of this page"},
    {"input_hash", "string", false, "sha256 of the canonical request"},
    {"output_hash", "string", false, "sha256 of the answer's payload"},
    {"redactions", "list of object", false, "what was redacted: field_path and reason"},
    {"request_id", "string", false, "from the caller"},
    {"result_status", "enum: called|completed|failed|refused|denied_scope|authenticated|denied_auth", true,
     "how the call ended"},
    {"scopes", "list of string", true, "the caller's scopes"},
    {"sequence_id", "integer", true, "position in the log: 1, 2, 3, ..."},
    {"session_id", "string", false, "one process or connection"},
    {"timestamp", "RFC 3339 time string, UTC, milliseconds", true, "decision time; never goes back"},
    {"tool_name", "string", false, "the audited name of the operation"},
    {"user_id", "string", false, "who asked"},
    {"version", "integer", true, "version of the body"},
    {"workflow_id", "id string", false, "the preview, approval, order or single workflow this belongs to"},
    {"workflow_position", "integer", false, "1, 2, 3, ... within the workflow"},
});

/// Table cells must not hold a bare bar.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

void append_members(std::string& out, const Members& members, const std::string& prefix) {
    for (const FieldSchema& member : members) {
        out += "| `" + prefix + member.name + "` | " + cell(member.kind) + " | " +
               (member.required ? "yes" : "no") + " |\n";
        const bool is_list = member.kind.starts_with("list of");
        append_members(out, member.members, prefix + member.name + (is_list ? "[]." : "."));
    }
}

void append_envelope(std::string& out) {
    out += "## Envelope\n\n| member | form | always there | meaning |\n|---|---|---|---|\n";
    for (const EnvelopeMember& member : envelope) {
        out += "| `" + std::string(member.name) + "` | " + cell(member.kind) + " | " +
               (member.required ? "yes" : "no") + " | " + std::string(member.meaning) + " |\n";
    }
    out +=
        "\nThe first event of each decision has a further body member `decided_from`: what replay decides "
        "again from.\n\n| member | form | always there |\n|---|---|---|\n";
    append_members(out, schema_of<DecisionInput>(), "decided_from.");
}

void append_type(std::string& out, const EventDescriptor& type, const Members& members) {
    out += "\n### " + std::string(type.name) + "\n\n" + std::string(type.meaning) + " Number " +
           std::to_string(type.number) + ", version " + std::to_string(type.version) + ", retention class " +
           (type.retention == Retention::trading ? "trading" : "audit") + ".\n\n";
    out += "| body member | form | always there |\n|---|---|---|\n";
    append_members(out, members, "");
}

}  // namespace

std::string event_catalogue_markdown() {
    const auto bodies = members_of_bodies(std::make_index_sequence<std::variant_size_v<Body>>{});
    std::string out(introduction);
    append_envelope(out);
    out += "\n## Types\n\n| number | type | what happened |\n|---|---|---|\n";
    std::vector<std::size_t> rows(bodies.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
        rows[i] = i;
    const auto table = event_catalogue();
    std::sort(rows.begin(), rows.end(),
              [&](std::size_t a, std::size_t b) { return table[a].number < table[b].number; });
    for (const std::size_t row : rows)
        out += "| " + std::to_string(table[row].number) + " | [" + std::string(table[row].name) + "](#" +
               std::string(table[row].name) + ") | " + std::string(table[row].meaning) + " |\n";
    for (const std::size_t row : rows)
        append_type(out, table[row], bodies[row]);
    return out;
}

}  // namespace ibkr::events
