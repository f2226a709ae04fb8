#include "cli/commands/replay/history.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "cli/app.hpp"
#include "engine/replay/fixture.hpp"

namespace ibkr::cli {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

/// The keys the command line supplies, or the configured secret.
Result<SuppliedKeys> keys_for_file(const App& app, const Arguments& arguments) {
    auto keys = SuppliedKeys::read(app, arguments);
    if (!keys || !keys->empty()) return keys;
    auto config = app.config();
    if (!config) return failure(config.error());
    auto key = io::load_audit_key(*config, app.environment(), false);
    if (!key)
        return failure(key.error().code, "no key of the export is given: " + key.error().message,
                       "Give --keyring with a file of 'ibkr-agent audit keys export', or --hmac-secret-env.");
    keys->add(std::move(key->secret));
    return keys;
}

}  // namespace

std::vector<Option> history_options() {
    std::vector<Option> options{
        {"--file", OptionKind::path, "EXPORT", "look at this export that begins with event 1"}};
    std::ranges::move(key_options(), std::back_inserter(options));
    options.push_back({"--fixture", OptionKind::path, "DIR", "look at this recorded incident"});
    return options;
}

Result<void> check_history_options(const Arguments& arguments) {
    if (arguments.has("--file")) {
        if (!arguments.has("--fixture")) return {};
        return failure(ErrorCode::config_invalid, "--file and --fixture exclude each other",
                       "Give one of them.");
    }
    for (const Option& option : key_options())
        if (arguments.has(option.name))
            return failure(ErrorCode::config_invalid, std::string(option.name) + " is given without --file",
                           "Name the export with --file; the live log and a fixture need no key.");
    return {};
}

Result<History> History::open(const App& app, const Arguments& arguments) {
    if (auto checked = check_history_options(arguments); !checked) return failure(checked.error());
    History history;
    if (arguments.has("--fixture")) {
        auto fixture = engine::open_fixture(arguments.text("--fixture"));
        if (!fixture) return failure(fixture.error());
        history.file_ = std::move(*fixture);
        return history;
    }
    if (!arguments.has("--file")) {
        auto live = inspect_configured(app, audit_scope);
        if (!live) return failure(live.error());
        history.live_ = std::make_unique<Inspection>(std::move(*live));
        return history;
    }
    auto keys = keys_for_file(app, arguments);
    if (!keys) return failure(keys.error());
    history.keys_ = std::make_unique<SuppliedKeys>(std::move(*keys));
    auto file = engine::ExportLog::open(arguments.text("--file"), history.keys_->lookup());
    if (!file) return failure(file.error());
    history.file_ = std::move(*file);
    return history;
}

const events::LogReader& History::log() const {
    if (file_) return *file_;
    return live_->log();
}

std::string History::held() const {
    if (!live_) return {};
    const std::string ends_at = "the log ends at event " + std::to_string(log().head().sequence.value());
    for (const events::AnchorStanding& anchor : live_->anchors())
        if (anchor.state == events::AnchorStanding::State::ahead)
            return "the anchor '" + anchor.name + "' says that it had reached event " +
                   std::to_string(anchor.head.sequence.value()) + ", and " + ends_at;
    return live_->owner_holds_it ? "its engine found that it may have lost events; " + ends_at
                                 : std::string();
}

std::optional<events::SequenceId> sequence_from(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (end != text.data() + text.size() || text.empty()) return std::nullopt;
    if (wrong == std::errc::result_out_of_range) number = events::sequence_limit;
    if (number == 0) return std::nullopt;
    return events::SequenceId(std::min<std::uint64_t>(number, events::sequence_limit - 1));
}

Result<events::WorkflowId> workflow_from(std::string_view text) {
    events::WorkflowId id;
    if (!events::from_text(text, id))
        return failure(ErrorCode::order_validation_failed, "that cannot be the id of a workflow",
                       "Give the id of a preview, an approval or an order, or kill-switch.");
    return id;
}

}  // namespace ibkr::cli
