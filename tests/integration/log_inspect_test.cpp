#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/integration/log_damage_support.hpp"

using namespace ibkr::events;
using namespace ibkr::events::test;
namespace fs = std::filesystem;
using State = AnchorStanding::State;

namespace {

std::vector<State> states_of(const std::vector<AnchorStanding>& standings) {
    std::vector<State> states;
    for (const AnchorStanding& standing : standings)
        states.push_back(standing.state);
    return states;
}

InspectedLog inspect(const LogUnderTest& log) {
    auto inspected = inspect_log(log.data(), audit_secret(), rocksdb_store(), log.options);
    INFO((inspected ? "" : inspected.error().message));
    REQUIRE(inspected);
    return std::move(*inspected);
}

}  // namespace

TEST_CASE("a log is inspected beside its owner and as a copy", "[log_directory]") {
    LogUnderTest log(1);
    const auto owner = log.open();
    fill(*owner.log, 40);
    const auto before = directory_snapshot(log.data());
    {
        const auto inspected = inspect(log);
        CHECK(verify_chain(inspected.log(), inspected.keys().ring())->events_scanned == 40);
        CHECK(inspected.log().head() == owner.log->head());
        CHECK(states_of(inspected.anchors()) == std::vector{State::equal, State::missing});
    }
    CHECK(directory_snapshot(log.data()) == before);
    fs::copy(log.data(), log.outside("copy"), fs::copy_options::recursive);
    const auto copy = inspect_log(log.outside("copy"), audit_secret(), rocksdb_store());
    REQUIRE(copy);
    CHECK(verify_chain(copy->log(), copy->keys().ring())->chain_valid);
}

TEST_CASE("a directory without a log is not inspected", "[log_directory]") {
    const TemporaryDirectory temporary;
    const auto refused = inspect_log(temporary / "data", audit_secret(), rocksdb_store());
    CHECK(refused.error().code == ErrorCode::config_invalid);
    CHECK(refused.error().message.find(temporary.path()) == std::string::npos);
}

TEST_CASE("a held log is inspected as far as it can be read, and stays as it is", "[log_directory]") {
    LogUnderTest log(20);
    log.options.projection = Head{SequenceId(21), {}};
    flip_bit(log.wal_path(), log.end_of(12).bytes + 30);
    const auto before = directory_snapshot(log.data());
    {
        const auto inspected = inspect(log);
        CHECK(inspected.log().head().sequence == SequenceId(12));
        CHECK(verify_chain(inspected.log(), inspected.keys().ring())->chain_valid);
        CHECK(states_of(inspected.anchors()) == std::vector{State::ahead, State::ahead});
    }
    CHECK(directory_snapshot(log.data()) == before);
}

TEST_CASE("anchors are compared with the owner's own log", "[log_directory]") {
    LogUnderTest log(20);
    log.options.anchors.external_path = log.outside("external");
    const auto owner = log.open();
    const auto compare = [&](const Head& projection) {
        log.options.projection = projection;
        const auto standings = compare_anchors(log.data(), *owner.log, owner.keys.ring(), log.options);
        REQUIRE(standings);
        CHECK((*standings)[0].name == "file");
        CHECK((*standings)[1].name == "projection");
        CHECK((*standings)[2].name == "external");
        return states_of(*standings);
    };
    const Record earlier = read_from(*owner.log, 7).front();
    CHECK(compare(owner.log->head()) == std::vector{State::equal, State::equal, State::equal});
    CHECK(compare({earlier.sequence, earlier.mac}) == std::vector{State::equal, State::behind, State::equal});
    CHECK(compare({earlier.sequence, {}}) == std::vector{State::equal, State::ahead, State::equal});
    CHECK(compare({SequenceId(99), earlier.mac}) == std::vector{State::equal, State::ahead, State::equal});
    fs::remove(log.path("anchors"));
    CHECK(compare(owner.log->head()) == std::vector{State::missing, State::equal, State::equal});
}

TEST_CASE("beside an owner that writes no anchor seems to be ahead", "[log_directory]") {
    LogUnderTest log(1);
    const auto owner = log.open();
    std::atomic<bool> stop{false};
    std::atomic<bool> failed{false};
    std::thread writer([&] {
        while (!stop) {
            const std::uint64_t next = owner.log->head().sequence.value() + 1;
            if (!owner.log->append(batch(next, 1), SequenceId(next))) failed = true;
        }
    });
    std::size_t ahead = 0, seen = 0;
    for (int i = 0; i < 20; ++i) {
        const auto inspected = inspect_log(log.data(), audit_secret(), rocksdb_store());
        if (!inspected) continue;  // a reader may meet a batch that is half written
        ++seen;
        for (const State state : states_of(inspected->anchors()))
            ahead += state == State::ahead ? 1 : 0;
    }
    stop = true;
    writer.join();
    CHECK(seen > 0);
    CHECK(ahead == 0);
    CHECK_FALSE(failed);
}
