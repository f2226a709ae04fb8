#include "engine/replay/export_log.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "engine/replay/fixture.hpp"
#include "tests/support/engine_rig.hpp"

using namespace ibkr;
using namespace ibkr::engine;
using events::SequenceId;

namespace {

/// A file of the temporary folder, gone with this object.
struct TemporaryFile {
    std::string path =
        (std::filesystem::temp_directory_path() / ("ibkr-export-" + std::to_string(getpid()))).string();
    TemporaryFile() = default;
    ~TemporaryFile() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
};

void write_export(const ibkr::testing::EngineRig& rig, const std::string& path, SequenceId from) {
    std::ofstream file(path, std::ios::binary);
    REQUIRE(events::write_export(rig.log, rig.log.keys(), {from, std::nullopt}, [&](std::string_view piece) {
        file << piece;
        return events::Result<void>{};
    }));
}

std::vector<std::uint64_t> sequences(events::Result<std::unique_ptr<events::LogCursor>> cursor) {
    REQUIRE(cursor);
    std::vector<std::uint64_t> all;
    events::Record record;
    for (;;) {
        const auto read = (*cursor)->next(record);
        REQUIRE(read);
        if (!*read) return all;
        all.push_back(record.sequence.value());
    }
}

}  // namespace

TEST_CASE("an export is read forwards and backwards, whatever one backward step holds", "[export]") {
    ibkr::testing::EngineRig rig;
    REQUIRE(rig.preview("5", "150"));
    REQUIRE(rig.log.head().sequence == SequenceId(7));
    const TemporaryFile file;
    write_export(rig, file.path, SequenceId(1));
    const events::Secret secret{std::string(fixture_secret)};
    for (const std::size_t step : {std::size_t{1}, std::size_t{3'000}, backward_bytes_max}) {
        const auto log = ExportLog::open(file.path, events::ring_from_secret(secret), step);
        REQUIRE(log);
        CHECK((*log)->head().sequence == SequenceId(7));
        CHECK((*log)->identity().log_id == rig.log.identity().log_id);
        CHECK(sequences((*log)->read(SequenceId(1))) == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7});
        CHECK(sequences((*log)->read(SequenceId(6))) == std::vector<std::uint64_t>{6, 7});
        CHECK(sequences((*log)->read_back(SequenceId(7))) == std::vector<std::uint64_t>{7, 6, 5, 4, 3, 2, 1});
        CHECK(sequences((*log)->read_back(SequenceId(3))) == std::vector<std::uint64_t>{3, 2, 1});
        CHECK(sequences((*log)->read_back(SequenceId(99))).size() == 7);
    }
}

TEST_CASE("an export that begins later, or is no file, is refused", "[export]") {
    ibkr::testing::EngineRig rig;
    const TemporaryFile file;
    const events::Secret secret{std::string(fixture_secret)};
    const auto code = [&] {
        const auto log = ExportLog::open(file.path, events::ring_from_secret(secret));
        REQUIRE_FALSE(log);
        return log.error().code;
    };
    CHECK(code() == events::ErrorCode::config_invalid);
    write_export(rig, file.path, SequenceId(2));
    CHECK(code() == events::ErrorCode::input_invalid_time_range);
}

TEST_CASE("what is plainly no export is not taken for one that somebody changed", "[export]") {
    ibkr::testing::EngineRig rig;
    const TemporaryFile file;
    const events::Secret secret{std::string(fixture_secret)};
    const auto refused = [&](const std::string& path, const std::string& word) {
        const auto log = ExportLog::open(path, events::ring_from_secret(secret));
        REQUIRE_FALSE(log);
        INFO(log.error().message);
        CHECK(log.error().code == events::ErrorCode::config_invalid);
        CHECK(log.error().message.find(word) != std::string::npos);
        CHECK_FALSE(log.error().user_action.empty());
    };
    refused(std::filesystem::temp_directory_path().string(), "folder");
    {
        const std::ofstream empty(file.path);
    }
    refused(file.path, "empty");

    write_export(rig, file.path, SequenceId(1));
    std::string text{std::istreambuf_iterator<char>(std::ifstream(file.path, std::ios::binary).rdbuf()), {}};
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2))
        text.insert(at, 1, '\r');
    std::ofstream(file.path, std::ios::binary) << text;
    refused(file.path, "CR LF");

    std::ofstream(file.path, std::ios::binary) << "something else\n";
    const auto changed = ExportLog::open(file.path, events::ring_from_secret(secret));
    REQUIRE_FALSE(changed);
    CHECK(changed.error().code == events::ErrorCode::audit_chain_invalid);
}
