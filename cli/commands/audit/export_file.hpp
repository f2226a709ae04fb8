#pragma once

#include <string>
#include <string_view>

#include "events/crypto/sha256.hpp"
#include "events/log/directory/files.hpp"
#include "events/result.hpp"

namespace ibkr::cli {

/// A new file (mode 0600) that takes an export piece by piece. Removed again unless `finish` succeeds.
class ExportFile {
public:
    /// Error config_invalid when something stands there already, or for want of permission.
    [[nodiscard]] static events::Result<ExportFile> create(const std::string& path);
    ~ExportFile();
    ExportFile(ExportFile&& other) noexcept;
    ExportFile& operator=(ExportFile&&) = delete;
    ExportFile(const ExportFile&) = delete;
    ExportFile& operator=(const ExportFile&) = delete;

    /// Error audit_write_failed.
    [[nodiscard]] events::Result<void> write(std::string_view piece);
    /// Syncs what was written and keeps it; its sha256 in hex. Error audit_write_failed.
    [[nodiscard]] events::Result<std::string> finish();

private:
    ExportFile(std::string path, events::FileDescriptor file);
    [[nodiscard]] events::Result<void> flush();

    std::string path_;  ///< empty once the file stays
    events::FileDescriptor file_;
    events::Sha256Stream content_;
    std::string waiting_;
};

}  // namespace ibkr::cli
