#include "cli/commands/audit/audit_follow.hpp"

#include <chrono>

#include "cli/app.hpp"
#include "cli/commands/audit/log_source.hpp"
#include "cli/print/text.hpp"
#include "cli/stop_signal.hpp"
#include "events/log/chain/chain.hpp"
#include "events/log/chain/predecessor.hpp"
#include "events/log/chain/resumption.hpp"

namespace ibkr::cli {
namespace {

using events::ErrorCode;
using events::failure;

constexpr std::chrono::milliseconds pause{500};

/// Prints what follows `before` and moves it along.
events::Result<void> print_after(App& app, const Inspection& source, events::Predecessor& before) {
    const std::vector<events::AttestedGap> gaps = source.log().gaps();
    // What was printed last may have been lost since, together with what followed it.
    if (const events::AttestedGap* gap = events::gap_at(gaps, before.head.sequence))
        before = {{gap->to, gap->mac}, {}};
    auto cursor = source.log().read(before.head.sequence.next());
    if (!cursor) return failure(cursor.error());
    events::ChainVerifier verifier(source.keys().ring(), before.head, gaps, before.header);
    events::Record record;
    for (;;) {
        auto read = (*cursor)->next(record);
        if (!read) return failure(read.error());
        if (!*read) return {};
        if (!verifier.add(record) || !verifier.report().chain_valid)
            return failure(ErrorCode::audit_write_failed,
                           "the chain does not hold at event " + std::to_string(record.sequence.value()));
        before = {{record.sequence, record.mac}, record.header};
        const std::string line = R"({"event":)" + record.bytes + R"(,"sequence_id":)" +
                                 std::to_string(record.sequence.value()) + "}";
        if (!app.terminal().out(line_json(line))) return {};
    }
}

events::SequenceId first_shown(const std::string& tail_payload) {
    const auto payload = parse_value(tail_payload);
    const Value* const shown = payload ? payload->find("events") : nullptr;
    if (shown == nullptr || shown->items.empty()) return events::SequenceId(1);
    const Value* const sequence = shown->items.back().find("sequence_id");
    return events::SequenceId(sequence == nullptr ? 1 : std::stoull(sequence->text));
}

}  // namespace

int follow_audit(App& app, const std::string& tail_payload) {
    app.release();
    StopSignal stop;
    std::optional<events::Predecessor> before;
    while (!stop.requested() && !app.terminal().failed()) {
        auto source = inspect_configured(app, audit_scope);
        if (!source && source.error().retryable) {
            stop.wait(pause);
            continue;
        }
        if (!source) return app.refuse(source.error());
        if (!before) {
            auto start = events::predecessor_of(source->log(), first_shown(tail_payload));
            if (!start) return app.refuse(start.error());
            before = *start;
        }
        if (auto printed = print_after(app, *source, *before); !printed) return app.refuse(printed.error());
        stop.wait(pause);
    }
    return 0;
}

}  // namespace ibkr::cli
