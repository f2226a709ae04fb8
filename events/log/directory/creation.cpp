#include "events/log/directory/creation.hpp"

#include <cassert>
#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>

#include "events/log/anchors/anchor_file.hpp"

namespace ibkr::events {
namespace {

namespace fs = std::filesystem;

struct Creating {
    explicit Creating(const DirectoryLayout& layout)
        : log(layout.creating + "/log"),
          keys(layout.creating + "/keys"),
          anchors(layout.creating + "/anchors") {}
    std::string log, keys, anchors;
};

/// A store with record 1 in `creating/log`, closed again; where it ends.
Result<Anchor> build_store(const Creating& creating, const LogKeys& keys, const LogStore& store,
                           const RecordMaker& make_record) {
    auto log = store.create(creating.log, keys);
    if (!log) return failure(log.error());
    const LogIdentity& identity = keys.identity();
    const PendingRecord first = make_record(
        SequenceId(1),
        LogCreated{identity.log_id_hex(), log_format_version, identity.key_id_hex(), IBKR_VERSION}, {});
    auto head = (*log)->append({&first, 1}, SequenceId(1));
    if (!head) return failure(head.error());
    assert(head->sequence == SequenceId(1));
    return Anchor{*head, first_branch, (*log)->wal_position(), head->sequence};
}

/// Builds everything under creating/. `keys` is written last: where it stands, the rest is whole.
Result<void> build(const DirectoryLayout& layout, const LogKeys& keys, const LogStore& store,
                   const RecordMaker& make_record) {
    const Creating creating(layout);
    if (::mkdir(layout.creating.c_str(), 0700) != 0)
        return failure(system_error(data_directory_name, "written", errno));
    auto first = build_store(creating, keys, store, make_record);
    if (!first) return failure(first.error());
    if (auto synced = sync_directory(creating.log, data_directory_name); !synced) return synced;
    const LogIdentity& identity = keys.identity();
    if (auto anchors =
            AnchorFile::create(creating.anchors, identity.log_id, *first, identity.key_id, keys.chain_key());
        !anchors)
        return failure(anchors.error());
    if (auto written = write_new_file(creating.keys, "keys file", keys.file_text()); !written) return written;
    return sync_directory(layout.creating, data_directory_name);
}

/// From a whole creating/ to a whole data directory; each step may have been done before a crash.
Result<void> move_into_place(const DirectoryLayout& layout) {
    const Creating creating(layout);
    if (path_exists(creating.log))
        if (auto moved = rename_path(creating.log, layout.log, "new log"); !moved) return moved;
    if (path_exists(creating.anchors))
        if (auto moved = rename_path(creating.anchors, layout.anchors, "anchor file"); !moved) return moved;
    if (path_exists(creating.keys))
        if (auto moved = rename_path(creating.keys, layout.keys, "keys file"); !moved) return moved;
    if (auto synced = sync_directory(layout.root, data_directory_name); !synced) return synced;
    if (auto written =
            replace_file(layout.version, "VERSION file", std::to_string(log_format_version) + "\n");
        !written)
        return written;
    return remove_creating(layout);
}

/// True when a crash cut `move_into_place` short: the renames had begun, and they begin only when all is
/// synced. creating/ must exist.
bool was_moving(const DirectoryLayout& layout) {
    const Creating creating(layout);
    const bool log_moved = !path_exists(creating.log) && path_exists(layout.log);
    const bool anchors_whole = path_exists(creating.anchors) != path_exists(layout.anchors);
    const bool keys_whole = path_exists(creating.keys) != path_exists(layout.keys);
    return log_moved && anchors_whole && keys_whole;
}

Result<void> finish_moving(const DirectoryLayout& layout, const Secret& secret) {
    DirectoryLayout halfway = layout;
    if (!path_exists(layout.keys)) halfway.keys = Creating(layout).keys;
    if (auto keys = read_keys(halfway, secret); !keys) return failure(keys.error());
    return move_into_place(layout);
}

}  // namespace

Result<void> remove_creating(const DirectoryLayout& layout) {
    std::error_code error;
    fs::remove_all(layout.creating, error);
    if (error) return failure(system_error("unfinished new log", "removed", error.value()));
    return {};
}

Result<bool> create_log(const DirectoryLayout& layout, const Secret& secret, const LogStore& store,
                        const RecordMaker& make_record, const std::string& external_path) {
    if (path_exists(layout.creating)) {
        if (was_moving(layout)) {
            if (auto finished = finish_moving(layout, secret); !finished) return failure(finished.error());
            return true;
        }
        if (path_exists(layout.log) || path_exists(layout.keys) || path_exists(layout.anchors))
            return refuse_incomplete("a log without VERSION stands beside an unfinished new one");
        if (auto removed = remove_creating(layout); !removed) return failure(removed.error());
    }
    if (const std::string_view trace = trace_of_a_log(layout); !trace.empty())
        return refuse_incomplete("the log is missing or incomplete beside traces of one: " +
                                 std::string(trace) + " is there, VERSION is not");
    if (!external_path.empty() && path_exists(external_path))
        return refuse_incomplete("the data directory is empty, but the external anchor of a log is there");
    const auto keys = LogKeys::create(secret);
    if (!keys) return failure(keys.error());
    if (auto built = build(layout, *keys, store, make_record); !built) {
        // The next call removes what cannot be removed now.
        (void)remove_creating(layout);
        return failure(built.error());
    }
    if (auto moved = move_into_place(layout); !moved) return failure(moved.error());
    return true;
}

}  // namespace ibkr::events
