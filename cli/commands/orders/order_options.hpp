#pragma once

#include <string_view>

#include "cli/command.hpp"

namespace ibkr::cli {

// Options that several order commands share.

[[nodiscard]] inline Option account_option(bool required = true) {
    return {"--account", OptionKind::text, "ACCOUNT", "account id, see 'accounts list'", required};
}
[[nodiscard]] inline Option order_id_option() {
    return {"--broker-order-id", OptionKind::text, "ID", "order id, see 'orders list'", true};
}
[[nodiscard]] inline Option key_option() {
    return {"--idempotency-key", OptionKind::text, "KEY",
            "your own word for this request, 1-40 of A-Z a-z 0-9 . _ -; asked again, nothing is sent twice"};
}
[[nodiscard]] inline Option enable_paper_option() {
    return {"--enable-paper", OptionKind::flag, "", "allow this call to write to a paper account"};
}
inline constexpr std::string_view time_in_force_words = "day|good_till_cancelled";

}  // namespace ibkr::cli
