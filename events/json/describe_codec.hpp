#pragma once

#include "events/json/codec.hpp"
#include "events/json/describe_reader_codec.hpp"
#include "events/json/describe_writer_codec.hpp"

// The implementation of events/json/codec.hpp, included by the .cpp files that instantiate it. Writing and
// reading go straight between members and text: no tree of values stands in between.
namespace ibkr::events {

template <class T>
void append_canonical_json(std::string& out, const T& value) {
    codec::write(out, value);
}

template <class T>
std::string to_canonical_json(const T& value) {
    std::string out;
    out.reserve(512);
    codec::write(out, value);
    return out;
}

template <class T>
Result<T> from_json_text(std::string_view text, const JsonLimits& limits) {
    codec::Decoder in(text, limits);
    T value{};
    if (!codec::read(in, value)) return in.error();
    if (!in.json.finish()) {
        in.unreadable();
        return in.error();
    }
    return value;
}

}  // namespace ibkr::events
