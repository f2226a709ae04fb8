// A venue's book that cannot be read, with the real binary: what does not need it goes on.

#include <filesystem>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/integration/cli_support.hpp"

namespace ibkr::integration {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> submit_words(const std::string& approval) {
    return {"orders",        "submit", "--account",         "DU1234567",
            "--approval-id", approval, "--idempotency-key", "second",
            "--enable-paper"};
}

/// Puts bytes that are no book where the book is, and the book back.
class BrokenBook {
public:
    explicit BrokenBook(const AgentHome& home)
        : book_(home.path("home/data/venue.sqlite3")), kept_(home.path("kept")) {
        fs::rename(book_, kept_);
        home.write("home/data/venue.sqlite3", "this is no book of any venue");
    }
    void mend() const { fs::rename(kept_, book_); }

private:
    fs::path book_;
    fs::path kept_;
};

}  // namespace

TEST_CASE("a book that cannot be read stops orders, not the kill switch or the log", "[cli]") {
    const AgentHome home;
    static_cast<void>(submit(home, approve(home, preview(home, "5", "150")), "first"));
    const std::string approval = approve(home, preview(home, "5", "151"));
    const BrokenBook book(home);

    const Ran health = home.run({"health", "--json"});
    CHECK(health.exit_code == 0);
    CHECK(health.err.find("no order can be sent") != std::string::npos);
    CHECK(home.refused(submit_words(approval), 3) == "BROKER_BACKEND_UNAVAILABLE");
    CHECK(home.refused({"orders", "list", "--account", "DU1234567"}, 3) == "BROKER_BACKEND_UNAVAILABLE");
    CHECK(home.get({"kill-switch", "close", "--reason", "the book of DU1234567 is broken"})["state"] ==
          "closed");
    CHECK(home.get({"audit", "verify"})["chain_valid"] == true);
    CHECK(home.get({"audit", "tail", "--limit", "500"}).dump().find("DU1234567") == std::string::npos);

    book.mend();
    static_cast<void>(home.get({"kill-switch", "open", "--reason", "the book is back"}));
    CHECK(home.get({"orders", "list", "--account", "DU1234567"}).size() == 1);
    CHECK(home.get(submit_words(approval))["status"] == "open");
    CHECK(home.get({"orders", "list", "--account", "DU1234567"}).size() == 2);
}

}  // namespace ibkr::integration
