#include "events/crypto/secret.hpp"

#include <openssl/crypto.h>

namespace ibkr::events {

void wipe(std::span<std::uint8_t> bytes) noexcept {
    if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
}

Secret Secret::take(std::string& text) {
    Secret secret{std::string_view(text)};
    if (!text.empty()) OPENSSL_cleanse(text.data(), text.size());
    text.clear();
    return secret;
}

Secret::~Secret() {
    wipe();
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        bytes_ = std::move(other.bytes_);
    }
    return *this;
}

void Secret::wipe() noexcept {
    events::wipe(bytes_);
}

bool equal_in_constant_time(Bytes a, Bytes b) noexcept {
    return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace ibkr::events
