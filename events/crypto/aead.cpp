#include "events/crypto/aead.hpp"

#include <cassert>
#include <exception>
#include <memory>
#include <vector>

#include <openssl/evp.h>

#include "events/crypto/random.hpp"

namespace ibkr::events {
namespace {

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

void require(bool done) {
    if (!done) std::terminate();
}

Context make_context() {
    Context context(EVP_CIPHER_CTX_new());
    require(context != nullptr);
    return context;
}

}  // namespace

std::string aead_wrap_with_nonce(const Secret& key, const AeadNonce& nonce, std::string_view aad,
                                 Bytes plaintext) {
    assert(key.size() == aead_key_bytes && plaintext.size() <= aead_plaintext_bytes_max);
    const Context context = make_context();
    require(EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.bytes().data(), nonce.data(),
                                nullptr) == 1);
    int length = 0;
    const Bytes aad_bytes = bytes_of(aad);
    require(EVP_EncryptUpdate(context.get(), nullptr, &length, aad_bytes.data(),
                              static_cast<int>(aad_bytes.size())) == 1);
    std::vector<std::uint8_t> cipher(plaintext.size() + aead_tag_bytes);
    require(EVP_EncryptUpdate(context.get(), cipher.data(), &length, plaintext.data(),
                              static_cast<int>(plaintext.size())) == 1);
    int rest = 0;
    require(EVP_EncryptFinal_ex(context.get(), cipher.data() + length, &rest) == 1);
    require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(aead_tag_bytes),
                                cipher.data() + plaintext.size()) == 1);
    std::string out(text_of(nonce));
    out.append(text_of(cipher));
    return out;
}

Result<std::string> aead_wrap(const Secret& key, std::string_view aad, Bytes plaintext) {
    AeadNonce nonce{};
    if (auto filled = fill_random(nonce); !filled) return failure(filled.error());
    return aead_wrap_with_nonce(key, nonce, aad, plaintext);
}

std::optional<Secret> aead_unwrap(const Secret& key, std::string_view aad, std::string_view wrapped) {
    assert(key.size() == aead_key_bytes);
    constexpr std::size_t overhead = std::tuple_size_v<AeadNonce> + aead_tag_bytes;
    if (wrapped.size() < overhead || wrapped.size() > overhead + aead_plaintext_bytes_max) return {};
    const Bytes all = bytes_of(wrapped);
    const Bytes nonce = all.first(std::tuple_size_v<AeadNonce>);
    const Bytes cipher = all.subspan(nonce.size(), wrapped.size() - overhead);
    std::vector<std::uint8_t> tag(all.end() - static_cast<std::ptrdiff_t>(aead_tag_bytes), all.end());

    const Context context = make_context();
    require(EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.bytes().data(), nonce.data(),
                                nullptr) == 1);
    int length = 0;
    const Bytes aad_bytes = bytes_of(aad);
    require(EVP_DecryptUpdate(context.get(), nullptr, &length, aad_bytes.data(),
                              static_cast<int>(aad_bytes.size())) == 1);
    std::vector<std::uint8_t> plain(cipher.size() + 1);
    require(EVP_DecryptUpdate(context.get(), plain.data(), &length, cipher.data(),
                              static_cast<int>(cipher.size())) == 1);
    require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                                tag.data()) == 1);
    int rest = 0;
    const bool authentic = EVP_DecryptFinal_ex(context.get(), plain.data() + length, &rest) == 1;
    std::optional<Secret> result;
    if (authentic) result.emplace(Bytes(plain).first(cipher.size()));
    wipe(plain);
    return result;
}

}  // namespace ibkr::events
