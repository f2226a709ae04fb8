#include "cli/unfinished_resumption.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>
#include <unistd.h>

#include "cli/data_directory.hpp"
#include "engine/fold/workflow_projection.hpp"
#include "engine/lost_orders.hpp"
#include "events/log/files.hpp"
#include "projections/read_store.hpp"

namespace ibkr::cli {

namespace fs = std::filesystem;
using events::failure;
using events::Result;

namespace {

constexpr std::string_view role = "quarantine folder";  // in messages
constexpr std::string_view prefix = "resumption-";
constexpr const char* models_name = "/projections.sqlite3";
constexpr const char* unfinished_name = "/unfinished";
constexpr std::uint32_t tries_max = 10'000;

std::string quarantine_of(const io::Config& config) {
    return config.data_directory + "/quarantine";
}

projections::ProjectionList our_projections() {
    return engine::all_projections(std::make_unique<engine::WorkflowProjection>());
}

Result<void> copy_synced(const std::string& from, const std::string& to) {
    std::error_code failed;
    fs::copy_file(from, to, fs::copy_options::overwrite_existing, failed);
    if (failed) return failure(events::system_error(role, "written", failed.value()));
    const events::FileDescriptor file(::open(to.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.open() || ::fsync(file.get()) != 0)
        return failure(events::system_error(role, "written", errno));
    return {};
}

/// The write-ahead log comes first, so that a copy that has its name is whole.
Result<void> copy_models(const std::string& from, const std::string& folder) {
    const std::string copy = folder + models_name;
    if (events::path_exists(copy)) return {};
    if (!projections::ReadStore::open(from, our_projections())) return {};
    if (events::path_exists(from + "-wal"))
        if (auto copied = copy_synced(from + "-wal", copy + "-wal"); !copied) return copied;
    const std::string cut_short = copy + ".part";
    if (auto copied = copy_synced(from, cut_short); !copied) return copied;
    return events::rename_path(cut_short, copy, role);
}

/// The branch in a folder's name; nothing when it is not one of ours.
std::optional<std::uint32_t> branch_of(std::string_view name) {
    if (!name.starts_with(prefix)) return std::nullopt;
    name.remove_prefix(prefix.size());
    std::uint32_t branch = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), branch);
    if (error != std::errc{} || end == name.data() + name.size() || *end != '-') return std::nullopt;
    return branch;
}

/// The folder of a try that is not finished, or the next free name.
Result<std::string> folder_for(const io::Config& config, std::uint32_t branch) {
    const std::string base = quarantine_of(config) + "/" + std::string(prefix) + std::to_string(branch) + "-";
    for (std::uint32_t number = 1; number <= tries_max; ++number) {
        std::string folder = base + std::to_string(number);
        if (!events::path_exists(folder) || events::path_exists(folder + unfinished_name)) return folder;
    }
    return failure(events::ErrorCode::config_invalid,
                   "the quarantine holds " + std::to_string(tries_max) + " resumptions of one branch",
                   "Move the older ones away.");
}

}  // namespace

Result<void> UnfinishedResumption::begin(const io::Config& config, std::uint32_t branch) {
    const auto folder = folder_for(config, branch);
    if (!folder) return failure(folder.error());
    if (auto made = events::make_directories(*folder, role); !made) return made;
    if (!events::path_exists(*folder + unfinished_name))
        if (auto noted = events::write_new_file(*folder + unfinished_name, role, ""); !noted) return noted;
    if (auto copied = copy_models(projection_path(config), *folder); !copied) return copied;
    for (const std::string& made : {*folder, quarantine_of(config), config.data_directory})
        if (auto synced = events::sync_directory(made, role); !synced) return synced;
    return {};
}

Result<UnfinishedResumption> UnfinishedResumption::find(const io::Config& config, std::uint32_t branch) {
    UnfinishedResumption unfinished;
    const std::string quarantine = quarantine_of(config);
    if (!events::path_exists(quarantine)) return unfinished;
    std::error_code failed;
    for (fs::directory_iterator entry(quarantine, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        const auto of = branch_of(entry->path().filename().string());
        std::string path = entry->path().string();
        if (of && *of < branch && events::path_exists(path + unfinished_name))
            unfinished.folders_.push_back(std::move(path));
    }
    if (failed) return failure(events::system_error(role, "read", failed.value()));
    std::sort(unfinished.folders_.begin(), unfinished.folders_.end());
    return unfinished;
}

Result<std::vector<statemachines::RecordFoundOrder>> found_in_models(const std::string& path,
                                                                     const projections::Queries& of_the_log) {
    auto models = projections::ReadStore::open(path, our_projections());
    if (!models) {
        const auto condition = models.error().condition;
        if (condition != projections::StoreCondition::unavailable)
            return std::vector<statemachines::RecordFoundOrder>();
        return failure(models.error().error);
    }
    return models->read([&](const projections::Queries& old_models, const projections::Checkpoint&) {
        return engine::orders_ahead(old_models, of_the_log);
    });
}

Result<std::vector<statemachines::RecordFoundOrder>> UnfinishedResumption::found(
    const projections::Queries& of_the_log) const {
    std::vector<statemachines::RecordFoundOrder> all;
    for (const std::string& folder : folders_) {
        auto found = found_in_models(folder + models_name, of_the_log);
        if (!found) return failure(found.error());
        all.insert(all.end(), std::make_move_iterator(found->begin()), std::make_move_iterator(found->end()));
    }
    return all;
}

Result<void> UnfinishedResumption::finish() const {
    for (const std::string& folder : folders_) {
        if (::unlink((folder + unfinished_name).c_str()) != 0 && errno != ENOENT)
            return failure(events::system_error(role, "written", errno));
        if (auto synced = events::sync_directory(folder, role); !synced) return synced;
    }
    return {};
}

}  // namespace ibkr::cli
