#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

// The shapes of gateway contract section 2 as the command line prints them, over the real log and the
// simulated venue in a home of its own.

using Json = nlohmann::json;

namespace {

struct Answer {
    int exit_code = 0;
    Json json;  ///< of standard output, or of standard error after a failure
};

class Home {
public:
    Home() {
        std::string name = (std::filesystem::temp_directory_path() / "ibkr-contract-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Home() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Home(const Home&) = delete;
    Home& operator=(const Home&) = delete;

    /// Arguments are words of the tests' own; nothing in them needs quoting.
    [[nodiscard]] Answer run(const std::string& arguments) const {
        const std::string command = "env -u IBKR_AUDIT_HMAC_SECRET IBKR_AGENT_HOME=" + path_.string() + " " +
                                    IBKR_AGENT_BINARY + " " + arguments + " --json 2>&1";
        std::FILE* pipe = popen(command.c_str(), "r");
        REQUIRE(pipe != nullptr);
        std::string text;
        std::array<char, 4096> buffer{};
        while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
            text.append(buffer.data(), size);
        const int status = pclose(pipe);
        INFO(arguments << "\n" << text);
        REQUIRE(WIFEXITED(status));
        Answer answer{WEXITSTATUS(status), Json::parse(text, nullptr, false)};
        REQUIRE_FALSE(answer.json.is_discarded());
        return answer;
    }
    /// Of a command that must succeed.
    [[nodiscard]] Json get(const std::string& arguments) const {
        const Answer answer = run(arguments);
        INFO(arguments << "\n" << answer.json.dump(2));
        REQUIRE(answer.exit_code == 0);
        return answer.json;
    }

private:
    std::filesystem::path path_;
};

void check_members(const Json& object, const std::set<std::string>& wanted) {
    REQUIRE(object.is_object());
    for (const std::string& name : wanted) {
        INFO("member " << name << " in " << object.dump(2));
        CHECK(object.contains(name));
    }
}

const std::string account = " --account DU1234567";

}  // namespace

TEST_CASE("reads answer in the contract's shapes", "[contract]") {
    const Home home;
    const Json health = home.get("health");
    CHECK(health.at("gateway") == "ok");
    CHECK(health.at("read_only") == false);
    check_members(health.at("engine"), {"role", "log_head", "projections_lag"});
    check_members(home.get("backend status"), {"status", "backend", "checked_at"});
    check_members(home.get("session requirements"), {"status", "backend", "checked_at"});

    const Json accounts = home.get("accounts list");
    REQUIRE(accounts.size() == 2);
    CHECK(accounts[0].at("account_id") == "DU1234567");
    check_members(accounts[0], {"account_id_hash", "account_mode", "metadata_redacted"});
    check_members(home.get("account summary" + account), {"account_id", "net_liquidation", "as_of"});
    check_members(home.get("portfolio snapshot" + account),
                  {"account_id", "base_currency", "net_liquidation", "cash_balances", "margin_summary",
                   "allocations", "as_of", "data_status"});
    check_members(home.get("positions list" + account).at(0),
                  {"account_id", "contract_id", "symbol", "asset_class", "quantity", "market_price",
                   "market_value", "currency", "unrealized_pnl", "as_of"});

    const std::set<std::string> contract{"contract_id", "symbol",   "description",    "asset_class",
                                         "exchange",    "currency", "is_unique_match"};
    const Json resolved = home.get("contracts resolve AAPL");
    CHECK(resolved.at("contract_id") == "265598");
    check_members(resolved, contract);
    check_members(home.get("contracts search AAPL").at(0), contract);
    check_members(home.get("market snapshot --contract-id 265598"),
                  {"contract_id", "bid", "ask", "last", "currency", "source_timestamp", "received_at",
                   "data_status", "staleness_seconds", "warnings"});
    check_members(home.get("market bars --contract-id 265598 --duration '1 D' --bar-size '1 hour'").at(0),
                  {"timestamp", "open", "high", "low", "close", "volume", "currency"});
    check_members(home.get("kill-switch status"), {"state", "changed_by", "reason"});
}

TEST_CASE("a paper order's answers have the contract's shapes", "[contract]") {
    const Home home;
    const Json preview =
        home.get("orders preview" + account +
                 " --symbol AAPL --side buy --quantity 1 --limit-price 190 --enable-preview");
    check_members(preview, {"preview_id", "validated_order_id", "estimated_cost", "warnings", "expires_at",
                            "audit_event_id"});
    const Json approval = home.get("approvals create" + account + " --preview-id " +
                                   preview.at("preview_id").get<std::string>());
    CHECK(approval.at("status") == "approved");
    check_members(approval,
                  {"approval_id", "preview_id", "account_id", "approved_by", "approved_at", "expires_at"});
    const Json order =
        home.get("orders submit" + account + " --enable-paper --idempotency-key k1 --approval-id " +
                 approval.at("approval_id").get<std::string>());
    check_members(order, {"account_id", "broker_order_id", "status", "updated_at"});
    const std::string id = order.at("broker_order_id");
    const std::set<std::string> shape{"account_id", "broker_order_id", "client_order_id", "status"};
    check_members(home.get("orders status" + account + " --broker-order-id " + id), shape);
    check_members(home.get("orders list" + account).at(0), shape);
    const Json cancelled =
        home.get("orders cancel" + account + " --enable-paper --idempotency-key k2 --broker-order-id " + id);
    CHECK(cancelled.at("status") == "cancelled");
    CHECK(home.get("executions list" + account).is_array());
}

TEST_CASE("the log's answers have the contract's shapes", "[contract]") {
    const Home home;
    const Json tail = home.get("audit tail --limit 3");
    REQUIRE(tail.at("events").size() == 3);
    check_members(tail.at("events")[0], {"sequence_id", "event"});
    check_members(tail.at("events")[0].at("event"),
                  {"event_id", "event_type", "timestamp", "scopes", "decision", "result_status", "body"});
    check_members(home.get("audit export --limit 2"), {"export_id", "format", "range", "redaction_policy",
                                                       "created_at", "file_hash", "payload_jsonl"});
    const Json report = home.get("audit verify");
    CHECK(report.at("chain_valid") == true);
    check_members(report, {"events_scanned", "head", "anchors", "attested_gaps", "key"});
}

TEST_CASE("a failure is the contract's error object with its exit code", "[contract]") {
    const Home home;
    const auto failed = [&](const std::string& arguments, int exit_code, const std::string& code) {
        const Answer answer = home.run(arguments);
        INFO(arguments << "\n" << answer.json.dump(2));
        CHECK(answer.exit_code == exit_code);
        check_members(answer.json, {"code", "message", "retryable", "user_action", "audit_event_id"});
        CHECK(answer.json.at("code") == code);
        CHECK(answer.json.at("audit_event_id").is_string());
    };
    failed("positions list --account U0000000", 2, "INPUT_UNAUTHORIZED_ACCOUNT");
    failed("contracts resolve NO-SUCH-THING", 2, "INPUT_INVALID_CONTRACT");
    failed("orders status" + account + " --broker-order-id 1", 5, "BROKER_CAPABILITY_UNAVAILABLE");
    failed("orders approve", 1, "READONLY_WRITE_FORBIDDEN");
    const std::string order = "orders preview" + account + " --symbol AAPL --side buy --limit-price 190";
    failed(order + " --quantity 1", 1, "ORDER_PREVIEW_DISABLED");
    failed(order + " --quantity 0 --enable-preview", 1, "ORDER_POLICY_REFUSED");
}
