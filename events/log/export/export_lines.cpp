#include "events/log/export/export_lines.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <nlohmann/json.hpp>

#include "events/crypto/hmac.hpp"
#include "events/json/canonical_json.hpp"
#include "events/json/json_reader.hpp"
#include "events/json/json_text.hpp"
#include "events/log/chain/resumption.hpp"

namespace ibkr::events {
namespace {

/// Sequences lie below 2^53, so that the one after the last can still be named.
constexpr std::uint64_t export_sequence_limit = std::uint64_t{1} << 53U;

constexpr std::string_view export_domain{"ibkr-agent export\0", 18};

constexpr JsonLimits line_limits() {
    JsonLimits limits = JsonLimits::own();
    limits.bytes_max = export_line_bytes_max;
    return limits;
}

tl::unexpected<Error> not_an_export(std::string_view why) {
    return failure(ErrorCode::audit_chain_invalid,
                   "the first line is not that of an export: " + std::string(why),
                   std::string(broken_export_action));
}

/// A positive integer in JSON's own range; 0 when it is none.
std::uint64_t number_of(const nlohmann::json& value) {
    if (!value.is_number_integer()) return 0;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(value.get<std::int64_t>(), 0));
}

std::uint64_t number_at(const nlohmann::json& json, const char* name) {
    const auto value = json.find(name);
    return value == json.end() ? 0 : number_of(*value);
}

bool hex_at(const nlohmann::json& json, const char* name, std::span<std::uint8_t> out) {
    const auto value = json.find(name);
    return value != json.end() && value->is_string() && from_hex(value->get_ref<const std::string&>(), out);
}

/// One to `epochs_max` key ids, each once.
bool read_key_ids(const nlohmann::json& json, std::vector<KeyId>& key_ids) {
    const auto list = json.find("key_ids");
    if (list == json.end() || !list->is_array() || list->empty() || list->size() > epochs_max) return false;
    for (const auto& entry : *list) {
        KeyId key_id{};
        if (!entry.is_string() || !from_hex(entry.get_ref<const std::string&>(), key_id)) return false;
        key_ids.push_back(key_id);
    }
    std::vector<KeyId> sorted = key_ids;
    std::ranges::sort(sorted);
    return std::ranges::adjacent_find(sorted) == sorted.end();
}

/// At least one branch, ascending from 1.
bool read_branches(const nlohmann::json& json, std::vector<std::uint32_t>& branches) {
    const auto list = json.find("branches");
    if (list == json.end() || !list->is_array() || list->empty()) return false;
    for (const auto& entry : *list) {
        const std::uint64_t branch = number_of(entry);
        const std::uint32_t before = branches.empty() ? first_branch - 1 : branches.back();
        if (branch <= before || branch > std::numeric_limits<std::uint32_t>::max()) return false;
        branches.push_back(static_cast<std::uint32_t>(branch));
    }
    return true;
}

/// Absent, or ascending gaps within the range, none touching another, each attested by a later record.
bool read_gaps(const nlohmann::json& json, ExportDescription& description) {
    const auto list = json.find("gaps");
    if (list == json.end()) return true;
    if (!list->is_array() || list->empty()) return false;
    SequenceId free = description.from;  // where the next gap may begin
    for (const auto& entry : *list) {
        AttestedGap gap;
        if (!entry.is_object() || !hex_at(entry, "mac", gap.mac)) return false;
        gap.from = SequenceId(number_at(entry, "from"));
        gap.to = SequenceId(number_at(entry, "to"));
        gap.attested_by = SequenceId(number_at(entry, "attested_by"));
        const bool in_place = free <= gap.from && gap.from <= gap.to && gap.to < description.to &&
                              gap.to < gap.attested_by && gap.attested_by <= description.head.sequence;
        if (!in_place) return false;
        free = SequenceId(gap.to.value() + 2);
        description.gaps.push_back(gap);
    }
    return std::ranges::none_of(description.gaps, [&](const AttestedGap& gap) {
        return gap_at(description.gaps, gap.attested_by) != nullptr;
    });
}

/// Takes `text` off the front of `rest`.
bool take(std::string_view& rest, std::string_view text) {
    if (!rest.starts_with(text)) return false;
    rest.remove_prefix(text.size());
    return true;
}

bool take_hex(std::string_view& rest, std::span<std::uint8_t> out) {
    const std::size_t length = out.size() * 2;
    if (rest.size() < length || !from_hex(rest.substr(0, length), out)) return false;
    rest.remove_prefix(length);
    return true;
}

bool is_record_content(std::string_view bytes) {
    return bytes.size() <= record_bytes_max && bytes.starts_with('{') && is_canonical_json(bytes);
}

}  // namespace

std::string render_description(const ExportDescription& description) {
    // Sorted keys and ASCII values: dump() is the canonical form.
    nlohmann::json json = {
        {"branches", description.branches},
        {"export", export_format},
        {"from", description.from.value()},
        {"head", {{"mac", hex(description.head.mac)}, {"sequence_id", description.head.sequence.value()}}},
        {"log_id", hex(description.log_id)},
        {"previous_mac", hex(description.previous_mac)},
        {"to", description.to.value()}};
    auto& key_ids = json["key_ids"] = nlohmann::json::array();
    for (const KeyId& key_id : description.key_ids)
        key_ids.push_back(hex(key_id));
    for (const AttestedGap& gap : description.gaps)
        json["gaps"].push_back({{"attested_by", gap.attested_by.value()},
                                {"from", gap.from.value()},
                                {"mac", hex(gap.mac)},
                                {"to", gap.to.value()}});
    return json.dump();
}

Result<ExportDescription> parse_description(std::string_view line) {
    const auto json = parse_json(line, line_limits());
    if (!json || !json->is_object()) return not_an_export("it is not a JSON object of the allowed kind");
    const std::uint64_t format = number_at(*json, "export");
    if (format > export_format)
        return failure(ErrorCode::log_version_unsupported, "the export has form " + std::to_string(format) +
                                                               "; this version knows " +
                                                               std::to_string(export_format));
    ExportDescription description;
    const auto head = json->find("head");
    if (!read_key_ids(*json, description.key_ids)) return not_an_export("key_ids");
    if (!read_branches(*json, description.branches)) return not_an_export("branches");
    if (!hex_at(*json, "log_id", description.log_id)) return not_an_export("log_id");
    if (!hex_at(*json, "previous_mac", description.previous_mac)) return not_an_export("previous_mac");
    if (head == json->end() || !head->is_object() || !hex_at(*head, "mac", description.head.mac))
        return not_an_export("head");
    description.from = SequenceId(number_at(*json, "from"));
    description.to = SequenceId(number_at(*json, "to"));
    description.head.sequence = SequenceId(number_at(*head, "sequence_id"));
    const bool ordered = SequenceId(1) <= description.from && description.from <= description.to &&
                         description.to <= description.head.sequence &&
                         description.head.sequence < SequenceId(export_sequence_limit);
    if (!ordered) return not_an_export("its range does not lie within the log");
    if (description.from == SequenceId(1) && description.previous_mac != Mac{})
        return not_an_export("a mac before record 1");
    if (!read_gaps(*json, description)) return not_an_export("gaps");
    if (render_description(description) != line) return not_an_export("it is not in the canonical form");
    return description;
}

std::optional<std::string> render_record(const Record& record) {
    if (!is_record_content(record.bytes)) return {};
    std::string line = "{\"bytes\":";
    if (!append_json_string(line, record.bytes)) return {};
    line += ",\"event\":";
    line += record.bytes;
    line += ",\"header\":\"" + hex(bytes_of(encode(record.header)));
    line += "\",\"key_id\":\"" + hex(record.header.key_id);
    line += "\",\"mac\":\"" + hex(record.mac);
    line += "\",\"sequence_id\":" + std::to_string(record.sequence.value()) + "}";
    return line;
}

bool parse_record(std::string_view line, Record& record) {
    JsonReader reader(line, line_limits());
    std::string_view key;
    std::string_view bytes;
    if (!reader.begin_object() || !reader.next_member(key) || key != "bytes" || !reader.read_string(bytes))
        return false;
    record.bytes.assign(bytes);
    // From here on there is only one way the line can go on.
    std::string start = "{\"bytes\":";
    if (!append_json_string(start, record.bytes)) return false;
    std::string_view rest = line;
    std::array<std::uint8_t, record_header_bytes> header{};
    KeyId key_id{};
    std::uint64_t sequence = 0;
    if (!take(rest, start) || !take(rest, ",\"event\":") || !take(rest, record.bytes) ||
        !take(rest, ",\"header\":\"") || !take_hex(rest, header) || !take(rest, "\",\"key_id\":\"") ||
        !take_hex(rest, key_id) || !take(rest, "\",\"mac\":\"") || !take_hex(rest, record.mac) ||
        !take(rest, "\",\"sequence_id\":"))
        return false;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), sequence);
    const auto decoded = decode_header(text_of(header));
    if (error != std::errc{} || !decoded || decoded->key_id != key_id) return false;
    const std::string digits = std::to_string(sequence);  // no leading zeros
    if (!take(rest, digits) || rest != "}") return false;
    record.header = *decoded;
    record.sequence = SequenceId(sequence);
    return is_record_content(record.bytes);
}

std::string render_export_mac(const Digest& mac, const KeyId& key_id) {
    return "{\"export_mac\":\"" + hex(mac) + "\",\"key_id\":\"" + hex(key_id) + "\"}";
}

bool is_export_mac(std::string_view line, const KeyId& key_id) {
    Digest mac{};
    std::string_view rest = line;
    return take(rest, "{\"export_mac\":\"") && take_hex(rest, mac) && line == render_export_mac(mac, key_id);
}

bool note_header(const RecordHeader& header, std::vector<KeyId>& key_ids,
                 std::vector<std::uint32_t>& branches) {
    if (key_ids.empty() || key_ids.back() != header.key_id) {
        if (std::ranges::find(key_ids, header.key_id) != key_ids.end()) return false;
        key_ids.push_back(header.key_id);
    }
    if (!branches.empty() && branches.back() > header.branch) return false;
    if (branches.empty() || branches.back() != header.branch) branches.push_back(header.branch);
    return true;
}

SequenceId record_at_or_after(const std::vector<AttestedGap>& gaps, SequenceId sequence) noexcept {
    const AttestedGap* const gap = gap_at(gaps, sequence);
    return gap == nullptr ? sequence : gap->to.next();
}

Digest export_mac(const Secret& chain_key, const Digest& content) {
    return hmac_sha256(chain_key.bytes(), {export_domain, text_of(content)});
}

}  // namespace ibkr::events
