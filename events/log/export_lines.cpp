#include "events/log/export_lines.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "events/crypto/hmac.hpp"
#include "events/json/canonical_json.hpp"
#include "events/json/json_reader.hpp"
#include "events/json/json_text.hpp"

namespace ibkr::events {
namespace {

constexpr std::string_view export_domain{"ibkr-agent export\0", 18};
constexpr std::size_t description_bytes_max = 4'096;

constexpr JsonLimits line_limits() {
    JsonLimits limits = JsonLimits::own();
    limits.bytes_max = export_line_bytes_max;
    return limits;
}

tl::unexpected<Error> not_an_export(std::string_view why) {
    return failure(ErrorCode::audit_chain_invalid,
                   "the first line is not that of an export: " + std::string(why));
}

/// A sequence in JSON's own range; 0 when it is none.
std::uint64_t sequence_at(const nlohmann::json& json, const char* name) {
    const auto value = json.find(name);
    if (value == json.end() || !value->is_number_integer()) return 0;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(value->get<std::int64_t>(), 0));
}

bool hex_at(const nlohmann::json& json, const char* name, std::span<std::uint8_t> out) {
    const auto value = json.find(name);
    return value != json.end() && value->is_string() && from_hex(value->get_ref<const std::string&>(), out);
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
    const nlohmann::json json = {
        {"branches", {description.branch}},
        {"export", export_format},
        {"from", description.from.value()},
        {"head", {{"mac", hex(description.head.mac)}, {"sequence_id", description.head.sequence.value()}}},
        {"key_ids", {hex(description.key_id)}},
        {"log_id", hex(description.log_id)},
        {"previous_mac", hex(description.previous_mac)},
        {"to", description.to.value()}};
    return json.dump();
}

Result<ExportDescription> parse_description(std::string_view line) {
    if (line.size() > description_bytes_max) return not_an_export("it is too long");
    const auto json = parse_json(line, line_limits());
    if (!json || !json->is_object()) return not_an_export("it is not a JSON object of the allowed kind");
    const std::uint64_t format = sequence_at(*json, "export");
    if (format > export_format)
        return failure(ErrorCode::log_version_unsupported, "the export has form " + std::to_string(format) +
                                                               "; this version knows " +
                                                               std::to_string(export_format));
    ExportDescription description;
    const nlohmann::json::json_pointer key_id("/key_ids/0");
    const nlohmann::json::json_pointer branch("/branches/0");
    const auto head = json->find("head");
    if (!json->contains(key_id) || !json->at(key_id).is_string() ||
        !from_hex(json->at(key_id).get_ref<const std::string&>(), description.key_id))
        return not_an_export("key_ids");
    if (!json->contains(branch) || json->at(branch) != first_branch) return not_an_export("branches");
    if (!hex_at(*json, "log_id", description.log_id)) return not_an_export("log_id");
    if (!hex_at(*json, "previous_mac", description.previous_mac)) return not_an_export("previous_mac");
    if (head == json->end() || !head->is_object() || !hex_at(*head, "mac", description.head.mac))
        return not_an_export("head");
    description.from = SequenceId(sequence_at(*json, "from"));
    description.to = SequenceId(sequence_at(*json, "to"));
    description.head.sequence = SequenceId(sequence_at(*head, "sequence_id"));
    const bool ordered = SequenceId(1) <= description.from && description.from <= description.to &&
                         description.to <= description.head.sequence;
    if (!ordered) return not_an_export("its range does not lie within the log");
    if (description.from == SequenceId(1) && description.previous_mac != Mac{})
        return not_an_export("a mac before record 1");
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

Digest export_mac(const Secret& chain_key, const Digest& content) {
    return hmac_sha256(chain_key.bytes(), {export_domain, text_of(content)});
}

}  // namespace ibkr::events
