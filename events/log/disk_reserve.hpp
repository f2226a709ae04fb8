#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "events/result.hpp"

namespace ibkr::events {

inline constexpr std::uint64_t reserve_mb_default = 256;

/// How much room the disk of the data directory has (design section 4, "Disk").
enum class DiskRoom : std::uint8_t {
    ample,
    low,  ///< below `log.reserve_mb`: new work is refused, outcomes and cancels go on
};

/// Asked before new work and before each append. One thread.
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

/// The `reserve` file: allocated ahead (an eighth of `reserve_mb`), given back to the disk by `room()` when
/// less than its own size is free, so that outcomes still fit when everything else has filled the disk, and
/// allocated again when there is twice `reserve_mb`. A disk too full to allocate it is not an error.
class DiskReserve final : public DiskSpace {
public:
    /// `data_directory` exists and is ours (the owner's lock is held).
    [[nodiscard]] static std::unique_ptr<DiskReserve> open(const std::string& data_directory,
                                                           std::uint64_t reserve_mb);
    ~DiskReserve() override;
    [[nodiscard]] DiskRoom room() override;
    [[nodiscard]] std::string describe_limit() const override;

private:
    DiskReserve(std::string data_directory, std::uint64_t reserve_bytes);
    std::string data_directory_;
    std::uint64_t reserve_bytes_ = 0;
    bool allocated_ = false;
};

}  // namespace ibkr::events
