#include "events/log/keys/keys_file.hpp"

#include <algorithm>
#include <cassert>

#include <nlohmann/json.hpp>

namespace ibkr::events {
namespace {

constexpr int keys_file_format = 1;
constexpr std::size_t wrapped_hex_max = 256;

nlohmann::json json_of(const KeysFile::Epoch& epoch) {
    nlohmann::json json = {{"epoch", epoch.name.epoch}, {"key_id", hex(epoch.name.key_id)}};
    if (!epoch.wrapped_chain_key.empty()) json["chain_key"] = hex(bytes_of(epoch.wrapped_chain_key));
    return json;
}

nlohmann::json json_of(const KeysFile::Half& half) {
    assert(!half.epochs.empty());
    auto epochs = nlohmann::json::array();
    for (const KeysFile::Epoch& epoch : half.epochs)
        epochs.push_back(json_of(epoch));
    return {
        {"account_key",
         {{"epoch", half.epochs.back().name.epoch}, {"wrapped", hex(bytes_of(half.wrapped_account_key))}}},
        {"epochs", std::move(epochs)}};
}

std::uint64_t number_at(const nlohmann::json& json, const char* name) {
    const auto value = json.find(name);
    return value != json.end() && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
}

/// The bytes of a hex text; empty when there is none.
std::string wrapped_at(const nlohmann::json& json, const char* name) {
    const auto value = json.find(name);
    if (value == json.end() || !value->is_string()) return {};
    const auto& text = value->get_ref<const std::string&>();
    std::vector<std::uint8_t> bytes(text.size() / 2);
    if (text.size() > wrapped_hex_max || !from_hex(text, bytes)) return {};
    return std::string(text_of(bytes));
}

std::optional<KeysFile::Half> half_of(const nlohmann::json& json) {
    const auto account_key = json.find("account_key");
    const auto epochs = json.find("epochs");
    if (account_key == json.end() || !account_key->is_object()) return {};
    if (epochs == json.end() || !epochs->is_array() || epochs->empty() || epochs->size() > epochs_max)
        return {};
    KeysFile::Half half;
    half.wrapped_account_key = wrapped_at(*account_key, "wrapped");
    if (half.wrapped_account_key.empty()) return {};
    for (const auto& entry : *epochs) {
        if (!entry.is_object()) return {};
        KeysFile::Epoch epoch;
        epoch.name.epoch = static_cast<std::uint32_t>(half.epochs.size()) + first_epoch;
        const auto key_id = entry.find("key_id");
        if (key_id == entry.end() || !key_id->is_string()) return {};
        if (!from_hex(key_id->get_ref<const std::string&>(), epoch.name.key_id)) return {};
        epoch.wrapped_chain_key = wrapped_at(entry, "chain_key");
        const bool newest = half.epochs.size() + 1 == epochs->size();
        if (newest != epoch.wrapped_chain_key.empty()) return {};
        half.epochs.push_back(std::move(epoch));
    }
    return half;
}

/// True when `branches` is absent, or a list of ascending sequences.
bool read_branches(const nlohmann::json& json, std::vector<SequenceId>& resumptions) {
    const auto branches = json.find("branches");
    if (branches == json.end()) return true;
    if (!branches->is_array() || branches->empty() || branches->size() > resumptions_max) return false;
    for (const auto& entry : *branches) {
        const std::uint64_t sequence = entry.is_object() ? number_at(entry, "sequence") : 0;
        const SequenceId before = resumptions.empty() ? SequenceId(1) : resumptions.back();
        if (sequence <= before.value() || sequence >= sequence_limit) return false;
        resumptions.emplace_back(sequence);
    }
    return true;
}

/// Key ids are distinct, and the former half is the newest one less its last epoch.
bool halves_agree(const KeysFile& file) {
    std::vector<KeyId> ids;
    ids.reserve(file.newest.epochs.size());
    for (const auto& epoch : file.newest.epochs)
        ids.push_back(epoch.name.key_id);
    std::ranges::sort(ids);
    if (std::ranges::adjacent_find(ids) != ids.end()) return false;
    if (!file.former) return true;
    const auto& former = file.former->epochs;
    return former.size() + 1 == file.newest.epochs.size() &&
           std::equal(former.begin(), former.end(), file.newest.epochs.begin(),
                      [](const auto& a, const auto& b) { return a.name == b.name; });
}

}  // namespace

tl::unexpected<Error> damaged_keys_file(std::string_view what) {
    return failure(ErrorCode::engine_held, "the keys file of the log is damaged: " + std::string(what),
                   "Put the keys file back from a copy of the data directory; without it the log can be "
                   "verified but not continued.");
}

std::string render_keys_file(const KeysFile& file) {
    // nlohmann's object keeps its keys sorted and every value is ASCII: dump() is the canonical form.
    nlohmann::json json = json_of(file.newest);
    json["format"] = keys_file_format;
    json["log_id"] = hex(file.log_id);
    if (file.former) json["former"] = json_of(*file.former);
    std::uint32_t branch = first_branch;
    for (const SequenceId sequence : file.resumptions)
        json["branches"].push_back({{"branch", ++branch}, {"sequence", sequence.value()}});
    return json.dump() + "\n";
}

Result<KeysFile> parse_keys_file(std::string_view text) {
    if (text.size() > keys_file_bytes_max) return damaged_keys_file("it is too long");
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return damaged_keys_file("it is not a JSON object");
    const std::uint64_t format = number_at(json, "format");
    if (format == 0) return damaged_keys_file("it has no format number");
    if (format > keys_file_format)
        return failure(ErrorCode::log_version_unsupported,
                       "the keys file has format " + std::to_string(format) + "; this version knows " +
                           std::to_string(keys_file_format));
    KeysFile file;
    const auto log_id = json.find("log_id");
    if (log_id == json.end() || !log_id->is_string() ||
        !from_hex(log_id->get_ref<const std::string&>(), file.log_id))
        return damaged_keys_file("log_id");
    auto newest = half_of(json);
    if (!newest) return damaged_keys_file("account_key or epochs");
    file.newest = std::move(*newest);
    if (const auto former = json.find("former"); former != json.end()) {
        file.former = half_of(*former);
        if (!file.former) return damaged_keys_file("former");
    }
    if (!read_branches(json, file.resumptions)) return damaged_keys_file("branches");
    if (!halves_agree(file)) return damaged_keys_file("its key ids");
    // Everything this version understands is in `file`, so any other text is not a keys file of format 1.
    if (render_keys_file(file) != text) return damaged_keys_file("it is not in the canonical form");
    return file;
}

}  // namespace ibkr::events
