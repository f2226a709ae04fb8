#include "cli/operator_secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <termios.h>

#include "events/log/directory/files.hpp"
#include "io/config/operators.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

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
    std::string secret(io::operator_secret_bytes_max, '\0');
    const ssize_t size = ::read(terminal.get(), secret.data(), secret.size());
    (void)::tcsetattr(terminal.get(), TCSAFLUSH, &before);
    (void)!::write(terminal.get(), "\n", 1);
    secret.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return secret;
}

}  // namespace

Result<std::string> operator_secret(const io::Config& config, const Globals& globals) {
    if (config.offline_profile || globals.operator_secret_file.empty()) return std::string();
    auto given = globals.operator_secret_file == "-"
                     ? ask()
                     : events::read_small_file(globals.operator_secret_file, "operator secret's file",
                                               io::operator_secret_bytes_max);
    if (!given) return given;
    drop_newline(*given);
    if (given->empty()) return refused("the operator secret is wrong");
    return given;
}

Result<bool> acts_as_operator(const io::Config& config, const Globals& globals) {
    const auto secret = operator_secret(config, globals);
    if (!secret) return failure(secret.error());
    return io::is_operator(config, {static_cast<std::int64_t>(::getuid()), *secret});
}

}  // namespace ibkr::cli
