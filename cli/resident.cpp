#include "cli/resident.hpp"

#include <algorithm>
#include <unistd.h>

#include "cli/call_context.hpp"
#include "cli/engine_access.hpp"
#include "cli/owned_call.hpp"
#include "engine/gateway/operation_codec.hpp"
#include "events/crypto/bytes.hpp"
#include "events/crypto/sha256.hpp"
#include "events/json/json_text.hpp"

namespace ibkr::cli {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

constexpr std::chrono::milliseconds tick_interval{1'000};

events::Error engine_died() {
    return failure(
               ErrorCode::audit_write_failed,
               "the engine stops: an append or a commit failed, and what it wrote is known after the next "
               "start",
               "Free disk space or mend the disk, then start the engine again; who was not answered asks "
               "with the same key.")
        .value();
}

}  // namespace

Result<std::unique_ptr<Resident>> Resident::start(io::Config config, const io::Environment& environment,
                                                  OwnerOptions options, events::OwnerLock lock,
                                                  StopSignal& stop,
                                                  const projections::RebuildProgress& progress) {
    options.resident = true;
    std::unique_ptr<Resident> resident(new Resident(std::move(config), stop));
    auto opened = Composition::open(resident->config_, environment, progress, options, std::move(lock));
    if (!opened) return failure(opened.error());
    resident->composition_ = std::move(*opened);
    resident->common_greeting_ = own_greeting(resident->config_);
    resident->common_greeting_.log_id = resident->composition_->log_id();
    io::OwnerServerSettings settings;
    settings.data_directory = resident->config_.data_directory;
    settings.group = resident->config_.operators.group;
    settings.greeting = [raw = resident.get()] { return raw->greeting(); };
    auto server = io::OwnerServer::start(
        std::move(settings), [raw = resident.get()](const io::Peer& peer, const io::ForwardedCall& call) {
            return raw->handle(peer, call);
        });
    if (!server) return failure(server.error());
    resident->server_.emplace(std::move(*server));
    return resident;
}

std::string Resident::socket_path() const {
    return config_.data_directory + "/" + std::string(events::owner_socket_name);
}

io::OwnerGreeting Resident::greeting() {
    engine::Runtime& runtime = composition_->runtime();
    io::OwnerGreeting greeting;
    greeting.common = common_greeting_;
    greeting.pid = ::getpid();
    const events::Head head = runtime.log().head();
    greeting.head = {head.sequence, events::hex(head.mac)};
    greeting.state = runtime.held() != nullptr ? io::OwnerState::held
                     : runtime.paused()        ? io::OwnerState::paused
                                               : io::OwnerState::ok;
    return greeting;
}

std::optional<engine::CallResult> Resident::handle(const io::Peer& peer, const io::ForwardedCall& call) {
    ++calls_;
    engine::CallResult result = call.operation == engine_status_operation
                                    ? engine::CallResult(engine::Reply{status_json(), {}, false, {}})
                                    : answer(peer, call);
    if (composition_->runtime().alive()) return result;
    stop_.request();  // `run` ends every connection
    return std::nullopt;
}

engine::CallResult Resident::answer(const io::Peer& peer, const io::ForwardedCall& call) {
    auto context = context_of(call, peer, config_);
    if (!context) return tl::unexpected(engine::CallError{context.error(), {}});
    const std::string request = call.operation + events::hex(events::sha256(call.arguments.text));
    return decided_once_.ask({context->actor.user_id, context->command_id.text(), request}, [&] {
        return make_owned_call(*composition_, config_,
                               {*context, static_cast<std::int64_t>(peer.uid), call.operator_secret.reveal(),
                                engine::parse_operation(call.operation, call.arguments.text)});
    });
}

std::string Resident::status_json() {
    engine::Runtime& runtime = composition_->runtime();
    const io::OwnerGreeting now = greeting();
    const std::uint64_t head = now.head.sequence_id.value();
    const std::uint64_t folded = runtime.folded().value();
    const auto up = std::chrono::steady_clock::now() - started_at_;
    std::string json = "{\"calls\":" + std::to_string(calls_.load()) + ",\"config_digest\":\"" +
                       now.common.config_digest + "\",\"log_head\":" + std::to_string(head) +
                       ",\"log_id\":\"" + now.common.log_id + "\",\"pid\":" + std::to_string(now.pid) +
                       ",\"projections_lag\":" + std::to_string(head > folded ? head - folded : 0) +
                       ",\"running\":true,\"socket\":";
    (void)events::append_json_string(json, socket_path());
    const std::string watch_error = [&] {
        const std::scoped_lock lock(watching_);
        return watch_error_;
    }();
    json += ",\"reconciler\":";
    (void)events::append_json_string(json, watch_error.empty() ? "ok" : "failing: " + watch_error);
    json += ",\"state\":\"" + std::string(events::name_of(now.state)) + "\",\"uptime_seconds\":" +
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(up).count()) + ",\"version\":\"" +
            now.common.product_version + "\",\"waiting_commands\":" + std::to_string(runtime.waiting()) + "}";
    return json;
}

void Resident::tick() {
    engine::Runtime& runtime = composition_->runtime();
    // What fails here is tried again; a dead engine shows in `alive`.
    const auto fired = runtime.fire_due_timers();
    const auto now = std::chrono::steady_clock::now();
    if (fired && now - reconciled_at_ < config_.reconcile_interval) return;
    const auto reconciled = fired ? runtime.reconcile() : fired;
    if (reconciled) reconciled_at_ = now;
    const std::scoped_lock lock(watching_);
    watch_error_ = reconciled ? std::string() : reconciled.error().message;
}

Result<void> Resident::run() {
    engine::Runtime& runtime = composition_->runtime();
    while (!stop_.requested() && runtime.alive()) {
        tick();
        stop_.wait(tick_interval);
    }
    if (!runtime.alive()) {
        server_->abandon();
        return failure(engine_died());
    }
    const bool drained = server_->stop();
    server_.reset();
    if (!runtime.alive()) return failure(engine_died());
    composition_.reset();
    if (drained) return {};
    return failure(ErrorCode::engine_busy, "some calls had not ended when the engine had to stop",
                   "Who was not answered asks again with the same key; the next start settles what is open.");
}

}  // namespace ibkr::cli
