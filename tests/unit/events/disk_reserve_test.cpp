#include "events/log/directory/disk_reserve.hpp"

#include <filesystem>
#include <fstream>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

constexpr std::uint64_t mb = 1'048'576;
constexpr std::uint64_t reserve_mb = 8;  // so the file has 1 MiB
constexpr std::uint64_t file_bytes = mb;

/// Bytes of the reserve file, as it says and as it takes from the disk.
struct Size {
    std::uint64_t logical = 0, on_disk = 0;
};
Size reserve_size(const std::string& directory) {
    struct stat status{};
    REQUIRE(::stat((directory + "/reserve").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    return {static_cast<std::uint64_t>(status.st_size), static_cast<std::uint64_t>(status.st_blocks) * 512};
}

bool allocated(const std::string& directory) {
    const Size size = reserve_size(directory);
    CHECK(size.logical == (size.on_disk > 0 ? file_bytes : 0));
    return size.on_disk >= file_bytes;
}

/// A file system of its own in memory, where this process may mount one.
class SmallDisk {
public:
    explicit SmallDisk(const std::string& path) : path_(path) {
        std::filesystem::create_directory(path_);
        mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=16m,mode=0700") == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    [[nodiscard]] bool mounted() const noexcept { return mounted_; }

private:
    std::string path_;
    bool mounted_ = false;
};

/// Appends zeros until `bytes` are written or the disk is full; returns how many there was room for.
std::uint64_t write_zeros(const std::string& path, std::uint64_t bytes) {
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    REQUIRE(file.open());
    const std::string zeros(65'536, '\0');
    std::uint64_t written = 0;
    while (written < bytes) {
        const ssize_t got =
            ::write(file.get(), zeros.data(), std::min<std::uint64_t>(zeros.size(), bytes - written));
        if (got <= 0) break;
        written += static_cast<std::uint64_t>(got);
    }
    return written;
}

}  // namespace

TEST_CASE("room is low below the limit and ample from it on", "[disk]") {
    const TemporaryDirectory temporary;
    std::optional<std::uint64_t> free = 100 * mb;
    const auto reserve = DiskReserve::open(temporary.path(), reserve_mb, [&] { return free; });
    CHECK(reserve->describe_limit() == "less than 8 MiB are free on the disk of the data directory");
    CHECK(reserve->room() == DiskRoom::ample);
    free = reserve_mb * mb;
    CHECK(reserve->room() == DiskRoom::ample);
    free = reserve_mb * mb - 1;
    CHECK(reserve->room() == DiskRoom::low);
    free = 0;
    CHECK(reserve->room() == DiskRoom::low);
    free.reset();
    CHECK(reserve->room() == DiskRoom::ample);
}

TEST_CASE("the reserve is given back when little is left, and taken again when there is plenty", "[disk]") {
    const TemporaryDirectory temporary;
    std::uint64_t free = 100 * mb;
    const auto reserve = DiskReserve::open(temporary.path(), reserve_mb, [&] { return std::optional(free); });
    CHECK(allocated(temporary.path()));
    free = file_bytes;
    CHECK(reserve->room() == DiskRoom::low);
    CHECK(allocated(temporary.path()));
    free = file_bytes - 1;
    CHECK(reserve->room() == DiskRoom::low);
    CHECK_FALSE(allocated(temporary.path()));
    free = 2 * reserve_mb * mb - 1;
    CHECK(reserve->room() == DiskRoom::ample);
    CHECK_FALSE(allocated(temporary.path()));
    free = 2 * reserve_mb * mb;
    CHECK(reserve->room() == DiskRoom::ample);
    CHECK(allocated(temporary.path()));
}

TEST_CASE("an existing reserve is taken over, and fitted to another limit", "[disk]") {
    const TemporaryDirectory temporary;
    std::uint64_t free = 100 * mb;
    const auto open = [&](std::uint64_t limit_mb) {
        return DiskReserve::open(temporary.path(), limit_mb, [&] { return std::optional(free); });
    };
    (void)open(reserve_mb);
    free = 0;  // nothing could be allocated now
    {
        const auto again = open(reserve_mb);
        CHECK(allocated(temporary.path()));
        CHECK(again->room() == DiskRoom::low);
        CHECK_FALSE(allocated(temporary.path()));
    }
    free = reserve_mb * mb + file_bytes - 1;
    (void)open(reserve_mb);
    CHECK_FALSE(allocated(temporary.path()));
    free = reserve_mb * mb + file_bytes;
    (void)open(reserve_mb);
    CHECK(allocated(temporary.path()));
    free = 100 * mb;
    (void)open(2 * reserve_mb);
    CHECK(reserve_size(temporary.path()).logical == 2 * file_bytes);
    (void)open(reserve_mb);
    CHECK(allocated(temporary.path()));
    // Left by a crash between two steps.
    std::filesystem::resize_file(temporary / "reserve", 5);
    (void)open(reserve_mb);
    CHECK(allocated(temporary.path()));
    std::filesystem::resize_file(temporary / "reserve", 0);
    std::filesystem::resize_file(temporary / "reserve", file_bytes);  // long, but with nothing in it
    (void)open(reserve_mb);
    CHECK(allocated(temporary.path()));
}

TEST_CASE("without a limit there is no reserve, and a reserve that cannot be made is no error", "[disk]") {
    const TemporaryDirectory temporary;
    const auto none = DiskReserve::open(temporary.path(), 0, [] { return std::optional<std::uint64_t>(0); });
    CHECK(none->room() == DiskRoom::ample);
    CHECK_FALSE(std::filesystem::exists(temporary / "reserve"));

    std::filesystem::create_directory(temporary / "reserve");
    std::uint64_t free = 100 * mb;
    const auto blocked = DiskReserve::open(temporary.path(), reserve_mb, [&] { return std::optional(free); });
    CHECK(blocked->room() == DiskRoom::ample);
    free = 0;
    CHECK(blocked->room() == DiskRoom::low);
    const auto missing = DiskReserve::open(temporary / "missing", reserve_mb);
    CHECK(missing->room() == DiskRoom::ample);
}

TEST_CASE("on a disk that fills up, what the reserve held can still be written", "[disk]") {
    const TemporaryDirectory temporary;
    const std::string disk = temporary / "disk";
    const SmallDisk mounted(disk);
    if (!mounted.mounted()) {
        WARN("skipped: this process may not mount a file system");
        return;
    }
    const auto reserve = DiskReserve::open(disk, reserve_mb);
    REQUIRE(allocated(disk));
    CHECK(reserve->room() == DiskRoom::ample);  // 15 of 16 MiB are free
    REQUIRE(write_zeros(disk + "/other", 8 * mb) == 8 * mb);
    CHECK(reserve->room() == DiskRoom::low);
    CHECK(allocated(disk));
    CHECK(write_zeros(disk + "/other", 100 * mb) < 8 * mb);
    CHECK(write_zeros(disk + "/outcome", 4'096) == 0);

    CHECK(reserve->room() == DiskRoom::low);
    CHECK_FALSE(allocated(disk));
    CHECK(write_zeros(disk + "/outcome", file_bytes / 2) == file_bytes / 2);

    // A start on the full disk takes nothing and says so.
    CHECK(DiskReserve::open(disk, reserve_mb)->room() == DiskRoom::low);
    CHECK_FALSE(allocated(disk));
    std::filesystem::remove(disk + "/other");
    CHECK(reserve->room() == DiskRoom::ample);
    CHECK_FALSE(allocated(disk));  // 15.5 MiB are free, less than twice the limit
    CHECK(DiskReserve::open(disk, reserve_mb)->room() == DiskRoom::ample);
    CHECK(allocated(disk));
}
