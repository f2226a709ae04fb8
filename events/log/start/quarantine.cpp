#include "events/log/start/quarantine.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "events/crypto/sha256.hpp"
#include "events/json/describe_codec.hpp"
#include "events/log/directory/files.hpp"

namespace ibkr::events {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view quarantine_name = "quarantine copy";
constexpr std::string_view note_name = "note in the quarantine";
constexpr std::size_t finding_bytes_max = 65'536;
constexpr std::size_t copy_name_bytes_max = 64;
constexpr std::uint64_t copies_per_second_max = 1'000;
constexpr std::size_t read_bytes = 65'536;

std::string in(const std::string& directory, std::string_view name) {
    std::string path = directory;
    path.append("/").append(name);
    return path;
}
std::string finding_path(const DirectoryLayout& layout, const std::string& name) {
    return layout.quarantine + "/" + name + "/finding.json";
}
std::string unfinished_path(const DirectoryLayout& layout) {
    return layout.quarantine + "/unfinished";
}
std::string note_path(const DirectoryLayout& layout, Unfinished what) {
    return layout.quarantine + (what == Unfinished::tail_record ? "/pending" : "/resuming");
}

bool is_copied(const std::string& name) {
    return name.ends_with(".log") || name.starts_with("MANIFEST-") || name.starts_with("OPTIONS-") ||
           name == "CURRENT" || name == "IDENTITY";
}

/// Names of the files of a folder that `wanted` takes, in order.
template <class Wanted>
Result<std::vector<std::string>> list(const std::string& directory, const Wanted& wanted) {
    std::vector<std::string> names;
    std::error_code error;
    fs::directory_iterator entry(directory, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error))
        if (wanted(entry->path().filename().string())) names.push_back(entry->path().filename().string());
    if (error && error != std::errc::no_such_file_or_directory)
        return failure(system_error(quarantine_name, "listed", error.value()));
    std::ranges::sort(names);
    return names;
}

/// Adds a file's content; its length.
Result<std::uint64_t> add_content(Sha256Stream& stream, const std::string& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.open()) return failure(system_error("log", "copied", errno));
    std::string buffer(read_bytes, '\0');
    std::uint64_t bytes = 0;
    while (true) {
        const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failure(system_error("log", "copied", errno));
        if (got == 0) return bytes;
        stream.update(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
        bytes += static_cast<std::uint64_t>(got);
    }
}

struct Content {
    std::vector<std::string> files;
    std::uint64_t bytes = 0;
    std::string sha256;
};

Result<Content> content_of(const std::string& log_directory) {
    auto files = list(log_directory, is_copied);
    if (!files) return failure(files.error());
    Content content{std::move(*files), 0, {}};
    Sha256Stream stream;
    for (const std::string& name : content.files) {
        stream.update(name + '\0');
        const auto bytes = add_content(stream, in(log_directory, name));
        if (!bytes) return failure(bytes.error());
        stream.update(std::to_string(*bytes) + '\0');
        content.bytes += *bytes;
    }
    content.sha256 = hex(stream.digest());
    return content;
}

Result<QuarantineFinding> read_finding(const DirectoryLayout& layout, const std::string& name) {
    auto text =
        read_small_file(finding_path(layout, name), "finding of a quarantine copy", finding_bytes_max);
    if (!text) return failure(text.error());
    if (text->ends_with('\n')) text->pop_back();
    auto finding = from_json_text<QuarantineFinding>(*text);
    if (!finding) return failure(ErrorCode::engine_held, "the finding of a quarantine copy is damaged");
    return finding;
}

/// The name of a copy of the same content; empty when there is none.
Result<std::string> find_copy(const DirectoryLayout& layout, const std::string& content_sha256) {
    const auto names = list(layout.quarantine, [&](const std::string& name) {
        return path_exists(finding_path(layout, name)) && name != "unfinished";
    });
    if (!names) return failure(names.error());
    for (const std::string& name : *names)
        if (auto finding = read_finding(layout, name); finding && finding->content_sha256 == content_sha256)
            return name;
    return std::string();
}

Result<void> copy_file(const std::string& from, const std::string& to) {
    std::error_code error;
    fs::copy_file(from, to, error);
    if (error) return failure(system_error(quarantine_name, "written", error.value()));
    const FileDescriptor file(::open(to.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.open() || ::fsync(file.get()) != 0)
        return failure(system_error(quarantine_name, "synced", errno));
    return {};
}

/// "20260105T150000Z"
std::string time_text() {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    std::string text =
        Timestamp(std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()).to_string();
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text.substr(0, text.find('.')) + "Z";
}

Result<std::string> free_name(const DirectoryLayout& layout) {
    const std::string time = time_text();
    for (std::uint64_t n = 1; n <= copies_per_second_max; ++n)
        if (std::string name = time + "-" + std::to_string(n); !path_exists(layout.quarantine + "/" + name))
            return name;
    return failure(ErrorCode::audit_write_failed, "too many quarantine copies at the same time");
}

/// Fills `unfinished/` and gives it its name.
Result<std::string> make_copy(const DirectoryLayout& layout, const Content& content,
                              const QuarantineFinding& finding) {
    const std::string unfinished = unfinished_path(layout);
    std::error_code error;
    fs::remove_all(unfinished, error);
    if (error) return failure(system_error(quarantine_name, "removed", error.value()));
    if (::mkdir(unfinished.c_str(), 0700) != 0)
        return failure(system_error(quarantine_name, "created", errno));
    for (const std::string& name : content.files)
        if (auto copied = copy_file(in(layout.log, name), in(unfinished, name)); !copied)
            return failure(copied.error());
    if (auto written =
            write_new_file(unfinished + "/finding.json", quarantine_name, to_canonical_json(finding) + "\n");
        !written)
        return failure(written.error());
    if (auto synced = sync_directory(unfinished, quarantine_name); !synced) return failure(synced.error());
    auto name = free_name(layout);
    if (!name) return name;
    assert(name->size() <= copy_name_bytes_max);
    if (auto moved = rename_path(unfinished, layout.quarantine + "/" + *name, quarantine_name); !moved)
        return failure(moved.error());
    if (auto synced = sync_directory(layout.quarantine, quarantine_name); !synced)
        return failure(synced.error());
    return name;
}

Result<std::vector<std::string>> noted_copies(const DirectoryLayout& layout, Unfinished what) {
    std::vector<std::string> names;
    if (!path_exists(note_path(layout, what))) return names;
    const auto text = read_small_file(note_path(layout, what), note_name,
                                      unfinished_copies_max * (copy_name_bytes_max + 1));
    if (!text) return failure(text.error());
    std::string_view rest = *text;
    while (!rest.empty()) {
        const std::string_view name = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), name.size() + 1));
        const bool plain = !name.empty() && name.size() <= copy_name_bytes_max &&
                           name.find('/') == std::string_view::npos && name.front() != '.';
        if (!plain) return failure(ErrorCode::engine_held, "a note in the quarantine is damaged");
        names.emplace_back(name);
    }
    return names;
}

}  // namespace

template std::string to_canonical_json<QuarantineFinding>(const QuarantineFinding&);
template Result<QuarantineFinding> from_json_text<QuarantineFinding>(std::string_view, const JsonLimits&);

Result<std::vector<WalScan>> scan_wals(const std::string& log_directory) {
    const auto files = list(log_directory, [](const std::string& name) { return name.ends_with(".log"); });
    if (!files) return failure(files.error());
    std::vector<WalScan> scans;
    for (const std::string& name : *files) {
        std::uint64_t number = 0;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
        if (parsed.ec != std::errc() || std::string_view(parsed.ptr) != ".log") continue;
        auto scan = scan_wal(in(log_directory, name), number);
        if (!scan) return failure(scan.error());
        scans.push_back(std::move(*scan));
    }
    std::ranges::sort(scans, {}, &WalScan::number);
    return scans;
}

Result<std::string> copy_to_quarantine(const DirectoryLayout& layout, QuarantineFinding finding) {
    if (auto made = make_directories(layout.quarantine, quarantine_name); !made) return failure(made.error());
    const auto content = content_of(layout.log);
    if (!content) return failure(content.error());
    auto existing = find_copy(layout, content->sha256);
    if (!existing || !existing->empty()) return existing;
    if (auto room = check_room(layout.quarantine, quarantine_name, content->bytes + room_to_open_bytes);
        !room)
        return failure(room.error());
    finding.content_sha256 = content->sha256;
    auto name = make_copy(layout, *content, finding);
    if (name)
        if (auto synced = sync_directory(layout.root, data_directory_name); !synced)
            return failure(synced.error());
    return name;
}

Result<void> add_unfinished(const DirectoryLayout& layout, Unfinished what, const std::string& copy_name) {
    auto names = noted_copies(layout, what);
    if (!names) return failure(names.error());
    if (std::ranges::find(*names, copy_name) != names->end()) return {};
    if (names->size() >= unfinished_copies_max)
        return failure(ErrorCode::audit_write_failed,
                       "too many starts of the log were cut off one after another",
                       "Find out what ends them, then put the data directory back from a copy.");
    std::string text;
    for (const std::string& name : *names)
        text += name + "\n";
    return replace_file(note_path(layout, what), note_name, text + copy_name + "\n");
}

Result<std::vector<QuarantineFinding>> read_unfinished(const DirectoryLayout& layout, Unfinished what) {
    const auto names = noted_copies(layout, what);
    if (!names) return failure(names.error());
    std::vector<QuarantineFinding> findings;
    for (const std::string& name : *names) {
        auto finding = read_finding(layout, name);
        if (!finding) return failure(finding.error());
        findings.push_back(std::move(*finding));
    }
    return findings;
}

Result<void> clear_unfinished(const DirectoryLayout& layout, Unfinished what) {
    if (!path_exists(note_path(layout, what))) return {};
    if (::unlink(note_path(layout, what).c_str()) != 0)
        return failure(system_error(note_name, "removed", errno));
    return sync_directory(layout.quarantine, quarantine_name);
}

}  // namespace ibkr::events
