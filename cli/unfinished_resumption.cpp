#include "cli/unfinished_resumption.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <compare>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "cli/data_directory.hpp"
#include "engine/fold/workflow_projection.hpp"
#include "engine/lost_orders.hpp"
#include "events/log/directory/files.hpp"
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

/// Those of a folder that holds none yet. The write-ahead log comes first, so that a copy that has its name
/// is whole.
Result<void> copy_models(const std::string& from, const std::string& folder) {
    const std::string copy = folder + models_name;
    if (!events::path_exists(from)) return {};
    if (events::path_exists(from + "-wal"))
        if (auto copied = copy_synced(from + "-wal", copy + "-wal"); !copied) return copied;
    const std::string cut_short = copy + ".part";
    if (auto copied = copy_synced(from, cut_short); !copied) return copied;
    return events::rename_path(cut_short, copy, role);
}

/// What a folder's name says.
struct FolderName {
    std::uint32_t branch = 0;
    std::uint32_t number = 0;
    friend auto operator<=>(const FolderName&, const FolderName&) = default;

    [[nodiscard]] std::string text() const {
        return std::string(prefix) + std::to_string(branch) + "-" + std::to_string(number);
    }
    /// Nothing when it is not one of ours.
    [[nodiscard]] static std::optional<FolderName> parse(std::string_view text) {
        if (!text.starts_with(prefix)) return std::nullopt;
        const char* const end = text.data() + text.size();
        FolderName name;
        const auto branch = std::from_chars(text.data() + prefix.size(), end, name.branch);
        if (branch.ec != std::errc{} || branch.ptr == end || *branch.ptr != '-') return std::nullopt;
        const auto number = std::from_chars(branch.ptr + 1, end, name.number);
        if (number.ec != std::errc{} || number.ptr != end) return std::nullopt;
        return name;
    }
};

/// The next free name: behind every folder of the branch that is there.
Result<std::string> new_folder(const io::Config& config, std::uint32_t branch) {
    for (std::uint32_t number = 1; number <= tries_max; ++number) {
        std::string folder = quarantine_of(config) + "/" + FolderName{branch, number}.text();
        if (!events::path_exists(folder)) return folder;
    }
    return failure(events::ErrorCode::config_invalid,
                   "the quarantine holds " + std::to_string(tries_max) + " resumptions of one branch",
                   "Move the older ones away.");
}

bool same_act(const statemachines::RecordFoundOrder& a, const statemachines::RecordFoundOrder& b) {
    return a.order_id == b.order_id && a.operation == b.operation && a.account == b.account &&
           a.environment == b.environment && a.idempotency_key == b.idempotency_key;
}

}  // namespace

Result<void> UnfinishedResumption::begin(const io::Config& config, std::uint32_t branch) {
    const auto folder = new_folder(config, branch);
    if (!folder) return failure(folder.error());
    if (auto made = events::make_directories(*folder, role); !made) return made;
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
    std::vector<FolderName> due;
    std::error_code failed;
    for (fs::directory_iterator entry(quarantine, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        const auto name = FolderName::parse(entry->path().filename().string());
        if (name && name->branch < branch && events::path_exists(entry->path().string() + unfinished_name))
            due.push_back(*name);
    }
    if (failed) return failure(events::system_error(role, "read", failed.value()));
    std::sort(due.rbegin(), due.rend());
    for (const FolderName& name : due)
        unfinished.folders_.push_back(quarantine + "/" + name.text());
    return unfinished;
}

std::string_view to_string(ReadModelsState state) noexcept {
    switch (state) {
        case ReadModelsState::complete:
            return "complete";
        case ReadModelsState::partly_unreadable:
            return "partly unreadable";
        case ReadModelsState::unreadable:
            break;
    }
    return "unreadable";
}

Result<FoundInModels> found_in_models(const std::string& path, const projections::Queries& of_the_log) {
    using projections::StoreCondition;
    auto condition = StoreCondition::ready;
    if (const auto models = projections::ReadStore::open(path, our_projections()); !models) {
        condition = models.error().condition;
        if (condition == StoreCondition::unavailable) return failure(models.error().error);
        if (condition != StoreCondition::damaged && condition != StoreCondition::checkpoint_damaged)
            return FoundInModels{};
    }
    projections::DatabaseOptions options;
    options.mode = projections::DatabaseOptions::Mode::read_only;
    auto database = projections::Database::try_open(path, options);
    if (!database) return FoundInModels{};
    const projections::Queries models(std::move(*database));
    if (!models.database().begin_read()) return FoundInModels{};
    auto ahead = engine::orders_ahead(models, of_the_log);
    models.database().rollback();
    if (!ahead) return failure(ahead.error());
    FoundInModels found{std::move(ahead->found), ReadModelsState::complete};
    if (condition != StoreCondition::ready || ahead->unreadable > 0)
        found.state = ReadModelsState::partly_unreadable;
    return found;
}

Result<FoundInModels> UnfinishedResumption::found(const projections::Queries& of_the_log) const {
    FoundInModels all;
    bool is_newest = true;
    for (const std::string& folder : folders_) {
        auto found = found_in_models(folder + models_name, of_the_log);
        if (!found) return failure(found.error());
        if (std::exchange(is_newest, false)) {
            all = std::move(*found);
            continue;
        }
        for (auto& order : found->orders)
            if (std::ranges::none_of(all.orders, [&](const auto& one) { return same_act(one, order); }))
                all.orders.push_back(std::move(order));
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
