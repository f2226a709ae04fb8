#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "events/error_codes.hpp"

namespace ibkr::events {

/// One reason inside a refusal: a sub-code of the gateway contract with a sentence for people.
struct Reason {
    std::string code;
    std::string message;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("code", self.code);
        v("message", self.message);
    }
    friend bool operator==(const Reason&, const Reason&) = default;
};

/// Why something was not done. Says what happened, whether the same request may succeed later, and what the
/// user can do next (falls back to the catalogue's advice). Holds no raw account id and no secret.
/// An outcome that is not known is not an Error: see `Outcome::unknown`.
struct Error {
    ErrorCode code;
    std::string message;
    bool retryable = false;
    std::string user_action;
    std::vector<Reason> reasons;

    friend bool operator==(const Error&, const Error&) = default;
};

/// The only alias for fallible results in the product; `std::expected` can take its place.
template <class T, class E = Error>
using Result = tl::expected<T, E>;

/// A failed Result with the catalogue's default for retryable and user action.
[[nodiscard]] inline tl::unexpected<Error> failure(ErrorCode code, std::string message) {
    return tl::unexpected<Error>(
        Error{code, std::move(message), info(code).retryable, std::string(info(code).user_action), {}});
}

[[nodiscard]] inline tl::unexpected<Error> failure(ErrorCode code, std::string message,
                                                   std::string user_action) {
    return tl::unexpected<Error>(
        Error{code, std::move(message), info(code).retryable, std::move(user_action), {}});
}

[[nodiscard]] inline tl::unexpected<Error> failure(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

}  // namespace ibkr::events
