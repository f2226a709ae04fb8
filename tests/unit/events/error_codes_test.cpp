#include "events/error_codes.hpp"

#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "events/result.hpp"

using namespace ibkr::events;

TEST_CASE("the catalogue names every code once, in order") {
    std::set<std::string_view> names;
    std::size_t index = 0;
    for (const ErrorCodeInfo& entry : error_code_catalogue()) {
        CAPTURE(entry.name);
        REQUIRE(static_cast<std::size_t>(entry.code) == index++);
        REQUIRE(names.insert(entry.name).second);
        REQUIRE(entry.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") ==
                std::string_view::npos);
        REQUIRE(entry.exit_code > 0);
        REQUIRE(entry.exit_code < 256);
        REQUIRE_FALSE(entry.user_action.empty());
        REQUIRE(error_code_from_string(entry.name) == entry.code);
        REQUIRE(to_string(entry.code) == entry.name);
        REQUIRE(&info(entry.code) == &entry);
    }
    REQUIRE(index == static_cast<std::size_t>(ErrorCode::engine_paused) + 1);
}

TEST_CASE("names that are no codes are told apart") {
    for (const char* name : {"", "config_invalid", "CONFIG_INVALID ", "ORDER_QUANTITY_INVALID", "UNKNOWN"})
        REQUIRE_FALSE(error_code_from_string(name).has_value());
}

TEST_CASE("exit codes are those of the gateway contract and of our own interfaces") {
    const auto exit_code = [](ErrorCode code) { return info(code).exit_code; };
    REQUIRE(exit_code(ErrorCode::config_invalid) == 7);
    REQUIRE(exit_code(ErrorCode::auth_missing_scope) == 4);
    REQUIRE(exit_code(ErrorCode::broker_session_required) == 3);
    REQUIRE(exit_code(ErrorCode::output_unsafe) == 6);
    REQUIRE(exit_code(ErrorCode::engine_held) == 3);
    REQUIRE(exit_code(ErrorCode::engine_owner_required) == 3);
    REQUIRE(exit_code(ErrorCode::log_version_unsupported) == 2);
    REQUIRE(exit_code(ErrorCode::replay_diverged) == 2);
    REQUIRE(exit_code(ErrorCode::log_key_mismatch) == 7);
    REQUIRE(exit_code(ErrorCode::operator_required) == 4);
}

TEST_CASE("a failure takes retryable and user action from the catalogue") {
    const Result<int> busy = failure(ErrorCode::engine_busy, "taken");
    REQUIRE(busy.error().retryable);
    REQUIRE(busy.error().user_action == info(ErrorCode::engine_busy).user_action);
    const Result<int> told = failure(ErrorCode::engine_busy, "taken", "stop process 7");
    REQUIRE(told.error().user_action == "stop process 7");
}
