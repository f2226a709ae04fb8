#include <filesystem>
#include <fstream>

#include "events/log/export/export.hpp"

namespace ibkr::events {

Result<void> check_export_path(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        return failure(ErrorCode::config_invalid, "what is named as an export is a folder",
                       "Name the file that 'ibkr-agent audit export' wrote; a fixture's folder goes with "
                       "'ibkr-agent replay --fixture'.");
    if (!std::ifstream(path, std::ios::binary))
        return failure(ErrorCode::config_invalid, "the export file cannot be read",
                       "Check the path of the export.");
    return {};
}

Result<void> check_export_form(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string beginning(export_line_bytes_max + 1, '\0');
    file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
    beginning.resize(static_cast<std::size_t>(file.gcount()));
    if (beginning.empty())
        return failure(ErrorCode::config_invalid, "the export file is empty", "Export or copy it again.");
    const std::size_t line_end = beginning.find('\n');
    if (line_end != std::string::npos && line_end > 0 && beginning[line_end - 1] == '\r')
        return failure(ErrorCode::config_invalid,
                       "the lines of the export end with CR LF: it was converted on its way",
                       "Copy it again as it was written, byte for byte.");
    return {};
}

}  // namespace ibkr::events
