#include "tests/unit/io/ipc_support.hpp"

#include <sys/socket.h>

namespace ibkr::io::test {

void RawEnd::send_bytes(const std::string& bytes) {
    REQUIRE(::send(get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

}  // namespace ibkr::io::test
