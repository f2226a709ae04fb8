#include "io/ipc/owner_server.hpp"

#include <cerrno>
#include <csignal>
#include <list>
#include <mutex>
#include <sys/socket.h>
#include <system_error>
#include <thread>

#include "io/ipc/call_counter.hpp"
#include "io/ipc/conversation.hpp"
#include "io/ipc/frame.hpp"

namespace ibkr::io {
namespace {

/// Out of descriptors or memory: nobody can be accepted until something else ends.
constexpr std::chrono::milliseconds exhausted_pause{100};

struct Connection {
    events::FileDescriptor socket;
    Peer peer;
    std::thread thread;
    bool finished = false;                        ///< the thread has only to be joined
    std::atomic<std::int64_t> idle_since_ms = 0;  ///< 0: at work, or not greeted yet
};

/// While it lives, threads that are made leave the signals that end a process to others.
class TerminationSignalsBlocked {
public:
    TerminationSignalsBlocked() {
        sigset_t blocked;
        ::sigemptyset(&blocked);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP})
            ::sigaddset(&blocked, signal);
        ::pthread_sigmask(SIG_BLOCK, &blocked, &before_);
    }
    ~TerminationSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    TerminationSignalsBlocked(const TerminationSignalsBlocked&) = delete;
    TerminationSignalsBlocked& operator=(const TerminationSignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

}  // namespace

struct OwnerServer::State {
    enum class Phase : std::uint8_t { running, draining, ended };

    State(OwnerServerSettings given, Handler called, OwnerSocket listening)
        : settings(std::move(given)), handler(std::move(called)), socket(std::move(listening)) {}

    const OwnerServerSettings settings;
    const Handler handler;
    OwnerSocket socket;
    CallCounter calls;
    std::mutex mutex;
    std::condition_variable phase_changed;
    Phase phase = Phase::running;       ///< guarded by `mutex`
    std::list<Connection> connections;  ///< guarded by `mutex`; only the acceptor adds and removes
    std::thread acceptor;

    void accept_all();
    [[nodiscard]] bool goes_on_after(int accept_error);
    void take(events::FileDescriptor accepted, const Peer& peer);
    void remove_finished(const std::lock_guard<std::mutex>& held);
    void end_longest_idle(const std::lock_guard<std::mutex>& held);
    void begin(events::FileDescriptor accepted, const Peer& peer, const std::lock_guard<std::mutex>& held);
    void run(Connection& connection);
    void enter(Phase next);
    void join_connections();
};

void OwnerServer::State::accept_all() {
    while (true) {
        const int accepted = ::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted < 0) {
            if (!goes_on_after(errno)) return;
            continue;
        }
        events::FileDescriptor connected(accepted);
        if (const auto peer = peer_of(accepted)) take(std::move(connected), *peer);
    }
}

bool OwnerServer::State::goes_on_after(int accept_error) {
    std::unique_lock lock(mutex);
    if (accept_error != EINTR && accept_error != ECONNABORTED)
        phase_changed.wait_for(lock, exhausted_pause, [this] { return phase != Phase::running; });
    return phase == Phase::running;
}

void OwnerServer::State::take(events::FileDescriptor accepted, const Peer& peer) {
    {
        const std::lock_guard lock(mutex);
        if (phase != Phase::running) return;
        remove_finished(lock);
        if (connections.size() < settings.connections_max) return begin(std::move(accepted), peer, lock);
        end_longest_idle(lock);  // so that there is room when this asker tries again
    }
    const auto busy = events::failure(
        events::ErrorCode::engine_busy,
        "the engine already serves " + std::to_string(settings.connections_max) + " connections",
        "Wait a moment and try again.");
    static_cast<void>(
        write_frame(accepted.get(), encode_refusal(busy.value()), std::chrono::steady_clock::now()));
}

void OwnerServer::State::remove_finished(const std::lock_guard<std::mutex>& /*held*/) {
    for (auto at = connections.begin(); at != connections.end();) {
        if (!at->finished) {
            ++at;
            continue;
        }
        at->thread.join();
        at = connections.erase(at);
    }
}

void OwnerServer::State::end_longest_idle(const std::lock_guard<std::mutex>& /*held*/) {
    const Connection* longest = nullptr;
    std::int64_t since_ms = 0;
    for (const Connection& connection : connections) {
        const std::int64_t idle_ms = connection.idle_since_ms;
        if (connection.finished || idle_ms == 0 || (longest != nullptr && idle_ms >= since_ms)) continue;
        longest = &connection;
        since_ms = idle_ms;
    }
    if (longest != nullptr) ::shutdown(longest->socket.get(), SHUT_RDWR);
}

void OwnerServer::State::begin(events::FileDescriptor accepted, const Peer& peer,
                               const std::lock_guard<std::mutex>& /*held*/) {
    Connection& connection = connections.emplace_back();
    connection.socket = std::move(accepted);
    connection.peer = peer;
    try {
        connection.thread = std::thread([this, &connection] { run(connection); });
    } catch (const std::system_error&) {
        connections.pop_back();  // no thread to be had: the asker sees the connection end and tries again
    }
}

void OwnerServer::State::run(Connection& connection) {
    converse(connection.socket.get(), connection.peer, settings, handler, calls, connection.idle_since_ms);
    const std::lock_guard lock(mutex);
    connection.socket = events::FileDescriptor();
    connection.finished = true;
}

void OwnerServer::State::enter(Phase next) {
    const std::lock_guard lock(mutex);
    if (phase == Phase::running) socket.stop_listening();
    if (phase != Phase::ended) phase = next;
    if (phase == Phase::ended)
        for (const Connection& connection : connections)
            if (!connection.finished) ::shutdown(connection.socket.get(), SHUT_RDWR);
    phase_changed.notify_all();
}

void OwnerServer::State::join_connections() {
    for (Connection& connection : connections)
        if (connection.thread.joinable()) connection.thread.join();
}

OwnerServer::OwnerServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
OwnerServer::OwnerServer(OwnerServer&&) noexcept = default;

OwnerServer::~OwnerServer() {
    if (!state_) return;
    abandon();
    if (state_->acceptor.joinable()) state_->acceptor.join();
    state_->join_connections();
}

events::Result<OwnerServer> OwnerServer::start(OwnerServerSettings settings, Handler handler) {
    auto socket = OwnerSocket::listen(settings.data_directory, settings.group);
    if (!socket) return events::failure(socket.error());
    auto state = std::make_unique<State>(std::move(settings), std::move(handler), std::move(*socket));
    const TerminationSignalsBlocked blocked;
    try {
        state->acceptor = std::thread([raw = state.get()] { raw->accept_all(); });
    } catch (const std::system_error& error) {
        return events::failure(
            events::system_error("engine socket's thread", "started", error.code().value()));
    }
    return OwnerServer(std::move(state));
}

bool OwnerServer::stop() {
    state_->calls.refuse_new();
    state_->enter(State::Phase::draining);
    const bool drained = state_->calls.wait_until_none(state_->settings.drain_timeout);
    state_->enter(State::Phase::ended);
    if (state_->acceptor.joinable()) state_->acceptor.join();
    if (drained) state_->join_connections();
    return drained;
}

void OwnerServer::abandon() {
    state_->calls.give_up();
    state_->enter(State::Phase::ended);
}

}  // namespace ibkr::io
