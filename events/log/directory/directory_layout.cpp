#include "events/log/directory/directory_layout.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "events/log/directory/files.hpp"

namespace ibkr::events {
namespace {

constexpr std::size_t version_file_bytes_max = 16;

}  // namespace

tl::unexpected<Error> refuse_incomplete(std::string message) {
    return failure(ErrorCode::engine_held, std::move(message),
                   "Nothing was changed. Put the missing part back from a copy, or name an empty data "
                   "directory with --data-dir.");
}

std::string_view trace_of_a_log(const DirectoryLayout& layout) {
    constexpr std::array<std::string_view, 6> traces{"log",        "keys",     "anchors",
                                                     "quarantine", "resuming", "projections.sqlite3"};
    for (const std::string_view trace : traces)
        if (path_exists(layout.root + "/" + std::string(trace))) return trace;
    return {};
}

bool store_exists(const DirectoryLayout& layout) noexcept {
    return path_exists(layout.log + "/CURRENT");
}

Result<void> check_version(const DirectoryLayout& layout) {
    auto text = read_small_file(layout.version, "VERSION file", version_file_bytes_max);
    if (!text) return failure(text.error());
    std::uint32_t version = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), version);
    if (error != std::errc{} || std::string_view(end, text->data() + text->size()) != "\n" || version == 0)
        return refuse_incomplete("the VERSION file of the data directory is damaged");
    if (version > log_format_version)
        return failure(ErrorCode::log_version_unsupported,
                       "the data directory has format " + std::to_string(version) +
                           "; this version knows formats up to " + std::to_string(log_format_version));
    return {};
}

Result<LogKeys> read_keys(const DirectoryLayout& layout, const Secret& secret) {
    if (!path_exists(layout.keys))
        return refuse_incomplete("the keys file is missing beside the log that was written under it");
    auto text = read_small_file(layout.keys, "keys file", keys_file_bytes_max);
    if (!text) return failure(text.error());
    return LogKeys::parse(*text, secret);
}

Result<void> replace_keys(const DirectoryLayout& layout, const LogKeys& keys) {
    return replace_file(layout.keys, "keys file", keys.file_text());
}

}  // namespace ibkr::events
