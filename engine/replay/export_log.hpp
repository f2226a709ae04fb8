#pragma once

#include <memory>
#include <string>
#include <utility>

#include "events/log/export/export.hpp"
#include "events/log/log.hpp"

namespace ibkr::engine {

/// Record bytes that one backward step holds at most (one record more when it alone is larger).
inline constexpr std::size_t backward_bytes_max = 67'108'864;  ///< 64 MiB

/// An export that begins with event 1 as a log to read, as often as asked. Every record is verified each time
/// it is read; the last line when a cursor of `read` has come to its end. The file must not change meanwhile.
class ExportLog final : public events::LogReader {
public:
    /// `keys` must stay valid as long as this. Errors: CONFIG_INVALID when it cannot be read or is
    /// plainly no export (a folder, an empty file, lines that were converted),
    /// INPUT_INVALID_TIME_RANGE when it begins later than event 1, and those of ExportReader::open.
    [[nodiscard]] static events::Result<std::unique_ptr<ExportLog>> open(
        std::string path, events::KeyRingLookup keys, std::size_t backward_bytes = backward_bytes_max);

    /// The newest record of the file, as its first line claims; without a mac.
    [[nodiscard]] events::Head head() const override { return {description_.to, {}}; }
    [[nodiscard]] events::LogIdentity identity() const override;
    [[nodiscard]] std::vector<events::AttestedGap> gaps() const override { return description_.gaps; }
    [[nodiscard]] events::Result<std::unique_ptr<events::LogCursor>> read(
        events::SequenceId from) const override;
    /// Reads the file once for each `backward_bytes` of records before `from`.
    [[nodiscard]] events::Result<std::unique_ptr<events::LogCursor>> read_back(
        events::SequenceId from) const override;

private:
    ExportLog(std::string path, events::KeyRingLookup keys, std::size_t backward_bytes)
        : path_(std::move(path)), keys_(std::move(keys)), backward_bytes_(backward_bytes) {}

    std::string path_;
    events::KeyRingLookup keys_;
    std::size_t backward_bytes_;
    events::ExportDescription description_;
};

}  // namespace ibkr::engine
