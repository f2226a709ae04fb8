#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/integration/cli_support.hpp"

using namespace ibkr::integration;
using Json = nlohmann::json;

TEST_CASE("a paper order runs from preview to fill across processes", "[cli]") {
    const AgentHome home;
    CHECK(home.get({"health"}).at("gateway") == "ok");
    CHECK(home.get({"accounts", "list"}).size() == 2);
    const std::string approval = approve(home, preview(home, "5", "205"));
    const Json placed = submit(home, approval, "first");
    CHECK(placed.at("account_id") == "DU1234567");
    CHECK(placed.at("broker_order_id") == "1001");

    // The same key again: the same order, nothing sent twice.
    const Json again = submit(home, approval, "first");
    CHECK(again.at("broker_order_id") == placed.at("broker_order_id"));
    CHECK(again.at("replayed") == true);
    CHECK(home.get({"orders", "list", "--account", "DU1234567"}).size() == 1);
    // The approval is used up; the key is bound.
    CHECK(home.refused({"orders", "submit", "--account", "DU1234567", "--approval-id", approval,
                        "--idempotency-key", "second", "--enable-paper"},
                       1) == "APPROVAL_CONSUMED");
    const std::string other = approve(home, preview(home, "6", "205"));
    CHECK(home.refused({"orders", "submit", "--account", "DU1234567", "--approval-id", other,
                        "--idempotency-key", "first", "--enable-paper"},
                       1) == "PAPER_IDEMPOTENCY_CONFLICT");

    const Json fills = home.get({"executions", "list", "--account", "DU1234567"});
    REQUIRE(fills.size() == 1);
    CHECK(fills[0].at("quantity") == "5");
    const Json positions = home.get({"positions", "list", "--account", "DU1234567"});
    CHECK(positions.at(0).at("quantity") == "15");
    CHECK(home.get({"audit", "verify"}).at("chain_valid") == true);
    CHECK(home.get({"replay"}).at("difference_count") == 0);
}

TEST_CASE("a working order is changed and cancelled", "[cli]") {
    const AgentHome home;
    const Json placed = submit(home, approve(home, preview(home, "5", "150")), "low");
    CHECK(placed.at("status") == "open");
    const std::string order = placed.at("broker_order_id");
    const Json modified = home.get({"orders", "modify", "--account", "DU1234567", "--broker-order-id", order,
                                    "--limit-price", "151.25", "--idempotency-key", "m1", "--enable-paper"});
    CHECK(modified.at("broker_order_id") == order);
    const Json cancelled = home.get({"orders", "cancel", "--account", "DU1234567", "--broker-order-id", order,
                                     "--idempotency-key", "c1", "--enable-paper"});
    CHECK(cancelled.at("status") == "cancelled");
    CHECK(home.get({"orders", "status", "--account", "DU1234567", "--broker-order-id", order}).at("status") ==
          "cancelled");
    CHECK(home.get({"replay"}).at("difference_count") == 0);
}

TEST_CASE("a refused preview names every reason", "[cli]") {
    const AgentHome home;
    const Ran ran =
        home.run({"orders", "preview", "--account", "DU1234567", "--symbol", "AAPL", "--side", "sell",
                  "--quantity", "5000.5", "--limit-price", "200", "--enable-preview", "--json"});
    CHECK(ran.exit_code == 1);
    const Json error = ran.err_json();
    CHECK(error.at("code") == "ORDER_POLICY_REFUSED");
    CHECK(error.at("audit_event_id").is_string());
    std::vector<std::string> codes;
    for (const Json& reason : error.at("reasons"))
        codes.push_back(reason.at("code"));
    CHECK(codes == std::vector<std::string>{"ORDER_FRACTIONAL_REFUSED", "ORDER_QUANTITY_LIMIT_REFUSED",
                                            "ORDER_NOTIONAL_LIMIT_REFUSED",
                                            "ORDER_POSITION_NOTIONAL_LIMIT_REFUSED",
                                            "ORDER_SHORT_SELLING_REFUSED"});
}

TEST_CASE("approvals are shown, denied by their life and acted on by the operator", "[cli]") {
    const AgentHome home;
    const std::string approval = approve(home, preview(home, "5", "205"));
    CHECK(home.get({"approvals", "show", "--approval-id", approval}).at("status") == "approved");
    CHECK(home.get({"approvals", "revoke", "--approval-id", approval, "--reason", "changed my mind"})
              .at("status") == "revoked");
    CHECK(home.get({"approvals", "list"}).at(0).at("status") == "revoked");
    CHECK(home.refused({"orders", "submit", "--account", "DU1234567", "--approval-id", approval,
                        "--idempotency-key", "k", "--enable-paper"},
                       1) == "PAPER_APPROVAL_REQUIRED");
}

TEST_CASE("the kill switch is durable", "[cli]") {
    const AgentHome home;
    CHECK(home.get({"kill-switch", "status"}).at("state") == "closed");
    CHECK(home.get({"kill-switch", "open", "--reason", "morning"}).at("state") == "open");
    const Json status = home.get({"kill-switch", "status"});
    CHECK(status.at("state") == "open");
    CHECK(status.at("reason") == "morning");
    CHECK(home.get({"kill-switch", "close", "--reason", "evening"}).at("state") == "closed");
}

TEST_CASE("an export verifies elsewhere, and a changed byte is found", "[cli]") {
    AgentHome home;
    (void)submit(home, approve(home, preview(home, "5", "205")), "k");
    const std::string file = home.path("export.jsonl");
    const Json written = home.get({"audit", "export", "--output", file});
    CHECK(written.at("exported_count").get<int>() > 10);
    // Never over an existing file.
    CHECK(home.refused({"audit", "export", "--output", file}, 7) == "CONFIG_INVALID");
    // Without --json and --output: the same form on stdout.
    const Ran raw = home.run({"audit", "export"});
    CHECK(raw.exit_code == 0);
    CHECK(raw.out.find("{\"branches\"") == 0);

    home.environment["AUDITOR_SECRET"] = home.read("home/key").substr(0, 64);
    const Json report = home.get({"audit", "verify", "--file", file, "--hmac-secret-env", "AUDITOR_SECRET"});
    CHECK(report.at("chain_valid") == true);
    CHECK(report.at("key") == "supplied");
    CHECK(
        home.get({"replay", "--file", file, "--hmac-secret-env", "AUDITOR_SECRET"}).at("difference_count") ==
        0);

    std::string text = home.read("export.jsonl");
    const std::size_t at = text.find("AAPL");
    REQUIRE(at != std::string::npos);
    text[at] = 'B';
    home.write("changed.jsonl", text);
    const Ran broken = home.run({"audit", "verify", "--file", home.path("changed.jsonl"), "--hmac-secret-env",
                                 "AUDITOR_SECRET", "--json"});
    CHECK(broken.exit_code == 2);
    CHECK(broken.out_json().at("chain_valid") == false);
    CHECK(broken.out_json().contains("first_break_at_sequence"));
    CHECK(broken.code() == "AUDIT_CHAIN_INVALID");
    CHECK(broken.err.find("look at the log itself") != std::string::npos);

    CHECK(home.refused({"audit", "verify", "--file", file}, 7) == "CONFIG_INVALID");
    home.environment["AUDITOR_SECRET"] = std::string(64, '0');
    CHECK(home.refused({"audit", "verify", "--file", file, "--hmac-secret-env", "AUDITOR_SECRET"}, 7) ==
          "LOG_KEY_MISMATCH");
}

TEST_CASE("an export that is no longer as it was written is named for what it is", "[cli]") {
    AgentHome home;
    (void)home.get({"accounts", "list"});
    const std::string file = home.path("export.jsonl");
    (void)home.get({"audit", "export", "--output", file});
    (void)home.get({"audit", "keys", "export", "--output", home.path("keyring")});
    const auto verify = [&](const std::string& path) {
        return std::vector<std::string>{"audit", "verify", "--file", path, "--keyring", home.path("keyring")};
    };
    std::string converted = home.read("export.jsonl");
    for (std::size_t at = converted.find('\n'); at != std::string::npos; at = converted.find('\n', at + 2))
        converted.insert(at, 1, '\r');
    home.write("converted.jsonl", converted);
    home.write("empty.jsonl", "");
    const auto broken = [&](const std::string& name, const std::string& reason, const std::string& action) {
        INFO(name);
        const Ran ran = home.run(verify(home.path(name)));
        CHECK(ran.exit_code == 2);
        CHECK(ran.out.find(reason) != std::string::npos);
        CHECK(ran.err.find(action) != std::string::npos);
    };
    broken("converted.jsonl", "CR LF", "byte for byte");
    broken("empty.jsonl", "the export file is empty", "Export or copy it again");
    CHECK(home.refused(verify(home.path("")), 7) == "CONFIG_INVALID");
    CHECK(home.refused(verify(home.path("none.jsonl")), 7) == "CONFIG_INVALID");
}

TEST_CASE("a copy is inspected without leaving an event", "[cli]") {
    const AgentHome home;
    (void)submit(home, approve(home, preview(home, "5", "205")), "k");
    const std::string data = home.path("home/data");
    const auto head = [&] {
        return home.get({"--data-dir", data, "--read-only", "audit", "verify"})
            .at("head")
            .at("sequence_id")
            .get<int>();
    };
    const int before = head();
    CHECK(
        home.get({"--data-dir", data, "--read-only", "audit", "tail", "--limit", "3"}).at("events").size() ==
        3);
    CHECK(home.get({"--data-dir", data, "--read-only", "projections", "status"}).at("lag") == 0);
    CHECK(home.get({"--data-dir", data, "--read-only", "replay"}).at("difference_count") == 0);
    CHECK(head() == before);
    CHECK(home.refused({"--data-dir", data, "--read-only", "health"}, 7) == "CONFIG_INVALID");
    CHECK(home.refused({"--read-only", "audit", "tail"}, 7) == "CONFIG_INVALID");
    CHECK(head() == before);
}

TEST_CASE("time travel shows workflows as they were", "[cli]") {
    const AgentHome home;
    const std::string id = preview(home, "5", "205");
    const int head = home.get({"audit", "verify"}).at("events_scanned");
    (void)submit(home, approve(home, id), "k");
    const Json then = home.get({"replay", "--at", std::to_string(head)});
    CHECK(then.at("previews").size() == 1);
    CHECK(then.at("orders").empty());
    const int last = home.get({"audit", "verify"}).at("events_scanned");
    for (int at = 1; at <= last; ++at)
        CHECK(home.get({"replay", "--at", std::to_string(at)}).at("sequence_id") == at);
}

TEST_CASE("projections are rebuilt to the same numbers", "[cli]") {
    const AgentHome home;
    (void)submit(home, approve(home, preview(home, "5", "205")), "k");
    const Json before = home.get({"projections", "status"});
    const Json rebuilt = home.get({"projections", "rebuild"});
    CHECK(rebuilt.at("was_wrong") == false);
    CHECK(home.get({"projections", "status"}) == before);
    // A damaged database is made anew by the next command.
    home.write("home/data/projections.sqlite3", "this is no database");
    CHECK(home.get({"orders", "list", "--account", "DU1234567"}).size() == 1);
}
