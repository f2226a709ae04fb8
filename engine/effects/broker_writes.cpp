#include "engine/effects/broker_writes.hpp"

#include <algorithm>

#include "events/crypto/sha256.hpp"
#include "events/redaction/redaction.hpp"

namespace ibkr::engine {
namespace {

using events::Operation;
using events::Outcome;
using statemachines::BrokerWrite;
using statemachines::RecordOutcome;

std::string outside_text(std::string_view text, const AccountDirectory& accounts) {
    return events::Redactor(accounts.raw_ids()).text(text, broker_message_bytes_max);
}

RecordOutcome not_sent(const BrokerWrite& write, std::string_view learned_from, std::string message) {
    RecordOutcome outcome;
    outcome.order_id = write.order_id;
    outcome.intent_id = write.intent_id;
    outcome.operation = write.operation;
    outcome.outcome = Outcome::not_sent;
    outcome.learned_from = learned_from;
    outcome.message = std::move(message);
    return outcome;
}

BrokerAnswer send(const BrokerWrite& write, const events::AccountId& account, Broker& broker) {
    switch (write.operation) {
        case Operation::submit:
            return broker.submit({account, write.environment, write.client_order_id, write.terms});
        case Operation::cancel:
            return broker.cancel({account, write.environment, write.broker_order_id, write.client_order_id});
        case Operation::modify:
            return broker.modify({account, write.environment, write.broker_order_id, write.client_order_id,
                                  write.changes.quantity, write.changes.limit_price, write.changes.stop_price,
                                  write.changes.trailing_amount, write.changes.trailing_percent,
                                  write.changes.time_in_force});
    }
    return {};
}

/// Why this write must not go out on that account; empty when it may.
std::string wrong_environment(const BrokerWrite& write, const events::AccountId& account, Broker& broker) {
    const auto listed = broker.accounts();
    if (!listed) return "the broker's account list could not be read: " + listed.error().message;
    const auto own = std::find_if(listed->begin(), listed->end(), [&](const BrokerAccount& candidate) {
        return candidate.account_id == account;
    });
    if (own == listed->end()) return "the broker's session does not list this account";
    const auto wanted = write.environment == events::Environment::paper ? events::AccountMode::paper
                                                                        : events::AccountMode::live;
    if (own->mode != wanted) return "the broker says this account is of another environment than the order";
    return {};
}

/// An id that is none is left out: an event that holds it could never be read back.
events::BrokerOrderId broker_id_of(const BrokerAnswer& answer) {
    const bool is_id =
        events::is_id_text(answer.broker_order_id.text(), events::BrokerOrderIdTag::length_max);
    return is_id ? answer.broker_order_id : events::BrokerOrderId();
}

}  // namespace

RecordOutcome make_broker_write(const BrokerWrite& write, Broker& broker, Clock& clock,
                                const AccountDirectory& accounts) {
    const auto account = accounts.find(write.account);
    if (!account) return not_sent(write, "recovery", "no account list names this order's account any more");
    if (std::string why = wrong_environment(write, *account, broker); !why.empty())
        return not_sent(write, "environment_check", outside_text(why, accounts));
    // The very millisecond at which an approval or preview expires is too late (`has_passed`).
    if (clock.now() >= write.send_by) return not_sent(write, "deadline", "the time to send by had passed");

    const BrokerAnswer answer = send(write, *account, broker);
    RecordOutcome outcome;
    outcome.order_id = write.order_id;
    outcome.intent_id = write.intent_id;
    outcome.operation = write.operation;
    outcome.outcome = answer.outcome;
    outcome.learned_from = "broker_answer";
    outcome.broker_order_id = broker_id_of(answer);
    if (answer.status) outcome.broker_status = events::name_of(*answer.status);
    outcome.message = outside_text(answer.message, accounts);
    if (!answer.raw_answer.empty()) outcome.answer_sha256 = events::hex(events::sha256(answer.raw_answer));
    return outcome;
}

statemachines::ReportOrder report_from_book(const events::WorkflowId& order_id, const BrokerOrder& book,
                                            std::vector<events::Execution> executions,
                                            const AccountDirectory& accounts) {
    statemachines::ReportOrder report;
    report.order_id = order_id;
    report.broker_order_id = book.broker_order_id;
    report.broker_status = events::name_of(book.status);
    report.evidence = "broker_record";
    report.message = outside_text(book.reason, accounts);
    report.terms = book.terms;
    report.executions = std::move(executions);
    return report;
}

}  // namespace ibkr::engine
