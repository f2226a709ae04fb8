#include "events/log/log_directory.hpp"

#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "events/log/creation.hpp"

namespace ibkr::events {
namespace {

namespace fs = std::filesystem;

Result<void> check_not_shared(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return failure(system_error(data_directory_name, "inspected", errno));
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
    if (auto made = make_directories(data_directory, data_directory_name); !made) return made;
    std::error_code error;
    if (fs::is_empty(data_directory, error) && !error && ::chmod(data_directory.c_str(), 0700) != 0)
        return failure(system_error(data_directory_name, "made private", errno));
    if (error) return failure(system_error(data_directory_name, "read", error.value()));
    return check_not_shared(data_directory);
}

Result<OwnedLog> open_or_create_log(const OwnerLock& lock, const Secret& secret, const LogStore& store,
                                    const RecordMaker& make_record, const StartOptions& options) {
    const DirectoryLayout layout(lock.data_directory());
    if (auto room = check_room(layout.root, data_directory_name, room_to_open_bytes); !room)
        return failure(room.error());
    bool created = false;
    if (!path_exists(layout.version)) {
        auto made = create_log(layout, secret, store, make_record, options.anchors.external_path);
        if (!made) return failure(made.error());
        created = *made;
    }
    if (auto checked = check_version(layout); !checked) return failure(checked.error());
    auto keys = read_keys(layout, secret);
    if (!keys) return failure(keys.error());
    if (path_exists(layout.creating))
        if (auto removed = remove_creating(layout); !removed) return failure(removed.error());
    if (!path_exists(layout.log)) return refuse_incomplete("the log is missing beside its keys");
    auto log = store.open(layout.log, *keys);
    if (!log) return failure(log.error());
    if ((*log)->head().sequence == SequenceId()) return refuse_incomplete("the log is empty beside its keys");
    std::vector<AnchorFile> files;
    auto file = AnchorFile::open(layout.anchors, keys->ring(), keys->identity().key_id, keys->chain_key());
    if (!file) return failure(file.error());
    files.push_back(std::move(*file));
    auto anchored =
        std::make_unique<AnchoredLog>(std::move(*log), std::move(files), options.anchors.sync_interval);
    return OwnedLog{std::move(*keys), std::move(anchored), created, {}, false, {}};
}

bool has_log(const std::string& data_directory) noexcept {
    return path_exists(DirectoryLayout(data_directory).version);
}

Error Hold::error() const {
    return failure(ErrorCode::engine_held, "the log is held: " + reason,
                   can_resume ? "Look at the log with `ibkr-agent audit verify`; put a copy back, or go on "
                                "without what is lost: `ibkr-agent engine resume --reason ...`."
                              : "Put the data directory back from a copy; there is nothing to go on from.")
        .value();
}

std::string_view to_string(AnchorStanding::State state) noexcept {
    switch (state) {
        case AnchorStanding::State::equal:
            return "equal";
        case AnchorStanding::State::behind:
            return "behind";
        case AnchorStanding::State::ahead:
            return "ahead";
        case AnchorStanding::State::missing:
            return "missing";
    }
    return "missing";
}

Result<ResumedLog> resume_log(const OwnerLock&, const Secret&, const LogStore&, const RecordMaker&,
                              const StartOptions&, const ResumeRequest&) {
    return failure(ErrorCode::engine_held, "resuming is not available yet");
}

Result<void> rotate_key(const OwnerLock&, OwnedLog&, const Secret&, const RecordMaker&) {
    return failure(ErrorCode::config_invalid, "rotating the key is not available yet");
}

Result<std::vector<AnchorStanding>> compare_anchors(const std::string&, const LogReader&, const KeyRing&,
                                                    const StartOptions&) {
    return std::vector<AnchorStanding>();
}

}  // namespace ibkr::events
