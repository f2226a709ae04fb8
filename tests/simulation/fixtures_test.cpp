#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "engine/replay/fixture.hpp"
#include "events/log/export/export.hpp"
#include "tests/simulation/fixture_scenarios.hpp"

// Every folder of replay-fixtures/ decides again as its expected.json says. With IBKR_UPDATE_FIXTURES=1 the
// fixtures made from a scenario here are written anew.

using namespace ibkr;
using ibkr::testing::EngineRig;
namespace fs = std::filesystem;

namespace {

const fs::path fixtures = fs::path(IBKR_SOURCE_DIR) / "replay-fixtures";

void write_fixture(EngineRig& rig, const fs::path& directory) {
    fs::create_directories(directory);
    std::ofstream events_file(directory / "events.jsonl", std::ios::binary);
    const auto written = events::write_export(rig.log, rig.log.keys(), {}, [&](std::string_view piece) {
        events_file << piece;
        return events::Result<void>{};
    });
    REQUIRE(written);
    auto replay = engine::Replay::start();
    auto cursor = rig.log.read(events::SequenceId(1));
    const auto report = replay->run(**cursor, {}, true);
    REQUIRE(report);
    REQUIRE(report->difference_count == 0);
    std::ofstream(directory / "expected.json", std::ios::binary)
        << engine::expected_json(replay->decisions());
}

}  // namespace

TEST_CASE("the scenarios behind the fixtures run") {
    for (const auto& scenario : ibkr::testing::fixture_scenarios()) {
        INFO(scenario.name);
        EngineRig rig(2026);
        scenario.play(rig);
        if (std::getenv("IBKR_UPDATE_FIXTURES") != nullptr) write_fixture(rig, fixtures / scenario.name);
    }
}

TEST_CASE("every fixture decides again as expected") {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(fixtures)) {
        if (!entry.is_directory()) continue;
        CAPTURE(entry.path().filename().string());
        const auto report = engine::run_fixture(entry.path().string());
        INFO((report ? std::string() : report.error().message));
        REQUIRE(report);
        for (const auto& found : report->differences)
            UNSCOPED_INFO(found.sequence_id.value()
                          << ": expected " << found.expected << ", got " << found.got);
        CHECK(report->difference_count == 0);
        CHECK(report->decisions_replayed > report->decisions_on_lost_events);
        CHECK(report->decisions_of_other_versions == 0);
        CHECK(fs::exists(entry.path() / "README.md"));
        ++count;
    }
    REQUIRE(count >= ibkr::testing::fixture_scenarios().size());
}

TEST_CASE("a fixture whose expectation was changed diverges, one whose events were changed does not verify") {
    const fs::path copy = fs::temp_directory_path() / ("ibkr-fixture-" + std::to_string(getpid()));
    fs::remove_all(copy);
    fs::copy(fixtures / "clean-fill", copy, fs::copy_options::recursive);
    const auto change = [&](const char* name, const std::string& from, const std::string& to) {
        std::ifstream in(copy / name, std::ios::binary);
        std::string text((std::istreambuf_iterator<char>(in)), {});
        const auto at = text.find(from);
        REQUIRE(at != std::string::npos);
        text.replace(at, from.size(), to);
        std::ofstream(copy / name, std::ios::binary) << text;
    };
    change("expected.json", "order_preview_created", "order_preview_refused");
    const auto diverged = engine::run_fixture(copy.string());
    INFO((diverged ? std::string() : diverged.error().message));
    REQUIRE(diverged);
    CHECK(diverged->difference_count == 1);

    change("events.jsonl", "clean-fill-1", "clean-fill-2");
    const auto broken = engine::run_fixture(copy.string());
    REQUIRE_FALSE(broken);
    CHECK(broken.error().code == events::ErrorCode::audit_chain_invalid);
    fs::remove_all(copy);
}
