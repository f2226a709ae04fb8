#include "cli/engine_access.hpp"

#include <thread>

#include "events/log/directory/files.hpp"
#include "events/log/record.hpp"
#include "io/config/config_digest.hpp"
#include "io/ipc/socket.hpp"

namespace ibkr::cli {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

constexpr std::chrono::milliseconds pause{10};

/// Empty when this user cannot read the keys file, or there is none yet: the owner's own answer then counts.
std::string log_id_of(const std::string& data_directory) {
    const auto text = events::read_small_file(data_directory + "/keys", "keys", events::keys_file_bytes_max);
    if (!text) return {};
    const auto keys = events::parse_keys_file(*text);
    return keys ? events::hex(keys->log_id) : std::string();
}

}  // namespace

io::Greeting own_greeting(const io::Config& config) {
    io::Greeting greeting;
    greeting.product_version = IBKR_VERSION;
    greeting.log_id = log_id_of(config.data_directory);
    greeting.format_version = events::log_format_version;
    greeting.config_digest = io::config_digest(config);
    return greeting;
}

Result<Reached> own_or_forward(const io::Config& config, const io::Environment& environment,
                               const projections::RebuildProgress& progress, io::Deadline deadline) {
    const bool may_own = !is_of_another_user(config.data_directory);
    for (;;) {
        events::Error busy = io::silent_owner(config.data_directory);
        if (may_own) {
            auto lock = lock_directory(config, environment, true, std::chrono::milliseconds{0});
            if (lock) {
                auto opened = Composition::open(config, environment, progress, {}, std::move(*lock));
                if (!opened) return failure(opened.error());
                return Reached(std::move(*opened));
            }
            if (lock.error().code != ErrorCode::engine_busy) return failure(lock.error());
            busy = lock.error();
        }
        auto owner = io::OwnerClient::connect(config.data_directory, own_greeting(config), deadline);
        if (owner && *owner) return Reached(std::move(**owner));
        if (!owner && owner.error().code != ErrorCode::engine_busy) return failure(owner.error());
        if (!owner) busy = owner.error();
        if (std::chrono::steady_clock::now() + pause >= deadline) return failure(std::move(busy));
        std::this_thread::sleep_for(pause);
    }
}

Result<std::optional<io::OwnerClient>> running_owner(const io::Config& config, io::Deadline deadline) {
    return io::OwnerClient::connect(config.data_directory, own_greeting(config), deadline);
}

}  // namespace ibkr::cli
