#include "events/log/directory/disk_reserve.hpp"

#include <algorithm>
#include <cassert>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace ibkr::events {
namespace {

constexpr std::string_view reserve_name = "reserve";
constexpr mode_t private_file_mode = 0600;
constexpr std::uint64_t bytes_per_mb = 1'048'576;
constexpr std::uint64_t reserve_mb_max = 1'048'576;  ///< 1 TiB
constexpr std::uint64_t file_part = 8;               ///< the file is this part of the limit
constexpr std::uint64_t block_unit_bytes = 512;      ///< of `st_blocks`

FreeBytes free_bytes_of(const std::string& directory) {
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return [file = std::make_shared<const FileDescriptor>(fd)]() -> std::optional<std::uint64_t> {
        struct statvfs disk{};
        if (!file->open() || ::fstatvfs(file->get(), &disk) != 0) return {};
        return std::uint64_t{disk.f_bavail} * disk.f_frsize;
    };
}

FileDescriptor open_reserve(const std::string& path) {
    constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    FileDescriptor file(::open(path.c_str(), flags, private_file_mode));
    struct stat status{};
    if (file.open() && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode)) return file;
    return {};
}

}  // namespace

std::unique_ptr<DiskReserve> DiskReserve::open(const std::string& data_directory, std::uint64_t reserve_mb,
                                               FreeBytes free_bytes) {
    reserve_mb = std::min(reserve_mb, reserve_mb_max);
    FileDescriptor file;
    if (reserve_mb > 0) file = open_reserve(data_directory + "/" + std::string(reserve_name));
    if (!free_bytes) free_bytes = free_bytes_of(data_directory);
    return std::make_unique<DiskReserve>(std::move(file), reserve_mb, std::move(free_bytes));
}

DiskReserve::DiskReserve(FileDescriptor file, std::uint64_t reserve_mb, FreeBytes free_bytes)
    : file_(std::move(file)), reserve_mb_(reserve_mb), free_bytes_(std::move(free_bytes)) {
    assert(reserve_mb <= reserve_mb_max && free_bytes_);
    if (file_.open()) adopt();
}

DiskReserve::~DiskReserve() = default;

std::uint64_t DiskReserve::limit_bytes() const noexcept {
    return reserve_mb_ * bytes_per_mb;
}

std::uint64_t DiskReserve::file_bytes() const noexcept {
    return limit_bytes() / file_part;
}

void DiskReserve::adopt() {
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0) return;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const auto on_disk = static_cast<std::uint64_t>(status.st_blocks) * block_unit_bytes;
    allocated_ = size == file_bytes() && on_disk >= file_bytes();
    if (allocated_) return;
    if (size > 0) give_back();  // half allocated, or of another `reserve_mb`
    const auto free = free_bytes_();
    // Taking it must not itself make the room low.
    if (free && *free >= limit_bytes() + file_bytes()) allocate();
}

DiskRoom DiskReserve::room() {
    if (reserve_mb_ == 0) return DiskRoom::ample;
    const std::scoped_lock lock(mutex_);
    const auto free = free_bytes_();
    if (!free) return DiskRoom::ample;
    if (allocated_ && *free < file_bytes()) give_back();
    if (!allocated_ && *free >= 2 * limit_bytes()) allocate();
    return *free < limit_bytes() ? DiskRoom::low : DiskRoom::ample;
}

std::string DiskReserve::describe_limit() const {
    return "less than " + std::to_string(reserve_mb_) + " MiB are free on the disk of the data directory";
}

void DiskReserve::allocate() {
    if (!file_.open() || !can_allocate_) return;
    allocated_ = ::posix_fallocate(file_.get(), 0, static_cast<off_t>(file_bytes())) == 0;
    can_allocate_ = allocated_;
    if (!allocated_) give_back();  // of what it got before it was refused
}

void DiskReserve::give_back() {
    // A failure shows in the next answer of the disk; there is nothing better to do about it here.
    allocated_ = ::ftruncate(file_.get(), 0) != 0 && allocated_;
}

}  // namespace ibkr::events
