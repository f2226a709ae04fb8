#include "events/log/log_directory.hpp"

#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace ibkr::events {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view role = "data directory";
constexpr std::size_t version_file_bytes_max = 16;
/// Opening a store writes a few small files; Debian's RocksDB is built with assertions and aborts when it
/// runs out of disk in the middle of its manifest, so the room is looked for before.
constexpr std::size_t room_to_open_bytes = 1'048'576;

struct Paths {
    explicit Paths(std::string data_directory)
        : root(std::move(data_directory)),
          version(root + "/VERSION"),
          keys(root + "/keys"),
          log(root + "/log"),
          creating(root + "/creating"),
          creating_keys(creating + "/keys"),
          creating_log(creating + "/log") {}
    std::string root, version, keys, log, creating, creating_keys, creating_log;
};

tl::unexpected<Error> held(std::string message) {
    return failure(ErrorCode::engine_held, std::move(message),
                   "Nothing was changed. Put the missing part back from a copy, or name an empty data "
                   "directory with --data-dir.");
}

/// What a log once written leaves behind; a new log is never begun beside any of it.
std::string_view trace_in(const Paths& paths) {
    constexpr std::array<std::string_view, 5> traces{"log", "keys", "anchors", "quarantine",
                                                     "projections.sqlite3"};
    for (const std::string_view trace : traces)
        if (path_exists(paths.root + "/" + std::string(trace))) return trace;
    return {};
}

Result<void> check_version(const Paths& paths) {
    auto text = read_small_file(paths.version, "VERSION file", version_file_bytes_max);
    if (!text) return failure(text.error());
    std::uint32_t version = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), version);
    if (error != std::errc{} || std::string_view(end, text->data() + text->size()) != "\n" || version == 0)
        return held("the VERSION file of the data directory is damaged");
    if (version > log_format_version)
        return failure(ErrorCode::log_version_unsupported,
                       "the data directory has format " + std::to_string(version) +
                           "; this version knows formats up to " + std::to_string(log_format_version));
    for (const std::string& part : {paths.log, paths.keys})
        if (!path_exists(part)) return held("the log or its keys are missing beside their VERSION file");
    return {};
}

Result<LogKeys> read_keys(const Paths& paths, const Secret& secret) {
    auto text = read_small_file(paths.keys, "keys file", keys_file_bytes_max);
    if (!text) return failure(text.error());
    return LogKeys::parse(*text, secret);
}

Result<void> remove_creating(const Paths& paths) {
    std::error_code error;
    fs::remove_all(paths.creating, error);
    if (error) return failure(system_error("unfinished new log", "removed", error.value()));
    return {};
}

/// Builds everything under creating/. `keys` is written last: where it stands, the rest is whole.
Result<void> build_in_creating(const Paths& paths, const LogKeys& keys, const LogStore& store,
                               const FirstRecord& first_record) {
    if (::mkdir(paths.creating.c_str(), 0700) != 0) return failure(system_error(role, "written", errno));
    {
        auto log = store.create(paths.creating_log, keys);
        if (!log) return failure(log.error());
        const PendingRecord first = first_record(keys.identity());
        if (auto appended = (*log)->append({&first, 1}, SequenceId(1)); !appended)
            return failure(appended.error());
    }
    if (auto synced = sync_directory(paths.creating_log, role); !synced) return synced;
    if (auto written = write_new_file(paths.creating_keys, "keys file", keys.file_text()); !written)
        return written;
    return sync_directory(paths.creating, role);
}

/// From a whole creating/ to a whole data directory; each step may have been done before a crash.
Result<void> move_into_place(const Paths& paths) {
    if (path_exists(paths.creating_log))
        if (auto moved = rename_path(paths.creating_log, paths.log, "new log"); !moved) return moved;
    if (path_exists(paths.creating_keys))
        if (auto moved = rename_path(paths.creating_keys, paths.keys, "keys file"); !moved) return moved;
    if (auto synced = sync_directory(paths.root, role); !synced) return synced;
    if (auto written = replace_file(paths.version, "VERSION file", std::to_string(log_format_version) + "\n");
        !written)
        return written;
    return remove_creating(paths);
}

/// True when a crash cut `move_into_place` short: the renames had begun, and they begin only when all is
/// synced. creating/ must exist.
bool was_moving(const Paths& paths) {
    const bool log_moved = !path_exists(paths.creating_log) && path_exists(paths.log);
    const bool keys_whole = path_exists(paths.creating_keys) != path_exists(paths.keys);
    return log_moved && keys_whole;
}

Result<void> create(const Paths& paths, const Secret& secret, const LogStore& store,
                    const FirstRecord& first_record) {
    const auto keys = LogKeys::create(secret);
    if (!keys) return failure(keys.error());
    if (auto built = build_in_creating(paths, *keys, store, first_record); !built) {
        // The next call removes what cannot be removed now.
        (void)remove_creating(paths);
        return built;
    }
    return move_into_place(paths);
}

/// Brings a directory without VERSION to one with it, or says why not. True: a new log was made now.
Result<bool> finish_or_create(const Paths& paths, const Secret& secret, const LogStore& store,
                              const FirstRecord& first_record) {
    if (path_exists(paths.creating)) {
        if (was_moving(paths)) {
            const bool moved = path_exists(paths.keys);
            auto text =
                read_small_file(moved ? paths.keys : paths.creating_keys, "keys file", keys_file_bytes_max);
            if (!text) return failure(text.error());
            if (auto keys = LogKeys::parse(*text, secret); !keys) return failure(keys.error());
            if (auto finished = move_into_place(paths); !finished) return failure(finished.error());
            return true;
        }
        if (path_exists(paths.log) || path_exists(paths.keys))
            return held("a log without VERSION stands beside an unfinished new one");
        if (auto removed = remove_creating(paths); !removed) return failure(removed.error());
    }
    if (const std::string_view trace = trace_in(paths); !trace.empty())
        return held("the log is missing or incomplete beside traces of one: " + std::string(trace) +
                    " is there, VERSION is not");
    if (auto made = create(paths, secret, store, first_record); !made) return failure(made.error());
    return true;
}

Result<void> check_not_shared(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return failure(system_error(role, "inspected", errno));
    if (status.st_uid != ::geteuid() && ::geteuid() != 0)
        return failure(ErrorCode::config_invalid, "the data directory belongs to another user",
                       "Run as its owner, or name another data directory with --data-dir.");
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
    return failure(ErrorCode::config_invalid, "other users may write to the data directory",
                   "Take their write permission away (chmod 700), then try again.");
}

}  // namespace

Result<void> prepare_data_directory(const std::string& data_directory) {
    if (data_directory.empty())
        return failure(ErrorCode::config_invalid, "no data directory is named", "Name one with --data-dir.");
    if (auto made = make_directories(data_directory, role); !made) return made;
    std::error_code error;
    if (fs::is_empty(data_directory, error) && !error && ::chmod(data_directory.c_str(), 0700) != 0)
        return failure(system_error(role, "made private", errno));
    if (error) return failure(system_error(role, "read", error.value()));
    return check_not_shared(data_directory);
}

Result<OwnedLog> open_or_create_log(const OwnerLock& lock, const Secret& secret, const LogStore& store,
                                    const FirstRecord& first_record) {
    const Paths paths(lock.data_directory());
    if (auto room = check_room(paths.root, role, room_to_open_bytes); !room) return failure(room.error());
    bool created = false;
    if (!path_exists(paths.version)) {
        auto made = finish_or_create(paths, secret, store, first_record);
        if (!made) return failure(made.error());
        created = *made;
    }
    if (auto checked = check_version(paths); !checked) return failure(checked.error());
    auto keys = read_keys(paths, secret);
    if (!keys) return failure(keys.error());
    // What a crash between VERSION and the last clean-up left; it holds nothing by now.
    if (path_exists(paths.creating))
        if (auto removed = remove_creating(paths); !removed) return failure(removed.error());
    auto log = store.open(paths.log, *keys);
    if (!log) return failure(log.error());
    if ((*log)->head().sequence == SequenceId()) return held("the log is empty beside its keys");
    return OwnedLog{std::move(*keys), std::move(*log), created};
}

InspectedLog::InspectedLog(LogKeys keys, std::unique_ptr<LogReader> log, std::string scratch)
    : keys_(std::move(keys)), log_(std::move(log)), scratch_(std::move(scratch)) {}

InspectedLog::~InspectedLog() {
    log_.reset();
    std::error_code ignored;
    if (!scratch_.empty()) fs::remove_all(scratch_, ignored);
}

Result<InspectedLog> inspect_log(const std::string& data_directory, const Secret& secret,
                                 const LogStore& store) {
    const Paths paths(data_directory);
    if (!path_exists(paths.version)) {
        if (!trace_in(paths).empty()) return held("parts of a log are there, its VERSION is not");
        return failure(ErrorCode::config_invalid, "there is no log in the data directory",
                       "Name the data directory of a gateway with --data-dir.");
    }
    if (auto checked = check_version(paths); !checked) return failure(checked.error());
    auto keys = read_keys(paths, secret);
    if (!keys) return failure(keys.error());
    std::error_code error;
    std::string scratch = (fs::temp_directory_path(error) / "ibkr-agent-read-XXXXXX").string();
    if (error || ::mkdtemp(scratch.data()) == nullptr)
        return failure(system_error("temporary directory", "created", error ? error.value() : errno));
    auto log = store.open_reader(paths.log, scratch, *keys);
    if (!log) {
        fs::remove_all(scratch, error);
        return failure(log.error());
    }
    return InspectedLog(std::move(*keys), std::move(*log), std::move(scratch));
}

bool has_log(const std::string& data_directory) noexcept {
    return path_exists(Paths(data_directory).version);
}

}  // namespace ibkr::events
