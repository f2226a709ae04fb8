#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>

#include "events/crypto/secret.hpp"
#include "events/crypto/sha256.hpp"
#include "events/values/ids.hpp"

namespace ibkr::events {

/// HMAC-SHA256 (RFC 2104) under one key whose schedule is kept, so that a message costs only its hashing.
/// One thread at a time; each thread takes its own `copy`. The key is overwritten when the object goes away.
class HmacSha256 {
public:
    explicit HmacSha256(Bytes key);
    ~HmacSha256();
    HmacSha256(HmacSha256&&) noexcept;
    HmacSha256& operator=(HmacSha256&&) noexcept;
    HmacSha256(const HmacSha256&) = delete;
    HmacSha256& operator=(const HmacSha256&) = delete;

    [[nodiscard]] HmacSha256 copy() const;
    /// The MAC of the parts one after another.
    [[nodiscard]] Digest mac(std::initializer_list<std::string_view> parts);

private:
    struct State;
    explicit HmacSha256(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// One message under one key.
[[nodiscard]] Digest hmac_sha256(Bytes key, std::initializer_list<std::string_view> parts);

/// How an account is named everywhere inside: lower-case hex of HMAC(account key, raw id).
[[nodiscard]] AccountHash account_hash(const Secret& account_key, const AccountId& account);

}  // namespace ibkr::events
