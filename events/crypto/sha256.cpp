#include "events/crypto/sha256.hpp"

#include <exception>

#include <openssl/evp.h>

namespace ibkr::events {
namespace {

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
struct FreeAlgorithm {
    void operator()(EVP_MD* algorithm) const noexcept { EVP_MD_free(algorithm); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

void require(bool done) {
    if (!done) std::terminate();
}

// Fetching the algorithm costs more than hashing one record, so it is done once.
const EVP_MD* algorithm() {
    static const std::unique_ptr<EVP_MD, FreeAlgorithm> fetched(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    require(fetched != nullptr);
    return fetched.get();
}

Context make_context() {
    Context context(EVP_MD_CTX_new());
    require(context && EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) == 1);
    return context;
}

Digest finish(EVP_MD_CTX* context) {
    Digest digest{};
    unsigned int length = 0;
    require(EVP_DigestFinal_ex(context, digest.data(), &length) == 1 && length == digest.size());
    return digest;
}

}  // namespace

Digest sha256(std::string_view data) {
    thread_local const Context context(make_context());
    require(EVP_DigestInit_ex2(context.get(), nullptr, nullptr) == 1 &&
            EVP_DigestUpdate(context.get(), data.data(), data.size()) == 1);
    return finish(context.get());
}

struct Sha256Stream::State {
    Context context = make_context();
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::update(std::string_view data) {
    require(EVP_DigestUpdate(state_->context.get(), data.data(), data.size()) == 1);
}

Digest Sha256Stream::digest() const {
    const Context copy(EVP_MD_CTX_new());
    require(copy && EVP_MD_CTX_copy_ex(copy.get(), state_->context.get()) == 1);
    return finish(copy.get());
}

}  // namespace ibkr::events
