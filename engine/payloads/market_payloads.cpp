// Health, session, contracts and market data of engine/payloads/read_payloads.hpp.

#include <algorithm>

#include "engine/payloads/payload_parts.hpp"
#include "engine/payloads/read_payloads.hpp"
#include "events/json/describe_codec.hpp"

namespace ibkr::engine {
namespace {

using events::ErrorCode;
using events::omit_empty;

struct EnginePayload {
    std::string role;
    events::SequenceId log_head;
    std::uint64_t projections_lag = 0;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("log_head", self.log_head);
        v("projections_lag", self.projections_lag);
        v("role", self.role);
    }
    friend bool operator==(const EnginePayload&, const EnginePayload&) = default;
};

struct HealthPayload {
    std::string gateway;
    bool read_only = false;
    std::string version;
    EnginePayload engine;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("engine", self.engine);
        v("gateway", self.gateway);
        v("read_only", self.read_only);
        v("version", self.version);
    }
};

struct SessionPayload {
    const BrokerSession& session;
    std::string status;
    std::string session_state;
    std::optional<ErrorCode> error_code;
    std::string user_action;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("backend", self.session.backend);
        v("checked_at", self.session.checked_at);
        v("error_code", self.error_code);
        v("last_keepalive_at", self.session.last_keepalive_at);
        v("session_state", self.session_state);
        v("status", self.status);
        v("user_action", omit_empty(self.user_action));
    }
};

struct ContractPayload {
    const events::Contract* contract = nullptr;
    std::string description;
    std::string exchange;
    std::string symbol;
    bool is_unique_match = false;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("asset_class", self.contract->asset_class);
        v("contract_id", self.contract->contract_id);
        v("currency", self.contract->currency);
        v("description", self.description);
        v("exchange", self.exchange);
        v("is_unique_match", self.is_unique_match);
        v("symbol", self.symbol);
    }
};

struct SnapshotPayload {
    const events::Quote& quote;
    std::optional<MoneyPayload> bid;
    std::optional<MoneyPayload> ask;
    std::optional<MoneyPayload> last;
    events::DataStatus data_status = events::DataStatus::unavailable;
    std::int64_t staleness_seconds = 0;
    std::vector<std::string> warnings;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("ask", self.ask);
        v("bid", self.bid);
        v("contract_id", self.quote.contract_id);
        v("currency", self.quote.currency);
        v("data_status", self.data_status);
        v("last", self.last);
        v("received_at", self.quote.received_at);
        v("source_timestamp", self.quote.source_timestamp);
        v("staleness_seconds", self.staleness_seconds);
        v("warnings", self.warnings);
    }
};

/// Contract "Quantity".
struct QuantityPayload {
    events::Quantity value;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("value", self.value);
    }
    friend bool operator==(const QuantityPayload&, const QuantityPayload&) = default;
};

struct BarPayload {
    events::Timestamp timestamp;
    MoneyPayload open, high, low, close;
    QuantityPayload volume;
    events::Currency currency;

    template <class V, class S>
    static constexpr void describe(V& v, S& self) {
        v("close", self.close);
        v("currency", self.currency);
        v("high", self.high);
        v("low", self.low);
        v("open", self.open);
        v("timestamp", self.timestamp);
        v("volume", self.volume);
    }
};

ContractPayload shown(const events::Contract& contract, bool unique) {
    return {&contract, outside_text(contract.description), outside_text(contract.exchange),
            outside_text(contract.symbol), unique};
}

std::optional<MoneyPayload> money(const std::optional<events::Price>& price,
                                  const events::Currency& currency) {
    return price ? std::optional(MoneyPayload(*price, currency)) : std::nullopt;
}

}  // namespace

std::string health_payload(const HealthReport& report) {
    return events::to_canonical_json(HealthPayload{
        report.gateway, false, report.version, {report.role, report.log_head, report.projections_lag}});
}

std::string session_payload(const BrokerSession& session) {
    SessionPayload payload{session, "manual_action_required", outside_text(session.status), {}, {}};
    if (session.status == "usable")
        payload.status = "usable";
    else if (session.status == "expired")
        payload.error_code = ErrorCode::broker_session_expired;
    else if (session.status == "manual_action_required" || session.status == "competing")
        payload.error_code = ErrorCode::broker_session_required;
    else {
        payload.status = "unavailable";
        payload.error_code = ErrorCode::broker_backend_unavailable;
    }
    if (payload.error_code) payload.user_action = info(*payload.error_code).user_action;
    if (session.status == "competing")
        payload.user_action = "Another login uses this broker user; end it or take the session over.";
    return events::to_canonical_json(payload);
}

std::string contract_payload(const events::Contract& contract) {
    return events::to_canonical_json(shown(contract, true));
}

std::string contracts_payload(const std::vector<events::Contract>& contracts) {
    std::vector<ContractPayload> list;
    list.reserve(contracts.size());
    for (const events::Contract& contract : contracts)
        list.push_back(shown(contract, contracts.size() == 1));
    return events::to_canonical_json(list);
}

std::string snapshot_payload(const events::Quote& quote, events::Timestamp now) {
    const std::int64_t age_ms = now.unix_ms() - quote.source_timestamp.unix_ms();
    SnapshotPayload payload{quote,
                            money(quote.bid, quote.currency),
                            money(quote.ask, quote.currency),
                            money(quote.last, quote.currency),
                            quote.data_status,
                            std::max<std::int64_t>(0, age_ms / 1000),
                            {}};
    if (!payload.bid && !payload.ask && !payload.last) payload.data_status = events::DataStatus::unavailable;
    if (payload.data_status == events::DataStatus::unavailable) {
        payload.warnings.emplace_back("the broker has no market data for this contract now");
    } else if (payload.staleness_seconds > snapshot_age_seconds_max) {
        payload.data_status = events::DataStatus::stale;
        payload.warnings.emplace_back("the quote is older than " + std::to_string(snapshot_age_seconds_max) +
                                      " seconds");
    } else if (payload.data_status == events::DataStatus::delayed) {
        payload.warnings.emplace_back("the quote is delayed");
    }
    if (age_ms < -1000) payload.warnings.emplace_back("the quote's time lies ahead of this machine's clock");
    return events::to_canonical_json(payload);
}

std::string bars_payload(const std::vector<Bar>& bars) {
    std::vector<BarPayload> list;
    list.reserve(bars.size());
    for (const Bar& bar : bars)
        list.push_back({bar.start,
                        MoneyPayload(bar.open, bar.currency),
                        MoneyPayload(bar.high, bar.currency),
                        MoneyPayload(bar.low, bar.currency),
                        MoneyPayload(bar.close, bar.currency),
                        {bar.volume},
                        bar.currency});
    return events::to_canonical_json(list);
}

}  // namespace ibkr::engine
