#include "statemachines/hashing.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "events/crypto/bytes.hpp"
#include "events/crypto/sha256.hpp"
#include "events/json/describe_codec.hpp"

namespace ibkr::statemachines {
namespace {

struct BoundOrder {
    events::AccountHash account;
    events::Environment environment = events::Environment::paper;
    events::OrderTerms terms;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("account", self.account);
        v("environment", self.environment);
        v("terms", self.terms);
    }
};

/// A command without its key, beside the name of its operation.
template <class C>
struct Request {
    events::Operation operation = events::Operation::submit;
    C arguments;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("arguments", self.arguments);
        v("operation", self.operation);
    }
};

template <class T>
std::string hash_of(const T& value) {
    return events::hex(events::sha256(events::to_canonical_json(value)));
}

template <class C>
std::string hash_of_request(events::Operation operation, C command) {
    command.idempotency_key = {};
    return hash_of(Request<C>{operation, std::move(command)});
}

}  // namespace

std::string order_hash(const events::AccountHash& account, events::Environment environment,
                       const events::OrderTerms& terms) {
    return hash_of(BoundOrder{account, environment, terms});
}

std::string request_hash(const SubmitOrder& command) {
    return hash_of_request(events::Operation::submit, command);
}

std::string request_hash(const CancelOrder& command) {
    return hash_of_request(events::Operation::cancel, command);
}

std::string request_hash(const ModifyOrder& command) {
    return hash_of_request(events::Operation::modify, command);
}

std::string found_id(const events::AccountHash& account, events::Environment environment,
                     std::string_view text) {
    std::string what = "ibkr-agent found order\n";
    what.append(account.text()).append("\n").append(events::name_of(environment)).append("\n").append(text);
    const auto digest = events::sha256(what);
    std::array<std::uint8_t, 16> id{};
    std::copy_n(digest.begin(), id.size(), id.begin());
    id[6] = static_cast<std::uint8_t>((id[6] & 0x0fU) | 0x80U);
    id[8] = static_cast<std::uint8_t>((id[8] & 0x3fU) | 0x80U);
    std::string uuid = events::hex(id);
    for (const std::size_t dash : {20U, 16U, 12U, 8U})
        uuid.insert(dash, 1, '-');
    return uuid;
}

events::ClientOrderId client_order_id(events::Environment environment, std::string_view log_prefix,
                                      const events::IdempotencyKey& key) {
    assert(log_prefix.size() == 8 && "the first 8 hex digits of the log id");
    std::string text(environment == events::Environment::paper ? "p" : "l");
    text.append(log_prefix);
    text.push_back('-');
    text.append(key.text());
    return events::ClientOrderId(std::move(text));
}

}  // namespace ibkr::statemachines
