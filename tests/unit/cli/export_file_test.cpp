#include "cli/commands/audit/export_file.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "events/crypto/sha256.hpp"
#include "tests/unit/events/temporary_directory.hpp"

using namespace ibkr;
using cli::ExportFile;
namespace fs = std::filesystem;

TEST_CASE("an export file takes pieces of any size and says its sha256", "[export]") {
    const events::test::TemporaryDirectory temporary;
    const std::string path = temporary / "export";
    std::string all;
    {
        auto file = ExportFile::create(path);
        REQUIRE(file);
        for (const std::size_t size : {0U, 1U, 700'000U, 700'000U, 3'000'000U, 5U}) {
            const std::string piece(size, static_cast<char>('a' + all.size() % 20));
            REQUIRE(file->write(piece));
            all += piece;
        }
        CHECK(file->finish() == events::hex(events::sha256(all)));
    }
    std::ifstream stream(path, std::ios::binary);
    CHECK(std::string{std::istreambuf_iterator<char>(stream), {}} == all);
    CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(ExportFile::create(path).error().code == events::ErrorCode::config_invalid);
}

TEST_CASE("an export file that is not finished leaves nothing", "[export]") {
    const events::test::TemporaryDirectory temporary;
    {
        auto file = ExportFile::create(temporary / "export");
        REQUIRE(file);
        REQUIRE(file->write(std::string(2'000'000, 'x')));
        const ExportFile moved = std::move(*file);
        CHECK(fs::exists(temporary / "export"));
    }
    CHECK(fs::is_empty(temporary.path()));
    auto full = ExportFile::create("/dev/full");
    CHECK_FALSE(full);
    CHECK_FALSE(ExportFile::create(temporary / "none/export"));
}
