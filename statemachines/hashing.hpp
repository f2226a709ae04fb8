#pragma once

#include <string>

#include "events/values/order.hpp"
#include "statemachines/commands.hpp"

namespace ibkr::statemachines {

/// sha256 (lower hex) of the canonical JSON {account, environment, terms}: what an approval binds.
[[nodiscard]] std::string order_hash(const events::AccountHash& account, events::Environment environment,
                                     const events::OrderTerms& terms);

/// sha256 (lower hex) of the canonical request: operation name and business arguments without the key itself.
[[nodiscard]] std::string request_hash(const SubmitOrder& command);
[[nodiscard]] std::string request_hash(const CancelOrder& command);
[[nodiscard]] std::string request_hash(const ModifyOrder& command);

/// An id that follows from what it is for, so that finding the same order twice names it alike: the first 16
/// bytes of a sha256, as a UUID (RFC 9562, version 8). `text` tells the order or intent apart within account
/// and environment.
[[nodiscard]] std::string found_id(const events::AccountHash& account, events::Environment environment,
                                   std::string_view text);

/// `cOID` (interfaces "Ids and keys"): `p` or `l`, first 8 hex of the log id, role character, key.
[[nodiscard]] events::ClientOrderId client_order_id(events::Environment environment,
                                                    std::string_view log_prefix,
                                                    const events::IdempotencyKey& key);

}  // namespace ibkr::statemachines
