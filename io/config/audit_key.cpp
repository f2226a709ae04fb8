#include "io/config/audit_key.hpp"

#include <array>
#include <cassert>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "events/crypto/random.hpp"
#include "events/log/directory/files.hpp"
#include "events/log/directory/log_directory.hpp"
#include "io/config/config_checks.hpp"

namespace ibkr::io {
namespace {

using events::ErrorCode;
using events::failure;

constexpr std::size_t key_bytes = 32;
constexpr std::string_view role = "generated key file";

tl::unexpected<events::Error> refused(const std::string& why, std::string action) {
    return failure(ErrorCode::config_invalid, "the " + std::string(role) + " " + why, std::move(action));
}

std::string folder_of(const std::string& path) {
    return std::filesystem::path(path).parent_path().string();
}

/// Nothing when the file does not hold a key.
events::Result<std::optional<events::Secret>> read_whole_key(const std::string& path) {
    const events::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file.open() && errno == ENOENT) return std::optional<events::Secret>();
    if (!file.open())
        return refused("cannot be opened", "Make 'key' in the home directory readable for this user only.");
    struct stat facts{};
    if (::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode))
        return refused("is not a regular file", "Put the file 'key' of this log back.");
    if (facts.st_uid != ::geteuid())
        return refused("belongs to another user", "Run as the user who owns the home directory.");
    if ((facts.st_mode & 0077) != 0)
        return refused("is open to other users", "Run 'chmod 600 key' in the home directory.");
    std::array<char, 2 * key_bytes + 2> buffer{};
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    std::string text(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    events::wipe({reinterpret_cast<std::uint8_t*>(buffer.data()), buffer.size()});
    if (!text.empty() && text.back() == '\n') text.pop_back();
    std::array<std::uint8_t, key_bytes> raw{};
    const bool is_key = events::from_hex(text, raw);
    events::wipe(raw);
    auto secret = events::Secret::take(text);
    if (!is_key) return std::optional<events::Secret>();
    return std::optional(std::move(secret));
}

events::Result<events::Secret> read_key(const std::string& path) {
    auto key = read_whole_key(path);
    if (!key) return failure(key.error());
    if (!*key) return refused("does not hold a key", "Put the file 'key' of this log back.");
    return std::move(**key);
}

/// The text of a new key file.
events::Result<std::string> make_key() {
    std::array<std::uint8_t, key_bytes> random{};
    if (auto filled = events::fill_random(random); !filled) return failure(filled.error());
    std::string text = events::hex(random) + "\n";
    events::wipe(random);
    return text;
}

/// The whole file appears at once under its name; if another process was first, its key stays.
events::Result<void> create_key(const std::string& path) {
    const std::string folder = folder_of(path);
    if (auto made = events::make_directories(folder, "home directory"); !made) return made;
    auto text = make_key();
    if (!text) return failure(text.error());
    const std::string draft = path + "." + std::to_string(::getpid());
    auto written = events::write_new_file(draft, role, *text);
    events::wipe({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});
    if (!written) return written;
    const int linked = ::link(draft.c_str(), path.c_str());
    const int error_number = errno;
    (void)::unlink(draft.c_str());
    if (linked != 0 && error_number != EEXIST)
        return failure(events::system_error(role, "creating", error_number));
    return events::sync_directory(folder, "home directory");
}

std::string next_key_file(const Config& config) {
    return config.key_file + ".next";
}

std::string former_key_file(const Config& config) {
    return config.key_file + ".former";
}

/// The key file's present content under the name of the former key; at no time is there half a file.
events::Result<void> keep_as_former(const Config& config) {
    const std::string draft = former_key_file(config) + ".draft";
    (void)::unlink(draft.c_str());
    if (::link(config.key_file.c_str(), draft.c_str()) != 0)
        return failure(events::system_error(role, "keeping", errno));
    auto renamed = events::rename_path(draft, former_key_file(config), role);
    (void)::unlink(draft.c_str());  // still there when both names were of one file already
    return renamed;
}

bool holds(const std::string& path, const events::Secret& secret) {
    if (!events::path_exists(path)) return false;
    const auto read = read_key(path);
    return read && events::equal_in_constant_time(read->bytes(), secret.bytes());
}

}  // namespace

std::string_view to_string(KeySource source) noexcept {
    return source == KeySource::key_file ? "stored on this machine" : "supplied";
}

events::Result<AuditKey> load_audit_key(const Config& config, const Environment& environment,
                                        bool may_create) {
    if (!config.offline_profile || environment(config.hmac_secret_env)) {
        if (auto problem = secret_problem(config.hmac_secret_env, environment))
            return failure(ErrorCode::config_invalid, "'audit.hmac_secret_env' " + *problem,
                           "Export " + config.hmac_secret_env + " with at least 32 bytes of secret.");
        std::string value = environment(config.hmac_secret_env).value_or("");
        return AuditKey{events::Secret::take(value), KeySource::environment};
    }
    if (!events::path_exists(config.key_file)) {
        if (events::has_log(config.data_directory))
            return failure(ErrorCode::log_key_mismatch,
                           "the log is there, but the key file it was written with is not",
                           "Put the file 'key' back, or export IBKR_AUDIT_HMAC_SECRET with its content.");
        if (!may_create)
            return failure(ErrorCode::config_invalid, "there is no key file to read a log with",
                           "Export IBKR_AUDIT_HMAC_SECRET with the secret the log was written with.");
        if (auto created = create_key(config.key_file); !created) return failure(created.error());
    }
    auto secret = read_key(config.key_file);
    if (!secret) return failure(secret.error());
    AuditKey key{std::move(*secret), KeySource::key_file};
    if (!events::path_exists(next_key_file(config))) return key;
    // One that is not whole was cut off before any log could be under it; one that is gone again was settled.
    auto next = read_whole_key(next_key_file(config));
    if (!next) return failure(next.error());
    key.next = std::move(*next);
    return key;
}

events::Result<void> put_down_next_key(const Config& config, AuditKey& key) {
    assert(key.source == KeySource::key_file && !key.next);
    const std::string next = next_key_file(config);
    auto text = make_key();
    if (!text) return failure(text.error());
    auto written = events::write_new_file(next, role, *text);
    events::wipe({reinterpret_cast<std::uint8_t*>(text->data()), text->size()});
    if (!written) return written;
    if (auto synced = events::sync_directory(folder_of(next), "home directory"); !synced) return synced;
    auto secret = read_key(next);
    if (!secret) return failure(secret.error());
    key.next.emplace(std::move(*secret));
    return {};
}

events::Result<void> settle_key_files(const Config& config, AuditKey& key) {
    if (key.source != KeySource::key_file) return {};
    const std::string next = next_key_file(config);
    // What was loaded before the lock was taken may be older than the files: they are looked at again.
    const bool is_as_loaded = holds(config.key_file, key.secret);
    if (key.next_is_in_force) {
        if (is_as_loaded && holds(next, *key.next)) {
            if (auto kept = keep_as_former(config); !kept) return kept;
            if (auto renamed = events::rename_path(next, config.key_file, role); !renamed) return renamed;
        }
        key.secret = std::move(*key.next);
    } else if (!is_as_loaded || !events::path_exists(next)) {
        key.next.reset();
        return {};
    } else if (::unlink(next.c_str()) != 0) {
        return failure(events::system_error(role, "removing", errno));
    }
    key.next.reset();
    key.next_is_in_force = false;
    return events::sync_directory(folder_of(config.key_file), "home directory");
}

events::Error with_former_key_advice(const Config& config, KeySource source, events::Error error) {
    if (error.code == ErrorCode::log_key_mismatch && source == KeySource::key_file &&
        events::path_exists(former_key_file(config)))
        error.user_action +=
            " A copy from before the last rotation opens under the key in 'key.former': export " +
            config.hmac_secret_env + " with its content.";
    return error;
}

}  // namespace ibkr::io
