#include "events/log/keys.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <nlohmann/json.hpp>

#include "events/crypto/aead.hpp"
#include "events/crypto/hkdf.hpp"
#include "events/crypto/hmac.hpp"
#include "events/crypto/random.hpp"

namespace ibkr::events {
namespace {

constexpr int keys_file_format = 1;

std::string with_epoch(std::string text, std::uint32_t epoch) {
    append_be32(text, epoch);
    return text;
}

Secret wrapping_key(const Secret& secret, const LogId& log_id, std::uint32_t epoch) {
    return hkdf_sha256(secret.bytes(), text_of(log_id), with_epoch("ibkr-agent account key wrapping", epoch));
}

std::string wrapping_aad(const LogId& log_id, std::uint32_t epoch) {
    return with_epoch("ibkr-agent account key" + std::string(text_of(log_id)), epoch);
}

tl::unexpected<Error> damaged(std::string_view what) {
    return failure(ErrorCode::engine_held, "the keys file of the log is damaged: " + std::string(what),
                   "Put the keys file back from a copy of the data directory; without it the log can be "
                   "verified but not continued.");
}

struct KeysFile {
    LogId log_id{};
    KeyId key_id{};
    std::string wrapped_account_key;
};

std::string render(const KeysFile& file) {
    // nlohmann's object keeps its keys sorted and every value is ASCII: dump() is the canonical form.
    const nlohmann::json json = {
        {"account_key", {{"epoch", first_epoch}, {"wrapped", hex(bytes_of(file.wrapped_account_key))}}},
        {"epochs", nlohmann::json::array({{{"epoch", first_epoch}, {"key_id", hex(file.key_id)}}})},
        {"format", keys_file_format},
        {"log_id", hex(file.log_id)}};
    return json.dump() + "\n";
}

Result<KeysFile> parse_file(std::string_view text) {
    if (text.size() > keys_file_bytes_max) return damaged("it is too long");
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return damaged("it is not a JSON object");
    const auto format = json.find("format");
    if (format == json.end() || !format->is_number_unsigned()) return damaged("it has no format number");
    if (format->get<std::uint64_t>() > keys_file_format)
        return failure(ErrorCode::log_version_unsupported,
                       "the keys file has format " + std::to_string(format->get<std::uint64_t>()) +
                           "; this version knows " + std::to_string(keys_file_format));
    const auto text_at = [&json](const char* pointer) {
        const nlohmann::json::json_pointer path(pointer);
        return json.contains(path) && json.at(path).is_string() ? json.at(path).get<std::string>() : "";
    };
    KeysFile file;
    const std::string wrapped_hex = text_at("/account_key/wrapped");
    std::vector<std::uint8_t> wrapped(wrapped_hex.size() / 2);
    if (!from_hex(text_at("/log_id"), file.log_id)) return damaged("log_id");
    if (!from_hex(text_at("/epochs/0/key_id"), file.key_id)) return damaged("key_id");
    if (!from_hex(wrapped_hex, wrapped)) return damaged("account_key");
    file.wrapped_account_key = text_of(wrapped);
    // Everything this version understands is in `file`, so any other text is not a keys file of format 1.
    if (render(file) != text) return damaged("it is not in the canonical form");
    return file;
}

}  // namespace

Secret derive_chain_key(const Secret& secret, const LogId& log_id, std::uint32_t epoch) {
    return hkdf_sha256(secret.bytes(), text_of(log_id), with_epoch("ibkr-agent chain key", epoch));
}

KeyId derive_key_id(const Secret& secret, const LogId& log_id, std::uint32_t epoch) {
    const std::string number = with_epoch("", epoch);
    const Digest digest = hmac_sha256(secret.bytes(), {"ibkr-agent key id", text_of(log_id), number});
    KeyId id{};
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

LogKeys::LogKeys(LogIdentity identity, Secret chain_key, Secret account_key, std::string wrapped)
    : identity_(identity),
      chain_key_(std::move(chain_key)),
      account_key_(std::move(account_key)),
      wrapped_account_key_(std::move(wrapped)) {}

LogKeys LogKeys::copy() const {
    return LogKeys(identity_, chain_key_.copy(), account_key_.copy(), wrapped_account_key_);
}

Result<LogKeys> LogKeys::create(const Secret& secret) {
    LogId log_id{};
    std::array<std::uint8_t, account_key_bytes> random{};
    if (auto filled = fill_random(log_id); !filled) return failure(filled.error());
    if (auto filled = fill_random(random); !filled) return failure(filled.error());
    const Secret account_key{Bytes(random)};
    wipe(random);
    return create(secret, log_id, account_key);
}

Result<LogKeys> LogKeys::create(const Secret& secret, const LogId& log_id, const Secret& account_key) {
    if (secret.size() < audit_secret_bytes_min)
        return failure(ErrorCode::config_invalid,
                       "the audit secret has " + std::to_string(secret.size()) + " bytes; at least " +
                           std::to_string(audit_secret_bytes_min) + " are needed",
                       "Use a random audit secret of 32 bytes or more.");
    if (account_key.size() != account_key_bytes)
        return failure(ErrorCode::config_invalid, "an account key has 32 bytes");
    const LogIdentity identity{log_id, derive_key_id(secret, log_id, first_epoch), first_epoch, first_branch};
    auto wrapped = aead_wrap(wrapping_key(secret, log_id, first_epoch), wrapping_aad(log_id, first_epoch),
                             account_key.bytes());
    if (!wrapped) return failure(wrapped.error());
    return LogKeys(identity, derive_chain_key(secret, log_id, first_epoch), account_key.copy(),
                   std::move(*wrapped));
}

Result<LogKeys> LogKeys::parse(std::string_view file_text, const Secret& secret) {
    auto file = parse_file(file_text);
    if (!file) return failure(file.error());
    const KeyId supplied = derive_key_id(secret, file->log_id, first_epoch);
    if (supplied != file->key_id)
        return failure(ErrorCode::log_key_mismatch, "the log was written under key " + hex(file->key_id) +
                                                        ", the supplied secret gives key " + hex(supplied));
    auto account_key = aead_unwrap(wrapping_key(secret, file->log_id, first_epoch),
                                   wrapping_aad(file->log_id, first_epoch), file->wrapped_account_key);
    if (!account_key || account_key->size() != account_key_bytes) return damaged("the wrapped account key");
    const LogIdentity identity{file->log_id, file->key_id, first_epoch, first_branch};
    return LogKeys(identity, derive_chain_key(secret, file->log_id, first_epoch), std::move(*account_key),
                   std::move(file->wrapped_account_key));
}

std::string LogKeys::file_text() const {
    return render({identity_.log_id, identity_.key_id, wrapped_account_key_});
}

}  // namespace ibkr::events
