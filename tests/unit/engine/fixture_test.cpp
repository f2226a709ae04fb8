#include "engine/replay/fixture.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

using namespace ibkr;
using namespace ibkr::engine;
namespace fs = std::filesystem;

namespace {

/// A copy of a committed fixture, removed with everything in it.
class FixtureCopy {
public:
    explicit FixtureCopy(const std::string& name) {
        std::string pattern = (fs::temp_directory_path() / "ibkr-fixture-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        folder_ = pattern;
        fs::copy(fs::path(IBKR_SOURCE_DIR) / "replay-fixtures" / name, folder_, fs::copy_options::recursive);
    }
    ~FixtureCopy() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    FixtureCopy(const FixtureCopy&) = delete;
    FixtureCopy& operator=(const FixtureCopy&) = delete;

    [[nodiscard]] std::string path() const { return folder_.string(); }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder_ / name, std::ios::binary) << text;
    }
    [[nodiscard]] std::vector<ReplayedDecision> expected() const {
        auto read = expected_of(path());
        REQUIRE(read);
        return std::move(*read);
    }
    [[nodiscard]] ReplayReport run_expecting(const std::vector<ReplayedDecision>& decisions) const {
        write("expected.json", expected_json(decisions));
        auto report = run_fixture(path());
        REQUIRE(report);
        return std::move(*report);
    }

private:
    fs::path folder_;
};

}  // namespace

TEST_CASE("an expected.json of many decisions is read as it was written", "[replay][fixture]") {
    const FixtureCopy copy("clean-fill");
    std::vector<ReplayedDecision> many;
    for (std::uint64_t i = 1; i <= 3'000; ++i)
        many.push_back({events::SequenceId(i), "refuse", {{"tool_refused", "APPROVAL_CONSUMED"}}});
    const std::string text = expected_json(many);
    REQUIRE(text.size() > 4 * 65'536);
    REQUIRE(text.size() < expected_bytes_max);
    copy.write("expected.json", text);
    CHECK(copy.expected() == many);

    copy.write("expected.json", std::string(expected_bytes_max + 1, ' '));
    const auto too_large = expected_of(copy.path());
    REQUIRE_FALSE(too_large);
    CHECK(too_large.error().code == events::ErrorCode::config_invalid);
}

TEST_CASE("one decision too few or too many in expected.json is one difference, at its event",
          "[replay][fixture]") {
    const FixtureCopy copy("clean-fill");
    const std::vector<ReplayedDecision> whole = copy.expected();
    REQUIRE(whole.size() >= 4);
    CHECK(copy.run_expecting(whole).difference_count == 0);

    std::vector<ReplayedDecision> one_less = whole;
    const events::SequenceId deleted = one_less[1].sequence_id;
    one_less.erase(one_less.begin() + 1);
    const ReplayReport less = copy.run_expecting(one_less);
    CHECK(less.difference_count == 1);
    CHECK(less.differences.at(0).sequence_id == deleted);
    CHECK(less.differences.at(0).expected == "no such decision");

    std::vector<ReplayedDecision> one_more = whole;
    one_more.insert(one_more.begin(), {events::SequenceId(999), "allow", {{"tool_completed", std::nullopt}}});
    const ReplayReport more = copy.run_expecting(one_more);
    CHECK(more.difference_count == 1);
    CHECK(more.differences.at(0).sequence_id == events::SequenceId(999));
    CHECK(more.differences.at(0).got == "no such decision");
}

TEST_CASE("a fixture remembers the workflow it was recorded of, and may have none", "[replay][fixture]") {
    const FixtureCopy copy("clean-fill");
    const auto none = incident_of(copy.path());
    REQUIRE(none);
    CHECK_FALSE(*none);
    copy.write("incident.json", incident_json(events::WorkflowId("approval-1")));
    const auto one = incident_of(copy.path());
    REQUIRE(one);
    CHECK(*one == events::WorkflowId("approval-1"));
    for (const char* unusable :
         {"", "{}", "[]", R"({"workflow_id":"a b"})", R"({"workflow_id":7})", R"({"workflow_id":""})"}) {
        INFO(unusable);
        copy.write("incident.json", unusable);
        const auto refused = incident_of(copy.path());
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == events::ErrorCode::config_invalid);
        CHECK(refused.error().message.find("incident.json") == 0);
    }
}
