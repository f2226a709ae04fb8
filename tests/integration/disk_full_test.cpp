// A disk that is nearly full, and one that is full, with the real binary. The second kind needs a small file
// system of its own, which only root can mount; without it those tests say that they were skipped. Needs
// rocksdb_store().

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/integration/configured_home.hpp"

using namespace ibkr::integration;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

Words preview_words() {
    return {"orders", "preview", "--account",  "DU1234567", "--symbol",      "AAPL",
            "--side", "buy",     "--quantity", "1",         "--limit-price", "150"};
}
Words cancel_words(const std::string& order, const std::string& key) {
    return {
        "orders", "cancel",        "--account", "DU1234567", "--broker-order-id", order, "--idempotency-key",
        key,      "--enable-paper"};
}
Words switch_words(bool open) {
    return {"kill-switch", open ? "open" : "close", "--reason", "a test"};
}

/// An approval of a new order.
std::string approved(const ConfiguredHome& at) {
    const std::string preview = at.get(preview_words()).at("preview_id");
    return at.get({"approvals", "create", "--account", "DU1234567", "--preview-id", preview})
        .at("approval_id");
}
Words submit_words(const std::string& approval, const std::string& key) {
    return {"orders",        "submit", "--account",         "DU1234567",
            "--approval-id", approval, "--idempotency-key", key,
            "--enable-paper"};
}
/// An order that works at the venue, by its broker id.
std::string working_order(const ConfiguredHome& at, const std::string& key) {
    return at.get(submit_words(approved(at), key)).at("broker_order_id");
}

std::size_t open_orders(const ConfiguredHome& at) {
    std::size_t open = 0;
    for (const Json& row : at.get({"orders", "list", "--account", "DU1234567"}))
        open += row.at("status") == "open" ? 1 : 0;
    return open;
}

/// A file system of so many MiB, unmounted at the end.
class SmallDisk {
public:
    SmallDisk(const std::string& path, int size_mb) : path_(path) {
        fs::create_directories(path);
        fs::permissions(path, fs::perms::owner_all);
        const std::string options = "mode=0700,size=" + std::to_string(size_mb) + "m";
        mounted_ = ::mount("tmpfs", path.c_str(), "tmpfs", 0, options.c_str()) == 0;
        if (!mounted_) WARN("skipped: no file system can be mounted here (" << std::strerror(errno) << ")");
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    [[nodiscard]] bool mounted() const noexcept { return mounted_; }
    [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
    [[nodiscard]] std::uint64_t free_bytes() const {
        struct statvfs facts{};
        REQUIRE(::statvfs(path_.c_str(), &facts) == 0);
        return std::uint64_t{facts.f_bavail} * facts.f_frsize;
    }
    /// Takes all room but so many bytes.
    void fill_but(std::uint64_t bytes) const {
        const int file = ::open(path("filler").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        REQUIRE(file >= 0);
        struct stat facts{};
        REQUIRE(::fstat(file, &facts) == 0);
        const std::uint64_t room = free_bytes() + static_cast<std::uint64_t>(facts.st_size);
        REQUIRE(::ftruncate(file, 0) == 0);
        if (room > bytes) REQUIRE(::posix_fallocate(file, 0, static_cast<off_t>(room - bytes)) == 0);
        ::close(file);
    }
    void empty() const { fs::remove(path("filler")); }

private:
    std::string path_;
    bool mounted_ = false;
};

/// What a call may come to on a full disk: its answer, or a clear error and nothing acknowledged.
void check_clear(const Ran& ran) {
    INFO(ran.out << ran.err);
    CHECK(ran.exit_code != -1);
    if (ran.exit_code == 0) return;
    const Json error = ran.err_json();
    CHECK(error.at("code") == "AUDIT_WRITE_FAILED");
    CHECK_FALSE(error.at("user_action").get<std::string>().empty());
}

/// Everything is in order, and every event that was acknowledged is there.
void check_whole(const ConfiguredHome& at, const std::vector<std::string>& acknowledged) {
    CHECK(at.get({"health"}).at("gateway") == "ok");
    CHECK(at.get({"audit", "verify"}).at("chain_valid") == true);
    CHECK(at.get({"replay"}).at("difference_count") == 0);
    const std::string all = at.get({"audit", "export", "--limit", "100000"}).at("payload_jsonl");
    for (const std::string& event_id : acknowledged) {
        INFO(event_id);
        CHECK(all.find(event_id) != std::string::npos);
    }
}

}  // namespace

TEST_CASE("on a nearly full disk new work is refused; cancels, kill switch and status go on", "[cli][disk]") {
    const ConfiguredHome at;
    const std::string order = working_order(at, "first");
    const std::string approval = approved(at);
    at.set_reserve_mb(1'048'576);  // more than any disk here has free
    const std::uint64_t head = at.get({"health"}).at("engine").at("log_head");
    const Words modify = {
        "orders",        "modify", "--account",         "DU1234567", "--broker-order-id", order,
        "--limit-price", "151",    "--idempotency-key", "m1",        "--enable-paper"};
    for (const Words& refused :
         {preview_words(), submit_words(approval, "second"), modify, Words{"accounts", "list"},
          Words{"orders", "list", "--account", "DU1234567"}, Words{"audit", "export"}}) {
        const Ran ran = at.run(refused);
        INFO(refused[0] << ' ' << refused[1] << '\n' << ran.out << ran.err);
        CHECK(ran.exit_code != 0);
        const Json error = ran.err_json();
        CHECK(error.at("code") == "AUDIT_WRITE_FAILED");
        CHECK(error.at("retryable") == true);
        CHECK(error.at("message").get<std::string>().find("1048576 MiB are free") != std::string::npos);
    }
    for (const Words& status : {Words{"health"}, Words{"backend", "status"}, Words{"kill-switch", "status"},
                                Words{"audit", "tail"}, Words{"audit", "verify"}}) {
        const Ran ran = at.run(status);
        INFO(status[0] << '\n' << ran.out << ran.err);
        CHECK(ran.exit_code == 0);
        CHECK(ran.err.find("not recorded: ") != std::string::npos);
    }
    CHECK(at.get({"health"}).at("engine").at("log_head") == head);
    CHECK(at.get(cancel_words(order, "c1")).at("status") == "cancelled");
    CHECK(at.get(switch_words(true)).at("state") == "open");
    CHECK(at.get(switch_words(false)).at("state") == "closed");
    CHECK(at.get({"health"}).at("engine").at("log_head") > head);
    at.set_reserve_mb(16);
    CHECK(at.get(submit_words(approval, "second")).at("status") == "open");
}

TEST_CASE("a full disk refuses clearly, loses nothing that was acknowledged, and works again with room",
          "[cli][disk]") {
    const AgentHome outer;
    const SmallDisk disk(outer.path("disk"), 64);
    if (!disk.mounted()) return;
    const ConfiguredHome at({.data_directory = disk.path("data")});
    // From nothing at all to more than a start needs: each file is once the one that does not fit.
    const std::vector<std::uint64_t> rooms_kib = {0,    4,    64,   256,  1020, 1028,
                                                  1040, 1100, 1200, 1400, 1800, 2100};
    std::vector<std::string> orders;
    orders.reserve(rooms_kib.size());
    for (const std::uint64_t kib : rooms_kib)
        orders.push_back(working_order(at, "order-" + std::to_string(kib)));
    std::vector<std::string> acknowledged;
    std::size_t refused = 0;
    bool open = true;
    for (std::size_t i = 0; i < rooms_kib.size(); ++i) {
        INFO(rooms_kib[i] << " KiB");
        const auto call = [&](const Words& words) {
            disk.fill_but(rooms_kib[i] * 1024);
            Ran ran = at.run(words);
            check_clear(ran);
            if (ran.exit_code != 0) ++refused;
            return ran;
        };
        const Ran toggled = call(switch_words(open));
        if (toggled.exit_code == 0) {
            acknowledged.push_back(toggled.out_json().at("audit_event_id"));
            open = !open;
        }
        const Ran cancelled = call(cancel_words(orders[i], "cancel-" + std::to_string(i)));
        if (cancelled.exit_code == 0) CHECK(cancelled.out_json().at("status") == "cancelled");
        CHECK(call(preview_words()).exit_code != 0);
        if (i % 4 != 3) continue;
        disk.empty();
        check_whole(at, acknowledged);
    }
    disk.empty();
    check_whole(at, acknowledged);
    CHECK(refused > rooms_kib.size());
    CHECK_FALSE(acknowledged.empty());
    CHECK(at.get(preview_words()).at("status") == "created");
}

TEST_CASE("room for the projections alone runs out: the events stay, and the next call folds them",
          "[cli][disk]") {
    const AgentHome outer;
    const SmallDisk disk(outer.path("disk"), 2);
    if (!disk.mounted()) return;
    const ConfiguredHome at({.projections = disk.path("projections.sqlite3")});
    const std::string order = working_order(at, "first");
    const std::string approval = approved(at);
    for (const std::uint64_t kib : {0, 8, 64}) {
        INFO(kib << " KiB");
        disk.fill_but(kib * 1024);
        const Ran submitted = at.run(submit_words(approval, "second"));
        check_clear(submitted);
    }
    disk.empty();
    // Whatever was said before, the key answers one order now: one that the venue has once, or never got.
    const Json answer = at.get(submit_words(approval, "second"));
    const std::string state = answer.value("current", answer).at("order_state");
    CHECK((state == "working" || state == "not_placed"));
    CHECK(open_orders(at) == (state == "working" ? 2 : 1));
    check_whole(at, {});
    CHECK(at.get(cancel_words(order, "c1")).at("status") == "cancelled");
}

TEST_CASE("room for the venue's book alone runs out: no order is lost or sent twice", "[cli][disk]") {
    const AgentHome outer;
    const SmallDisk disk(outer.path("disk"), 2);
    if (!disk.mounted()) return;
    const ConfiguredHome at;
    static_cast<void>(working_order(at, "first"));
    fs::copy_file(at.home.path("data/venue.sqlite3"), disk.path("venue.sqlite3"));
    fs::remove(at.home.path("data/venue.sqlite3"));
    fs::create_symlink(disk.path("venue.sqlite3"), at.home.path("data/venue.sqlite3"));
    const std::string approval = approved(at);
    for (const std::uint64_t kib : {0, 8, 32}) {
        disk.fill_but(kib * 1024);
        const Ran submitted = at.run(submit_words(approval, "second"));
        INFO(kib << " KiB\n" << submitted.out << submitted.err);
        CHECK(submitted.exit_code != -1);
        CHECK_FALSE((submitted.out + submitted.err).empty());
    }
    disk.empty();
    check_whole(at, {});
    // The first try was settled by the book; the approval is consumed, or free for another key.
    static_cast<void>(at.run(submit_words(approval, "second")));
    static_cast<void>(at.run(submit_words(approval, "third")));
    CHECK(open_orders(at) == 2);
}

TEST_CASE("a fixture that a full disk cuts short leaves no folder", "[cli][disk]") {
    const ConfiguredHome at;
    const std::string approval = approved(at);
    const SmallDisk disk(at.home.path("small"), 1);
    if (!disk.mounted()) return;
    disk.fill_but(8'192);
    const std::string folder = disk.path("incident");
    const Ran ran = at.run({"replay", "record", "--workflow", approval, "--out", folder});
    INFO(ran.out << ran.err);
    CHECK(ran.exit_code != 0);
    CHECK(ran.code() == "AUDIT_WRITE_FAILED");
    CHECK(std::distance(fs::directory_iterator(disk.path("")), fs::directory_iterator()) == 1);
    disk.empty();
    CHECK(at.get({"replay", "record", "--workflow", approval, "--out", folder}).at("events") > 0);
    CHECK(at.get({"replay", "--fixture", folder}).at("difference_count") == 0);
}
