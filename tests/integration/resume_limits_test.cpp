#include <filesystem>
#include <sys/stat.h>

#include "tests/integration/log_damage_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;
namespace fs = std::filesystem;

// What a resumption on the files of `rocksdb_store()` may take from a lost rotation and from a checkpoint
// that has no mac; and who may read the store.

namespace {

constexpr std::uint64_t acknowledged = 20;

const Secret& second_secret() {
    static const Secret secret{std::string_view("the second published test secret of 32 bytes")};
    return secret;
}

mode_t mode_of(const std::string& path) {
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

void check_valid(const OwnedLog& owned) {
    const auto report = verify_chain(*owned.log, owned.keys.ring());
    REQUIRE(report);
    INFO(report->reason);
    CHECK(report->chain_valid);
    CHECK(report->not_verified.empty());
    CHECK(report->head == owned.log->head());
}

}  // namespace

TEST_CASE("a log whose rotation is lost goes on under the key in force", "[resume_limits]") {
    LogUnderTest log(acknowledged);
    log.remember_directory("older");
    REQUIRE(log.try_rotate(audit_secret(), second_secret()));
    const std::uint64_t rotated = acknowledged + 2;
    bool anchors_know = true;
    SECTION("the anchors name it") {}
    SECTION("the anchors are the older ones too") {
        fs::copy_file(log.outside("older") + "/anchors", log.path("anchors"),
                      fs::copy_options::overwrite_existing);
        anchors_know = false;
    }
    fs::remove_all(log.path("log"));
    fs::copy(log.outside("older") + "/log", log.path("log"), fs::copy_options::recursive);
    {
        const auto before = directory_snapshot(log.data());
        const auto held = log.try_open(second_secret());
        REQUIRE(held);
        REQUIRE(held->held);
        CHECK(held->held->can_resume);
        CHECK(held->held->readable_head == SequenceId(acknowledged));
        CHECK((held->held->reason.find("rotation") == std::string::npos) == anchors_know);
        CHECK(directory_snapshot(log.data()) == before);
    }
    CHECK(log.try_open(audit_secret()).error().code == ErrorCode::log_key_mismatch);
    CHECK(log.try_resume(false, audit_secret()).error().code == ErrorCode::log_key_mismatch);
    {
        const auto resumed = log.try_resume(false, second_secret());
        INFO((resumed ? "" : resumed.error().message));
        REQUIRE(resumed);
        // Never without a gap: nothing else lets the key change without its two records.
        CHECK(resumed->record.from == SequenceId(acknowledged));
        CHECK(resumed->record.to == SequenceId(rotated));
        CHECK(resumed->owned.log->identity().epoch == 2);
        CHECK(resumed->owned.log->identity().key_id == resumed->owned.keys.identity().key_id);
        check_valid(resumed->owned);
    }
    for (int start = 0; start < 2; ++start) {
        const auto owned = log.try_open(second_secret());
        REQUIRE(owned);
        REQUIRE_FALSE(owned->held);
        CHECK(owned->notes.empty());
        CHECK(owned->keys.ring().names().size() == 2);
        check_valid(*owned);
        const SequenceId next = owned->log->head().sequence.next();
        REQUIRE(owned->log->append(batch(next.value(), 2), next));
    }
    CHECK(log.try_open(audit_secret()).error().code == ErrorCode::log_key_mismatch);
}

TEST_CASE("the store itself does not open under a later key", "[resume_limits]") {
    LogUnderTest log(acknowledged);
    log.remember_directory("older");
    REQUIRE(log.try_rotate(audit_secret(), second_secret()));
    const auto keys = LogKeys::parse(file_content(log.path("keys")), second_secret());
    REQUIRE(keys);
    const std::string older = log.outside("older") + "/log";
    const auto refused = rocksdb_store().open(older, *keys);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::log_key_mismatch);
    const auto opened = rocksdb_store().open(older, keys->to_resume());
    REQUIRE(opened);
    CHECK_FALSE((*opened)->append(batch(acknowledged + 1, 1), SequenceId(acknowledged + 1)));
    CHECK((*opened)->head().sequence == SequenceId(acknowledged));
}

TEST_CASE("a checkpoint of the projections moves the log only a plausible way", "[resume_limits]") {
    constexpr std::uint64_t json_max = std::uint64_t{1} << 53U;
    struct Row {
        std::uint64_t sequence;
        bool believed;
    };
    for (const Row& row :
         {Row{acknowledged + 1, true}, Row{acknowledged + 10, true}, Row{std::uint64_t{1} << 50U, false},
          Row{json_max - 2, false}, Row{json_max - 1, false}, Row{json_max, false},
          Row{std::uint64_t{1} << 63U, false}})
        DYNAMIC_SECTION("checkpoint " << row.sequence) {
            LogUnderTest log(acknowledged);
            log.options.projection = Head{SequenceId(row.sequence), {}};
            if (row.believed) {
                CHECK(log.held().highest_anchor == SequenceId(row.sequence));
                CHECK(log.resume().record.to == SequenceId(row.sequence));
                continue;
            }
            // The anchor file agrees: it is the projections that are damaged.
            CHECK(log.open().projections_disagree);
            fs::remove(log.path("anchors"));
            const Hold hold = log.held();
            CHECK(hold.highest_anchor == SequenceId());
            CHECK(hold.reason.find(std::to_string(row.sequence)) != std::string::npos);
            CHECK(hold.reason.find("not believed") != std::string::npos);
            {
                const auto resumed = log.resume();
                CHECK(resumed.record.from == SequenceId(acknowledged));
                CHECK(resumed.record.to == SequenceId(acknowledged));
                CHECK(resumed.record.anchor_mac.empty());
                CHECK(resumed.owned.projections_disagree);
            }
            CHECK(log.open().projections_disagree);
        }
}

TEST_CASE("nobody else can read the store", "[resume_limits]") {
    const TemporaryDirectory temporary;
    const std::string mount = temporary / "mount";
    fs::create_directories(mount + "/lost+found");
    fs::permissions(mount, fs::perms(0755));
    REQUIRE(prepare_data_directory(mount));
    CHECK(mode_of(mount) == 0700);

    LogUnderTest log(1);
    CHECK(mode_of(log.path("log")) == 0700);
    for (const unsigned mode : {0755U, 0750U, 0740U, 0701U, 0704U, 0711U, 0770U, 0702U}) {
        fs::permissions(log.data(), fs::perms(mode));
        const auto refused = prepare_data_directory(log.data());
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::config_invalid);
        CHECK(refused.error().user_action.find("chmod 700") != std::string::npos);
        CHECK(mode_of(log.data()) == mode);
    }
    for (const unsigned mode : {0710U, 0700U}) {
        fs::permissions(log.data(), fs::perms(mode));
        CHECK(prepare_data_directory(log.data()));
        CHECK(mode_of(log.data()) == mode);
    }
}
