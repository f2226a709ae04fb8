#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "events/log/directory/files.hpp"

namespace ibkr::events {

inline constexpr std::uint64_t reserve_mb_default = 256;

/// How much room the disk of the data directory has (design section 4, "Disk").
enum class DiskRoom : std::uint8_t {
    ample,
    low,  ///< below `log.reserve_mb`: new work is refused, outcomes and cancels go on
};

/// Asked before new work and before each append. Any thread.
class DiskSpace {
public:
    virtual ~DiskSpace() = default;
    DiskSpace() = default;
    DiskSpace(const DiskSpace&) = delete;
    DiskSpace& operator=(const DiskSpace&) = delete;

    /// What cannot be found out counts as ample: the write itself will tell.
    [[nodiscard]] virtual DiskRoom room() = 0;
    /// For the answer: "less than 256 MiB are free on the disk of the data directory".
    [[nodiscard]] virtual std::string describe_limit() const = 0;
};

/// Bytes that this user may still write to the disk of the data directory; nothing when that is not known.
using FreeBytes = std::function<std::optional<std::uint64_t>()>;

/// The `reserve` file: allocated ahead (an eighth of `reserve_mb`), given back to the disk by `room()` when
/// less than its own size is free, so that outcomes still fit when everything else has filled the disk, and
/// allocated again when there is twice `reserve_mb`. A disk too full to allocate it is not an error. The file
/// is emptied, not removed: its space comes back at once even while somebody else has it open, and it needs
/// no new directory entry on a full disk.
class DiskReserve final : public DiskSpace {
public:
    /// `data_directory` exists and is ours (the owner's lock is held). `reserve_mb` 0: no reserve, and always
    /// ample. `free_bytes` stands in for the disk in tests.
    [[nodiscard]] static std::unique_ptr<DiskReserve> open(const std::string& data_directory,
                                                           std::uint64_t reserve_mb,
                                                           FreeBytes free_bytes = {});
    DiskReserve(FileDescriptor file, std::uint64_t reserve_mb, FreeBytes free_bytes);
    ~DiskReserve() override;
    [[nodiscard]] DiskRoom room() override;
    [[nodiscard]] std::string describe_limit() const override;

private:
    [[nodiscard]] std::uint64_t limit_bytes() const noexcept;
    [[nodiscard]] std::uint64_t file_bytes() const noexcept;
    void adopt();
    void allocate();
    void give_back();

    FileDescriptor file_;  ///< not open when the file could not be made: there is no reserve then
    std::uint64_t reserve_mb_ = 0;
    FreeBytes free_bytes_;
    std::mutex mutex_;  ///< of what `room` changes
    bool allocated_ = false;
    bool can_allocate_ = true;  ///< a refused allocation is not tried again
};

}  // namespace ibkr::events
