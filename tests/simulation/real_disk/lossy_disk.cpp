#include "tests/simulation/real_disk/lossy_disk.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <utility>

namespace ibkr::simulation {

namespace fs = std::filesystem;

namespace {

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_content(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

std::string noise(std::size_t bytes, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::string text(bytes, '\0');
    for (char& byte : text)
        byte = static_cast<char>(random() & 0xffU);
    return text;
}

std::string name_in(const std::string& path) {
    return fs::path(path).filename().string();
}

/// The info log and the lock are no part of a store's data.
bool is_kept(const std::string& path) {
    const std::string name = name_in(path);
    return !name.starts_with("LOG") && name != "LOCK";
}

}  // namespace

LossyDisk::LossyDisk(std::string data, std::string work) : data_(std::move(data)), work_(std::move(work)) {
    fs::create_directory(work_);
    for (const auto& entry : fs::directory_iterator(fs::path(data_) / "log"))
        if (is_kept(entry.path().string()))
            now_.entries[name_in(entry.path().string())] = add(entry.path().string(), entry.file_size());
    now_.durable_entries = now_.entries;
    note_anchors_synced();
}

void LossyDisk::watch(Watcher watcher) {
    const std::scoped_lock lock(mutex_);
    watcher_ = std::move(watcher);
}

void LossyDisk::note_anchors_synced() {
    const std::scoped_lock lock(mutex_);
    now_.synced_anchors = content_of(fs::path(data_) / "anchors");
}

void LossyDisk::fail_next_sync() {
    const std::scoped_lock lock(mutex_);
    fail_next_sync_ = true;
}

void LossyDisk::set_full(bool full) {
    const std::scoped_lock lock(mutex_);
    full_ = full;
}

void LossyDisk::lie_about_syncs() {
    const std::scoped_lock lock(mutex_);
    lying_ = true;
}

bool LossyDisk::wal_is_synced() const {
    const std::scoped_lock lock(mutex_);
    return std::ranges::all_of(moment().entries, [&](const auto& entry) {
        const File& file = moment().files.at(entry.second);
        return !entry.first.ends_with(".log") ||
               (file.synced == file.written && moment().durable_entries.contains(entry.first));
    });
}

void LossyDisk::freeze() {
    const std::scoped_lock lock(mutex_);
    if (frozen_) return;
    now_.anchors = content_of(fs::path(data_) / "anchors");
    frozen_ = now_;
}

void LossyDisk::picture(DiskPolicy policy, std::uint64_t seed, const std::string& to) const {
    const std::scoped_lock lock(mutex_);
    fs::create_directory(to);
    for (const auto& entry : fs::directory_iterator(data_))
        if (entry.path().filename() != "log") fs::copy(entry.path(), to / entry.path().filename());
    if (policy == DiskPolicy::drop || policy == DiskPolicy::tear)
        write_content(fs::path(to) / "anchors", moment().synced_anchors);
    else if (frozen_)
        write_content(fs::path(to) / "anchors", frozen_->anchors);
    const fs::path log = fs::path(to) / "log";
    fs::create_directory(log);
    for (const auto& [name, number] :
         policy == DiskPolicy::drop ? moment().durable_entries : moment().entries)
        write_content(log / name, left_of(number, policy, seed));
    for (const auto& path : {fs::path(to), log})
        fs::permissions(path, fs::perms::owner_all);
}

std::string LossyDisk::left_of(FileNumber number, DiskPolicy policy, std::uint64_t seed) const {
    const File& file = moment().files.at(number);
    std::string content = content_of(fs::path(work_) / std::to_string(number));
    content.resize(file.written);
    const std::uint64_t unsynced = file.written - file.synced;
    if (policy == DiskPolicy::drop) content.resize(file.synced);
    if (unsynced == 0) return content;
    if (policy == DiskPolicy::tear) content.resize(file.synced + std::mt19937_64(seed + number)() % unsynced);
    if (policy == DiskPolicy::garble)
        content.replace(file.synced, unsynced,
                        seed % 2 == 0 ? noise(unsynced, seed) : std::string(unsynced, '\0'));
    return content;
}

LossyDisk::Fault LossyDisk::begin(std::string_view what, const std::string& path) {
    if (watcher_ && is_kept(path)) watcher_(++operations_, std::string(what) + " " + name_in(path));
    if (!path.ends_with(".log")) return Fault::none;
    if (full_ && what == "append") return Fault::no_space;
    if (what == "sync" && std::exchange(fail_next_sync_, false)) return Fault::sync_fails;
    return Fault::none;
}

LossyDisk::FileNumber LossyDisk::add(const std::string& path, std::uint64_t bytes) {
    const FileNumber number = next_++;
    fs::create_hard_link(path, fs::path(work_) / std::to_string(number));
    now_.files[number] = {bytes, bytes};
    return number;
}

LossyDisk::FileNumber LossyDisk::created(const std::string& path) {
    const FileNumber number = add(path, 0);
    now_.entries[name_in(path)] = number;
    return number;
}

void LossyDisk::removed(const std::string& path) {
    now_.entries.erase(name_in(path));
}

void LossyDisk::renamed(const std::string& from, const std::string& to) {
    const auto moved = now_.entries.extract(name_in(from));
    if (!moved.empty()) now_.entries[name_in(to)] = moved.mapped();
}

void LossyDisk::entries_synced() {
    if (!lying_) now_.durable_entries = now_.entries;
}

void LossyDisk::synced(FileNumber number) {
    if (!lying_) now_.files.at(number).synced = now_.files.at(number).written;
}

}  // namespace ibkr::simulation
