#include "events/crypto/hmac.hpp"

#include <array>
#include <exception>
#include <string>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace ibkr::events {
namespace {

struct FreeMac {
    void operator()(EVP_MAC* mac) const noexcept { EVP_MAC_free(mac); }
};
struct FreeContext {
    void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MAC_CTX, FreeContext>;

void require(bool done) {
    if (!done) std::terminate();
}

// Fetched once: a fetch costs several times the MAC of one record.
EVP_MAC* algorithm() {
    static const std::unique_ptr<EVP_MAC, FreeMac> fetched(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    require(fetched != nullptr);
    return fetched.get();
}

Context keyed_context(Bytes key) {
    Context context(EVP_MAC_CTX_new(algorithm()));
    require(context != nullptr);
    std::string digest_name = "SHA256";
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name.data(), 0),
        OSSL_PARAM_construct_end()};
    // A null key means "keep the old one" to the library, so an empty key still needs an address.
    static constexpr std::uint8_t nothing = 0;
    const std::uint8_t* const data = key.empty() ? &nothing : key.data();
    require(EVP_MAC_init(context.get(), data, key.size(), parameters.data()) == 1);
    return context;
}

}  // namespace

struct HmacSha256::State {
    Context context;
};

HmacSha256::HmacSha256(Bytes key) : state_(std::make_unique<State>(State{keyed_context(key)})) {}
HmacSha256::HmacSha256(std::unique_ptr<State> state) : state_(std::move(state)) {}
HmacSha256::~HmacSha256() = default;
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;

HmacSha256 HmacSha256::copy() const {
    Context duplicate(EVP_MAC_CTX_dup(state_->context.get()));
    require(duplicate != nullptr);
    return HmacSha256(std::make_unique<State>(State{std::move(duplicate)}));
}

Digest HmacSha256::mac(std::initializer_list<std::string_view> parts) {
    EVP_MAC_CTX* const context = state_->context.get();
    require(EVP_MAC_init(context, nullptr, 0, nullptr) == 1);
    for (const std::string_view part : parts) {
        const Bytes bytes = bytes_of(part);
        require(EVP_MAC_update(context, bytes.data(), bytes.size()) == 1);
    }
    Digest digest{};
    std::size_t length = 0;
    require(EVP_MAC_final(context, digest.data(), &length, digest.size()) == 1 && length == digest.size());
    return digest;
}

Digest hmac_sha256(Bytes key, std::initializer_list<std::string_view> parts) {
    return HmacSha256(key).mac(parts);
}

AccountHash account_hash(const Secret& account_key, const AccountId& account) {
    return AccountHash(hex(hmac_sha256(account_key.bytes(), {account.raw()})));
}

}  // namespace ibkr::events
