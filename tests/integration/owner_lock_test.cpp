#include "events/log/directory/owner_lock.hpp"

#include <array>
#include <fstream>
#include <unistd.h>

#include "tests/integration/child_process.hpp"
#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;

namespace {

constexpr std::chrono::milliseconds no_wait{0};

}  // namespace

TEST_CASE("one owner at a time, also between processes", "[log_directory]") {
    const TemporaryDirectory temporary;
    auto lock = OwnerLock::acquire(temporary.path(), no_wait);
    REQUIRE(lock);
    CHECK(read_owner_hint(temporary.path()).pid == ::getpid());
    CHECK(read_owner_hint(temporary.path()).socket_name == "engine.sock");

    const auto refused = OwnerLock::acquire(temporary.path(), std::chrono::milliseconds(30));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::engine_busy);
    CHECK(refused.error().message.find(std::to_string(::getpid())) != std::string::npos);
    CHECK(in_child([&] { return OwnerLock::acquire(temporary.path(), no_wait) ? 1 : 0; }) == 0);

    {
        const OwnerLock released = std::move(*lock);
    }
    CHECK(in_child([&] { return OwnerLock::acquire(temporary.path(), no_wait) ? 0 : 1; }) == 0);
    CHECK(OwnerLock::acquire(temporary.path(), no_wait));
}

TEST_CASE("who waits for the lock gets it when its owner dies", "[log_directory]") {
    const TemporaryDirectory temporary;
    std::array<int, 2> ready{};
    REQUIRE(::pipe(ready.data()) == 0);
    const pid_t owner = ::fork();
    REQUIRE(owner >= 0);
    if (owner == 0) {
        const auto lock = OwnerLock::acquire(temporary.path(), no_wait);
        const char word = lock ? 'y' : 'n';
        if (::write(ready[1], &word, 1) != 1) ::_exit(1);
        ::usleep(150'000);
        ::_exit(0);
    }
    char word = 0;
    REQUIRE(::read(ready[0], &word, 1) == 1);
    REQUIRE(word == 'y');
    CHECK_FALSE(OwnerLock::acquire(temporary.path(), no_wait));
    CHECK(OwnerLock::acquire(temporary.path(), std::chrono::seconds(10)));
    int status = 0;
    CHECK(::waitpid(owner, &status, 0) == owner);
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_CASE("an illegible owner is another process", "[log_directory]") {
    const TemporaryDirectory temporary;
    for (const char* const text : {"", "pid", "pid x\n", "pid 12x\nsocket s\n", "socket s\n"}) {
        std::ofstream(temporary / "owner.lock") << text;
        CHECK(read_owner_hint(temporary.path()).pid == 0);
    }
}
