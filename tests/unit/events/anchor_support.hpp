#pragma once

#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "events/log/anchors/anchor_file.hpp"
#include "tests/unit/events/log_conformance.hpp"

namespace ibkr::events::test {

inline std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_content(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

/// An anchor at `sequence` whose other fields say which one it is.
inline Anchor anchor_at(std::uint64_t sequence) {
    Anchor anchor;
    anchor.head.sequence = SequenceId(sequence);
    anchor.head.mac.fill(static_cast<std::uint8_t>(sequence));
    anchor.wal = {7, 400 * sequence};
    anchor.synced_sequence = SequenceId(sequence / 2);
    return anchor;
}

inline AnchorFile made_anchors(const std::string& path, const LogKeys& keys, const Anchor& first) {
    auto file =
        AnchorFile::create(path, keys.identity().log_id, first, keys.identity().key_id, keys.chain_key());
    REQUIRE(file);
    return std::move(*file);
}

inline AnchorFile opened_anchors(const std::string& path, const LogKeys& keys) {
    auto file = AnchorFile::open(path, keys.ring(), keys.identity().key_id, keys.chain_key());
    REQUIRE(file);
    return std::move(*file);
}

inline AnchorReading read_anchors(const std::string& path, const KeyRing& ring) {
    auto reading = read_anchor_file(path, ring);
    REQUIRE(reading);
    return *reading;
}

/// Puts `device` behind this process's descriptor of `path`: /dev/full takes no write, /dev/null no sync.
inline void break_file(const std::string& path, const char* device) {
    const FileDescriptor broken(::open(device, O_RDWR | O_CLOEXEC));
    REQUIRE(broken.open());
    struct stat file{};
    REQUIRE(::stat(path.c_str(), &file) == 0);
    int found = 0;
    for (int fd = 3; fd < 256; ++fd) {
        struct stat other{};
        if (::fstat(fd, &other) != 0 || other.st_ino != file.st_ino || other.st_dev != file.st_dev) continue;
        REQUIRE(::dup3(broken.get(), fd, O_CLOEXEC) == fd);
        ++found;
    }
    REQUIRE(found == 1);
}

}  // namespace ibkr::events::test
