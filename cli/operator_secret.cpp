#include "cli/operator_secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <termios.h>

#include "events/crypto/secret.hpp"
#include "events/crypto/sha256.hpp"
#include "events/log/directory/files.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

constexpr std::size_t secret_bytes_max = 1024;
constexpr std::size_t secret_bytes_min = 16;

tl::unexpected<events::Error> refused(std::string why) {
    return failure(ErrorCode::operator_required, std::move(why));
}

void drop_newline(std::string& text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
        text.pop_back();
}

/// Typed at the terminal, unseen.
Result<std::string> ask() {
    const events::FileDescriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC));
    termios before{};
    if (!terminal.open() || ::tcgetattr(terminal.get(), &before) != 0)
        return refused("there is no terminal to ask for the operator secret");
    termios hidden = before;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    (void)::tcsetattr(terminal.get(), TCSAFLUSH, &hidden);
    constexpr std::string_view prompt = "Operator secret: ";
    (void)!::write(terminal.get(), prompt.data(), prompt.size());
    std::string secret(secret_bytes_max, '\0');
    const ssize_t size = ::read(terminal.get(), secret.data(), secret.size());
    (void)::tcsetattr(terminal.get(), TCSAFLUSH, &before);
    (void)!::write(terminal.get(), "\n", 1);
    secret.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return secret;
}

Result<std::string> expected_digest(const std::string& path) {
    if (path.empty())
        return refused("the configuration names no operators.secret_file to check a secret against");
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0 || (facts.st_mode & 0022) != 0)
        return refused("operators.secret_file is missing or can be written by others");
    auto text = events::read_small_file(path, "operators.secret_file", secret_bytes_max);
    if (!text) return refused(text.error().message);
    drop_newline(*text);
    return std::move(*text);
}

}  // namespace

Result<bool> acts_as_operator(const io::Config& config, const Globals& globals) {
    if (config.offline_profile) return true;
    if (globals.operator_secret_file.empty()) return false;
    auto expected = expected_digest(config.operators.secret_file);
    if (!expected) return failure(expected.error());
    auto given = globals.operator_secret_file == "-"
                     ? ask()
                     : events::read_small_file(globals.operator_secret_file, "operator secret's file",
                                               secret_bytes_max);
    if (!given) return failure(given.error());
    drop_newline(*given);
    const auto secret = events::Secret::take(*given);
    const std::string digest = events::hex(events::sha256(events::text_of(secret.bytes())));
    if (secret.size() < secret_bytes_min ||
        !events::equal_in_constant_time(events::bytes_of(digest), events::bytes_of(*expected)))
        return refused("the operator secret is wrong");
    return true;
}

}  // namespace ibkr::cli
