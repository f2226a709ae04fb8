#include "events/log/keys/key_ring.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "events/log/keys/keys.hpp"

namespace ibkr::events {
namespace {

constexpr int key_ring_file_format = 1;

tl::unexpected<Error> not_a_ring(std::string_view why) {
    return failure(ErrorCode::config_invalid, "the key ring is not usable: " + std::string(why),
                   "Use a file written by `audit keys export`, unchanged.");
}

bool hex_at(const nlohmann::json& json, const char* name, std::span<std::uint8_t> out) {
    const auto value = json.find(name);
    return value != json.end() && value->is_string() && from_hex(value->get_ref<const std::string&>(), out);
}

/// An epoch of the allowed range; 0 when it is none.
std::uint32_t epoch_at(const nlohmann::json& json) {
    const auto value = json.find("epoch");
    if (value == json.end() || !value->is_number_unsigned()) return 0;
    const auto epoch = value->get<std::uint64_t>();
    return epoch <= epochs_max ? static_cast<std::uint32_t>(epoch) : 0;
}

/// nullptr, or why the ring cannot take this entry.
const char* why_refused(const KeyRing& ring, const EpochKey& name) {
    if (name.epoch < first_epoch) return "epoch";
    if (ring.find(name.key_id) != nullptr) return "a key stands in it twice";
    const auto names = ring.names();
    if (!names.empty() && names.back().epoch >= name.epoch) return "its epochs do not ascend";
    return nullptr;
}

}  // namespace

KeyRing KeyRing::copy() const {
    KeyRing ring(log_id_);
    ring.keys_.reserve(keys_.size());
    for (const Key& key : keys_)
        ring.keys_.push_back({key.name, key.chain_key.copy()});
    return ring;
}

void KeyRing::add(const EpochKey& name, Secret chain_key) {
    const auto place =
        std::ranges::lower_bound(keys_, name.epoch, {}, [](const Key& k) { return k.name.epoch; });
    if (place != keys_.end() && place->name.epoch == name.epoch)
        *place = {name, std::move(chain_key)};
    else
        keys_.insert(place, {name, std::move(chain_key)});
}

bool KeyRing::add_from_secret(const Secret& secret, const KeyId& key_id) {
    for (std::uint32_t epoch = first_epoch; epoch <= epochs_max; ++epoch) {
        if (derive_key_id(secret, log_id_, epoch) != key_id) continue;
        add({epoch, key_id}, derive_chain_key(secret, log_id_, epoch));
        return true;
    }
    return false;
}

const Secret* KeyRing::find(const KeyId& key_id) const noexcept {
    const auto key = std::ranges::find(keys_, key_id, [](const Key& k) { return k.name.key_id; });
    return key == keys_.end() ? nullptr : &key->chain_key;
}

std::optional<std::uint32_t> KeyRing::epoch_of(const KeyId& key_id) const noexcept {
    const auto key = std::ranges::find(keys_, key_id, [](const Key& k) { return k.name.key_id; });
    if (key == keys_.end()) return {};
    return key->name.epoch;
}

std::vector<EpochKey> KeyRing::names() const {
    std::vector<EpochKey> names;
    names.reserve(keys_.size());
    for (const Key& key : keys_)
        names.push_back(key.name);
    return names;
}

std::string KeyRing::file_text() const {
    // Written by hand, so that no JSON tree keeps a second copy of the keys.
    std::string text = "{\"format\":" + std::to_string(key_ring_file_format) + ",\"keys\":[";
    for (const Key& key : keys_) {
        if (&key != &keys_.front()) text += ',';
        text += "{\"chain_key\":\"" + hex(key.chain_key.bytes());
        text += "\",\"epoch\":" + std::to_string(key.name.epoch);
        text += ",\"key_id\":\"" + hex(key.name.key_id) + "\"}";
    }
    return text + "],\"log_id\":\"" + hex(log_id_) + "\"}\n";
}

Result<KeyRing> KeyRing::parse(std::string_view file_text) {
    if (file_text.size() > key_ring_file_bytes_max) return not_a_ring("it is too long");
    const auto json = nlohmann::json::parse(file_text, nullptr, false);
    if (!json.is_object()) return not_a_ring("it is not a JSON object");
    const auto format = json.find("format");
    if (format == json.end() || !format->is_number_unsigned()) return not_a_ring("it has no format number");
    if (format->get<std::uint64_t>() > key_ring_file_format)
        return failure(ErrorCode::log_version_unsupported,
                       "the key ring has format " + std::to_string(format->get<std::uint64_t>()) +
                           "; this version knows " + std::to_string(key_ring_file_format));
    LogId log_id{};
    if (!hex_at(json, "log_id", log_id)) return not_a_ring("log_id");
    const auto keys = json.find("keys");
    if (keys == json.end() || !keys->is_array() || keys->empty() || keys->size() > epochs_max)
        return not_a_ring("keys");
    KeyRing ring(log_id);
    for (const auto& entry : *keys) {
        EpochKey name;
        std::array<std::uint8_t, chain_key_bytes> key{};
        if (!entry.is_object() || !hex_at(entry, "key_id", name.key_id)) return not_a_ring("key_id");
        name.epoch = epoch_at(entry);
        if (const char* why = why_refused(ring, name); why != nullptr) return not_a_ring(why);
        if (!hex_at(entry, "chain_key", key)) return not_a_ring("chain_key");
        ring.add(name, Secret{Bytes(key)});
        wipe(key);
    }
    // Everything this version understands is in `ring`, so any other text is not a key ring of format 1.
    if (ring.file_text() != file_text) return not_a_ring("it is not in the canonical form");
    return ring;
}

}  // namespace ibkr::events
