#include "cli/commands/audit/export_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace ibkr::cli {

using events::failure;
using events::Result;

namespace {

constexpr std::string_view file_name = "export file";
constexpr std::size_t write_bytes = 1'048'576;

}  // namespace

ExportFile::ExportFile(std::string path, events::FileDescriptor file)
    : path_(std::move(path)), file_(std::move(file)) {}

ExportFile::ExportFile(ExportFile&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      file_(std::move(other.file_)),
      content_(std::move(other.content_)),
      waiting_(std::move(other.waiting_)) {}

ExportFile::~ExportFile() {
    if (!path_.empty()) (void)::unlink(path_.c_str());
}

Result<ExportFile> ExportFile::create(const std::string& path) {
    events::FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.open() && errno == EEXIST)
        return failure(events::ErrorCode::config_invalid, "the export file is there already",
                       "Choose another name; nothing is overwritten.");
    if (!file.open()) return failure(events::system_error(file_name, "created", errno));
    return ExportFile(path, std::move(file));
}

Result<void> ExportFile::write(std::string_view piece) {
    content_.update(piece);
    waiting_.append(piece);
    if (waiting_.size() < write_bytes) return {};
    return flush();
}

Result<void> ExportFile::flush() {
    std::string_view left = waiting_;
    while (!left.empty()) {
        const ssize_t written = ::write(file_.get(), left.data(), left.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0)
            return failure(events::system_error(file_name, "written", written < 0 ? errno : EIO));
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    waiting_.clear();
    return {};
}

Result<std::string> ExportFile::finish() {
    if (auto flushed = flush(); !flushed) return failure(flushed.error());
    if (::fsync(file_.get()) != 0) return failure(events::system_error(file_name, "synced", errno));
    path_.clear();
    return events::hex(content_.digest());
}

}  // namespace ibkr::cli
