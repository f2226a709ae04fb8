#include "events/log/start/new_store.hpp"

#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>

#include "events/log/directory/files.hpp"

namespace ibkr::events {
namespace {

constexpr std::string_view store_name = "new store";

/// What stands there is whole: it gets this name when it is closed and synced.
std::string whole_store(const DirectoryLayout& layout) {
    return layout.resuming + "/log";
}
std::string unfinished_store(const DirectoryLayout& layout) {
    return layout.resuming + "/unfinished";
}

Result<void> move_into_place(const DirectoryLayout& layout) {
    if (auto moved = rename_path(whole_store(layout), layout.log, store_name); !moved) return moved;
    return sync_directory(layout.root, store_name);
}

}  // namespace

Result<std::string> begin_new_store(const DirectoryLayout& layout) {
    if (auto removed = remove_resuming(layout); !removed) return failure(removed.error());
    if (::mkdir(layout.resuming.c_str(), 0700) != 0)
        return failure(system_error(store_name, "created", errno));
    return unfinished_store(layout);
}

Result<void> exchange_stores(const DirectoryLayout& layout, const std::string& copy_name) {
    const std::string copy = layout.quarantine + "/" + copy_name;
    if (auto synced = sync_directory(unfinished_store(layout), store_name); !synced) return synced;
    if (auto named = rename_path(unfinished_store(layout), whole_store(layout), store_name); !named)
        return named;
    for (const std::string& directory : {layout.resuming, layout.root})
        if (auto synced = sync_directory(directory, store_name); !synced) return synced;
    if (auto moved = rename_path(layout.log, copy + "/log", store_name); !moved) return moved;
    if (auto synced = sync_directory(copy, store_name); !synced) return synced;
    return move_into_place(layout);
}

Result<void> finish_exchange(const DirectoryLayout& layout) {
    if (path_exists(layout.log) || !path_exists(whole_store(layout))) return {};
    return move_into_place(layout);
}

Result<void> remove_resuming(const DirectoryLayout& layout) {
    if (!path_exists(layout.resuming)) return {};
    std::error_code error;
    std::filesystem::remove_all(layout.resuming, error);
    if (error) return failure(system_error(store_name, "removed", error.value()));
    return sync_directory(layout.root, store_name);
}

}  // namespace ibkr::events
