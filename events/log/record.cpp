#include "events/log/record.hpp"

#include <algorithm>
#include <cassert>

namespace ibkr::events {

std::string encode(const RecordHeader& header) {
    std::string out;
    out.reserve(record_header_bytes);
    out.push_back(static_cast<char>(header.format));
    out.push_back('\0');
    append_be16(out, header.type_number);
    append_be32(out, header.branch);
    out.append(text_of(header.key_id));
    assert(out.size() == record_header_bytes);
    return out;
}

std::optional<RecordHeader> decode_header(std::string_view bytes) noexcept {
    if (bytes.size() != record_header_bytes) return {};
    const Bytes raw = bytes_of(bytes);
    if (raw[0] != record_format || raw[1] != 0) return {};
    RecordHeader header;
    header.format = raw[0];
    header.type_number = read_be16(raw.subspan(2));
    header.branch = read_be32(raw.subspan(4));
    std::ranges::copy(raw.subspan(8, header.key_id.size()), header.key_id.begin());
    return header;
}

}  // namespace ibkr::events
