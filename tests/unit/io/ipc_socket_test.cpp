#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <grp.h>

#include "events/log/directory/owner_lock.hpp"
#include "io/ipc/socket.hpp"
#include "tests/unit/io/ipc_support.hpp"

using namespace ibkr;
using namespace ibkr::io;
using namespace ibkr::io::test;

namespace {

struct stat facts_of(const std::string& path) {
    struct stat facts{};
    REQUIRE(::lstat(path.c_str(), &facts) == 0);
    return facts;
}
mode_t mode_of(const std::string& path) {
    return facts_of(path).st_mode & 07777;
}

OwnerSocket listening(const std::string& directory, const std::string& group = {}) {
    auto socket = OwnerSocket::listen(directory, group);
    REQUIRE(socket);
    return std::move(*socket);
}

bool somebody_at(const std::string& directory) {
    auto socket = connect_to_owner(directory, deadline_in(patience));
    REQUIRE(socket);
    return socket->has_value();
}

/// nullopt when nobody listens; the caller keeps the connection.
std::optional<ErrorCode> connect_error(const std::string& directory, milliseconds wait,
                                       std::vector<events::FileDescriptor>& kept) {
    auto socket = connect_to_owner(directory, deadline_in(wait));
    if (!socket) return socket.error().code;
    REQUIRE(*socket);
    kept.push_back(std::move(**socket));
    return std::nullopt;
}

}  // namespace

TEST_CASE("the owner's socket is this user's alone", "[ipc]") {
    const TemporaryDirectory directory;
    const mode_t before = ::umask(0);
    const OwnerSocket socket = listening(directory.path());
    ::umask(before);
    const struct stat facts = facts_of(directory / "engine.sock");
    CHECK(S_ISSOCK(facts.st_mode));
    CHECK((facts.st_mode & 07777) == 0600);
    CHECK(mode_of(directory.path()) == 0700);
    CHECK((::fcntl(socket.get(), F_GETFD) & FD_CLOEXEC) != 0);

    const auto connection = connect_to_owner(directory.path(), deadline_in(patience));
    REQUIRE(connection);
    REQUIRE(*connection);
    CHECK((::fcntl((*connection)->get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a group that is named may connect", "[ipc]") {
    const TemporaryDirectory directory;
    const group* const own = ::getgrgid(::getegid());
    REQUIRE(own != nullptr);
    const std::string name = own->gr_name;
    const OwnerSocket socket = listening(directory.path(), name);
    CHECK(mode_of(directory / "engine.sock") == 0660);
    CHECK(facts_of(directory / "engine.sock").st_gid == ::getegid());
    CHECK(mode_of(directory.path()) == 0710);
    CHECK(facts_of(directory.path()).st_gid == ::getegid());
    CHECK(somebody_at(directory.path()));

    const auto refused = OwnerSocket::listen(directory.path(), "no-such-group-here");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::config_invalid);
    CHECK(somebody_at(directory.path()));
}

TEST_CASE("nobody there is no error", "[ipc]") {
    const TemporaryDirectory directory;
    CHECK_FALSE(somebody_at(directory.path()));
    CHECK_FALSE(somebody_at(directory / "missing"));
    {
        const OwnerSocket socket = listening(directory.path());
        CHECK(somebody_at(directory.path()));
    }
    CHECK_FALSE(std::filesystem::exists(directory / "engine.sock"));
    CHECK_FALSE(somebody_at(directory.path()));
}

TEST_CASE("a socket that a dead owner left is replaced", "[ipc]") {
    const TemporaryDirectory directory;
    {
        OwnerSocket dead = listening(directory.path());
        std::filesystem::rename(directory / "engine.sock", directory / "aside");
        dead.stop_listening();
        std::filesystem::rename(directory / "aside", directory / "engine.sock");
    }
    CHECK_FALSE(somebody_at(directory.path()));
    {
        const OwnerSocket socket = listening(directory.path());
        CHECK(somebody_at(directory.path()));
    }
    std::ofstream(directory / "engine.sock") << "not a socket";
    CHECK_FALSE(somebody_at(directory.path()));
    const OwnerSocket socket = listening(directory.path());
    CHECK(somebody_at(directory.path()));
}

TEST_CASE("only our own name is taken away", "[ipc]") {
    const TemporaryDirectory directory;
    OwnerSocket first = listening(directory.path());
    const OwnerSocket second = listening(directory.path());
    first.stop_listening();
    first.stop_listening();
    CHECK(somebody_at(directory.path()));
}

TEST_CASE("a directory in the socket's place is refused", "[ipc]") {
    const TemporaryDirectory directory;
    std::filesystem::create_directory(directory / "engine.sock");
    const auto refused = OwnerSocket::listen(directory.path(), "");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::config_invalid);
}

TEST_CASE("a path may be longer than a socket's address", "[ipc]") {
    const TemporaryDirectory home;
    const std::string suffix = "/engine.sock";
    for (const std::size_t path_bytes :
         {std::size_t{106}, std::size_t{107}, std::size_t{108}, std::size_t{360}}) {
        std::string directory = home.path();
        while (directory.size() + suffix.size() + 100 < path_bytes)
            directory += "/" + std::string(90, 'd');
        directory += "/" + std::string(path_bytes - suffix.size() - directory.size() - 1, 'e');
        REQUIRE(directory.size() + suffix.size() == path_bytes);
        std::filesystem::create_directories(directory);
        {
            const OwnerSocket socket = listening(directory);
            CHECK(somebody_at(directory));
            CHECK(mode_of(directory + suffix) == 0600);
        }
        CHECK_FALSE(std::filesystem::exists(directory + suffix));
    }
}

TEST_CASE("the kernel says who is at the other end", "[ipc]") {
    const TemporaryDirectory directory;
    const OwnerSocket socket = listening(directory.path());
    const auto connection = connect_to_owner(directory.path(), deadline_in(patience));
    REQUIRE(connection);
    REQUIRE(*connection);
    const events::FileDescriptor accepted(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    REQUIRE(accepted.open());
    const Peer self{::geteuid(), ::getpid()};
    CHECK(peer_of(accepted.get()) == self);
    CHECK(peer_of((*connection)->get()) == self);
    CHECK_FALSE(peer_of(-1));
}

TEST_CASE("a queue that stays full is a busy owner, at the deadline", "[ipc]") {
    const TemporaryDirectory directory;
    const auto lock = events::OwnerLock::acquire(directory.path(), milliseconds(0));
    REQUIRE(lock);
    const OwnerSocket socket = listening(directory.path());
    std::vector<events::FileDescriptor> kept;
    std::optional<ErrorCode> error;
    while (!error && kept.size() < 1'000)
        error = connect_error(directory.path(), moment, kept);
    CHECK(error == ErrorCode::engine_busy);
    CHECK(silent_owner(directory.path()).message.find(std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE("what listens must be the directory's user or root", "[ipc]") {
    CHECK(may_own(Peer{1000, 1}, 1000));
    CHECK(may_own(Peer{0, 1}, 1000));
    CHECK_FALSE(may_own(Peer{1001, 1}, 1000));
    CHECK_FALSE(may_own(Peer{1000, 1}, 0));
    if (::geteuid() != 0) return;  // only root can listen as somebody else

    const TemporaryDirectory directory;
    REQUIRE(::chmod(directory.path().c_str(), 0777) == 0);
    std::optional<OwnerSocket> stranger;
    std::thread([&] {
        constexpr uid_t nobody = 65'534;
        // The bare call changes this thread alone.
        if (::syscall(SYS_setresuid, -1, nobody, -1) != 0) return;
        if (auto socket = OwnerSocket::listen(directory.path(), "")) stranger.emplace(std::move(*socket));
    }).join();
    REQUIRE(stranger);
    CHECK(refusal_of(directory.path()) == ErrorCode::engine_protocol_mismatch);
}
