#include "events/log/anchors/anchor_file.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <span>
#include <sys/stat.h>
#include <unistd.h>

namespace ibkr::events {
namespace {

constexpr std::string_view file_name = "anchor file";
constexpr std::uint8_t anchor_format = 1;
constexpr std::string_view anchor_domain{"ibkr-agent anchor\0", 18};

// slot := body checksum mac; body := format reserved branch key_id log_id sequence mac wal_number wal_bytes
// synced_sequence (docs/log-format.md, "Anchors").
constexpr std::size_t body_bytes = 96;
constexpr std::size_t mac_offset = body_bytes + std::tuple_size_v<Digest>;
static_assert(mac_offset + std::tuple_size_v<Mac> == anchor_slot_bytes);
using Slot = std::array<std::uint8_t, anchor_slot_bytes>;

constexpr off_t offset_of(std::size_t slot) noexcept {
    return static_cast<off_t>(slot * anchor_slot_stride_bytes);
}

std::string_view body_of(const Slot& slot) noexcept {
    return text_of(slot).substr(0, body_bytes);
}

/// Puts fields one after another.
class SlotWriter {
public:
    explicit SlotWriter(Slot& slot) noexcept : slot_(slot) {}
    void put(Bytes bytes) noexcept {
        assert(at_ + bytes.size() <= slot_.size());
        std::ranges::copy(bytes, slot_.begin() + static_cast<std::ptrdiff_t>(at_));
        at_ += bytes.size();
    }
    template <std::size_t bytes>
    void put_integer(std::uint64_t value) noexcept {
        std::array<std::uint8_t, bytes> big_endian{};
        for (std::size_t i = bytes; i-- > 0; value >>= 8U)
            big_endian[i] = static_cast<std::uint8_t>(value & 0xffU);
        put(big_endian);
    }
    [[nodiscard]] std::size_t written() const noexcept { return at_; }

private:
    Slot& slot_;
    std::size_t at_ = 0;
};

class SlotReader {
public:
    explicit SlotReader(const Slot& slot) noexcept : rest_(slot) {}
    [[nodiscard]] Bytes take(std::size_t count) noexcept {
        const Bytes taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    template <std::size_t count>
    [[nodiscard]] std::array<std::uint8_t, count> take_array() noexcept {
        std::array<std::uint8_t, count> taken{};
        std::ranges::copy(take(count), taken.begin());
        return taken;
    }

private:
    Bytes rest_;
};

Slot encode(const Anchor& anchor, const LogId& log_id, const KeyId& key_id, HmacSha256& hmac) {
    Slot slot{};
    SlotWriter out(slot);
    out.put_integer<1>(anchor_format);
    out.put_integer<3>(0);
    out.put_integer<4>(anchor.branch);
    out.put(key_id);
    out.put(log_id);
    out.put_integer<8>(anchor.head.sequence.value());
    out.put(anchor.head.mac);
    out.put_integer<8>(anchor.wal.number);
    out.put_integer<8>(anchor.wal.bytes);
    out.put_integer<8>(anchor.synced_sequence.value());
    assert(out.written() == body_bytes);
    out.put(sha256(body_of(slot)));
    out.put(hmac.mac({anchor_domain, body_of(slot)}));
    assert(out.written() == slot.size());
    return slot;
}

bool is_whole(const Slot& slot) {
    const Digest checksum = sha256(body_of(slot));
    constexpr std::array<std::uint8_t, 4> format_and_reserved{anchor_format, 0, 0, 0};
    return std::ranges::equal(checksum, std::span(slot).subspan<body_bytes, checksum.size()>()) &&
           std::ranges::equal(format_and_reserved, std::span(slot).first<4>());
}

bool is_foreign(const Slot& slot, const LogId& log_id) {
    SlotReader in(slot);
    (void)in.take(4 + 4 + std::tuple_size_v<KeyId>);
    return is_whole(slot) && in.take_array<std::tuple_size_v<LogId>>() != log_id;
}

/// Nothing when the slot is damaged, of another log, under a key that is not at hand, or beyond any log.
std::optional<Anchor> decode(const Slot& slot, const KeyRing& keys) {
    if (!is_whole(slot)) return {};
    SlotReader in(slot);
    (void)in.take(4);
    Anchor anchor;
    anchor.branch = read_be32(in.take(4));
    const auto key_id = in.take_array<std::tuple_size_v<KeyId>>();
    const auto log_id = in.take_array<std::tuple_size_v<LogId>>();
    const Secret* const chain_key = keys.find(key_id);
    if (log_id != keys.log_id() || chain_key == nullptr) return {};
    const Mac mac = hmac_sha256(chain_key->bytes(), {anchor_domain, body_of(slot)});
    if (!equal_in_constant_time(mac, std::span(slot).subspan<mac_offset>())) return {};
    anchor.head.sequence = SequenceId(read_be64(in.take(8)));
    anchor.head.mac = in.take_array<std::tuple_size_v<Mac>>();
    anchor.wal.number = read_be64(in.take(8));
    anchor.wal.bytes = read_be64(in.take(8));
    anchor.synced_sequence = SequenceId(read_be64(in.take(8)));
    if (std::max(anchor.head.sequence, anchor.synced_sequence).value() >= sequence_limit) return {};
    return anchor;
}

/// A cut slot keeps what is there and is zero beyond: its checksum does not hold then.
Result<Slot> read_slot(int file, std::size_t number) {
    Slot slot{};
    std::size_t filled = 0;
    while (filled < slot.size()) {
        const ssize_t got = ::pread(file, slot.data() + filled, slot.size() - filled,
                                    offset_of(number) + static_cast<off_t>(filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failure(system_error(file_name, "read", errno));
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    return slot;
}

Result<void> write_slot(int file, std::size_t number, const Slot& slot) {
    std::size_t done = 0;
    while (done < slot.size()) {
        const ssize_t written = ::pwrite(file, slot.data() + done, slot.size() - done,
                                         offset_of(number) + static_cast<off_t>(done));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return failure(system_error(file_name, "written", written < 0 ? errno : EIO));
        done += static_cast<std::size_t>(written);
    }
    return {};
}

using Slots = std::array<Slot, anchor_slots>;

Result<Slots> read_slots(int file) {
    Slots slots{};
    for (std::size_t number = 0; number < anchor_slots; ++number) {
        const auto slot = read_slot(file, number);
        if (!slot) return failure(slot.error());
        slots[number] = *slot;
    }
    return slots;
}

bool newer(const Anchor& a, const Anchor& b) noexcept {
    return a.head.sequence != b.head.sequence ? a.head.sequence > b.head.sequence
                                              : a.synced_sequence > b.synced_sequence;
}

bool is_file(int file) {
    struct stat status{};
    return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

/// Opening must not wait for a pipe that stands in the place, nor follow a link out of it.
constexpr int open_flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

}  // namespace

AnchorFile::AnchorFile(FileDescriptor file, const LogId& log_id, const KeyId& key_id, const Secret& chain_key)
    : file_(std::move(file)), log_id_(log_id), key_id_(key_id), hmac_(chain_key.bytes()) {
    assert(file_.open());
}

Result<AnchorFile> AnchorFile::create(const std::string& path, const LogId& log_id, const Anchor& first,
                                      const KeyId& key_id, const Secret& chain_key) {
    HmacSha256 hmac(chain_key.bytes());
    const Slot slot = encode(first, log_id, key_id, hmac);
    std::string content(static_cast<std::size_t>(offset_of(anchor_slots - 1)) + slot.size(), '\0');
    for (std::size_t number = 0; number < anchor_slots; ++number)
        std::ranges::copy(slot, content.begin() + offset_of(number));
    if (auto written = replace_file(path, file_name, content); !written) return failure(written.error());
    FileDescriptor file(::open(path.c_str(), O_RDWR | open_flags));
    if (!file.open()) return failure(system_error(file_name, "opened", errno));
    AnchorFile anchors(std::move(file), log_id, key_id, chain_key);
    anchors.synced_before_ = first.head.sequence;
    return anchors;
}

Result<AnchorFile> AnchorFile::open(const std::string& path, const KeyRing& keys, const KeyId& key_id,
                                    const Secret& chain_key) {
    FileDescriptor file(::open(path.c_str(), O_RDWR | open_flags));
    if (!file.open()) return failure(system_error(file_name, "opened", errno));
    if (!is_file(file.get())) return failure(system_error(file_name, "opened", EISDIR));
    const auto slots = read_slots(file.get());
    if (!slots) return failure(slots.error());
    AnchorFile anchors(std::move(file), keys.log_id(), key_id, chain_key);
    const std::array<std::optional<Anchor>, anchor_slots> decoded{decode((*slots)[0], keys),
                                                                  decode((*slots)[1], keys)};
    const auto& [first, second] = decoded;
    anchors.next_slot_ = first && (!second || !newer(*second, *first)) ? 1 : 0;
    for (const std::optional<Anchor>& anchor : decoded)
        if (anchor) anchors.synced_before_ = std::max(anchors.synced_before_, anchor->synced_sequence);
    return anchors;
}

Result<void> AnchorFile::write(const Anchor& anchor) {
    const Slot slot = encode(anchor, log_id_, key_id_, hmac_);
    if (auto written = write_slot(file_.get(), next_slot_, slot); !written) {
        Error error = written.error();
        error.code = ErrorCode::audit_write_failed;
        return failure(std::move(error));
    }
    next_slot_ = (next_slot_ + 1) % anchor_slots;
    return {};
}

Result<void> AnchorFile::sync() {
    if (::fdatasync(file_.get()) == 0) return {};
    Error error = system_error(file_name, "synced", errno);
    error.code = ErrorCode::audit_write_failed;
    return failure(std::move(error));
}

void AnchorFile::change_key(const KeyId& key_id, const Secret& chain_key) {
    key_id_ = key_id;
    hmac_ = HmacSha256(chain_key.bytes());
}

Result<AnchorReading> read_anchor_file(const std::string& path, const KeyRing& keys) {
    AnchorReading reading;
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | open_flags));
    if (!file.open() && errno != ELOOP) {
        if (errno == ENOENT || errno == ENOTDIR) return reading;
        return failure(system_error(file_name, "opened", errno));
    }
    reading.file_exists = true;
    reading.unusable_slots = anchor_slots;
    if (!file.open() || !is_file(file.get())) return reading;
    const auto slots = read_slots(file.get());
    if (!slots) return failure(slots.error());
    for (const Slot& slot : *slots) {
        if (const auto anchor = decode(slot, keys)) reading.anchors.push_back(*anchor);
        if (is_foreign(slot, keys.log_id())) ++reading.foreign_slots;
    }
    reading.unusable_slots -= reading.anchors.size();
    if (reading.anchors.size() == 2 && newer(reading.anchors[1], reading.anchors[0]))
        std::swap(reading.anchors[0], reading.anchors[1]);
    return reading;
}

}  // namespace ibkr::events
