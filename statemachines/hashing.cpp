#include "statemachines/hashing.hpp"

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
