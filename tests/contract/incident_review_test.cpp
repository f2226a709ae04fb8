// docs/incident-review.md: every command of it is run. What a console block shows is what the command prints;
// IBKR_UPDATE_DOCS=1 writes it anew.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace fs = std::filesystem;

namespace {

const fs::path source = IBKR_SOURCE_DIR;
const fs::path page = source / "docs" / "incident-review.md";

/// A command of the page with what it says it prints; a command that must succeed when it says nothing.
struct Step {
    std::string command;
    bool shown = false;  ///< its output stands in the page
};

/// The page in pieces: text as it is, and commands whose output is made.
struct Piece {
    std::string text;
    std::vector<Step> steps;
};

std::vector<Piece> pieces_of(const std::string& text) {
    std::vector<Piece> pieces(1);
    std::istringstream lines(text);
    std::string block;  // of the fence that is open
    for (std::string line; std::getline(lines, line);) {
        const bool fence = line.starts_with("```");
        if (fence) block = block.empty() ? line.substr(3) : "";
        if (!fence && block == "sh") pieces.back().steps.push_back({line, false});
        if (!fence && block == "console") {
            if (line.starts_with("$ ")) pieces.push_back({"", {{line.substr(2), true}}});
            continue;
        }
        if (fence && block.empty() && !pieces.back().steps.empty() && pieces.back().steps.front().shown)
            pieces.emplace_back();
        pieces.back().text += line + "\n";
    }
    return pieces;
}

struct Ran {
    int exit_code = -1;
    std::string out;
};

/// A folder in which the page's commands find the program, the fixtures, and a home with one filled order.
class Desk {
public:
    Desk() {
        std::string name = (fs::temp_directory_path() / "ibkr-review-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        folder_ = name;
        fs::create_directory(folder_ / "bin");
        fs::create_symlink(IBKR_AGENT_BINARY, folder_ / "bin" / "ibkr-agent");
        fs::copy(source / "replay-fixtures", folder_ / "replay-fixtures", fs::copy_options::recursive);
        const auto preview =
            get("orders preview --account DU1234567 --symbol AAPL --side buy --quantity 5"
                " --limit-price 205 --enable-preview");
        const auto approval = get("approvals create --account DU1234567 --preview-id " +
                                  preview.at("preview_id").get<std::string>());
        order_ =
            get("orders submit --account DU1234567 --idempotency-key review --enable-paper --approval-id " +
                approval.at("approval_id").get<std::string>())
                .at("order_id");
    }
    ~Desk() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    [[nodiscard]] Ran run(const std::string& command) const {
        const std::string line = "cd " + folder_.string() + " && export PATH=" + folder_.string() +
                                 "/bin:$PATH IBKR_AGENT_HOME=" + folder_.string() + "/home ORDER='" + order_ +
                                 "' && unset IBKR_AUDIT_HMAC_SECRET && { " + command + "; } 2>&1";
        std::FILE* const pipe = popen(line.c_str(), "r");
        REQUIRE(pipe != nullptr);
        Ran ran;
        std::array<char, 4096> buffer{};
        while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
            ran.out.append(buffer.data(), size);
        const int status = pclose(pipe);
        REQUIRE(WIFEXITED(status));
        ran.exit_code = WEXITSTATUS(status);
        return ran;
    }

private:
    [[nodiscard]] nlohmann::json get(const std::string& words) const {
        const Ran ran = run("ibkr-agent --json " + words);
        INFO(words << "\n" << ran.out);
        REQUIRE(ran.exit_code == 0);
        return nlohmann::json::parse(ran.out);
    }

    fs::path folder_;
    std::string order_;
};

std::string shown(const Step& step, const Ran& ran) {
    std::string text = "$ " + step.command + "\n" + ran.out;
    if (ran.exit_code != 0) text += "[exit code " + std::to_string(ran.exit_code) + "]\n";
    return text;
}

std::string read_page() {
    std::ostringstream text;
    text << std::ifstream(page, std::ios::binary).rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("every command of the incident review runs, and prints what the page shows", "[docs]") {
    const Desk desk;
    std::string made;
    std::size_t commands = 0;
    for (const Piece& piece : pieces_of(read_page())) {
        for (const Step& step : piece.steps) {
            const Ran ran = desk.run(step.command);
            INFO(step.command << "\n" << ran.out);
            CHECK((step.shown || ran.exit_code == 0));
            CHECK(step.command.find("; ") == std::string::npos);
            if (step.shown) made += shown(step, ran);
            ++commands;
        }
        made += piece.text;
    }
    CHECK(commands >= 20);
    if (std::getenv("IBKR_UPDATE_DOCS") != nullptr) std::ofstream(page, std::ios::binary) << made;
    INFO("docs/incident-review.md is not what the program prints: run scripts/docs");
    CHECK(read_page() == made);
}

TEST_CASE("the incident review names every part of the template", "[docs]") {
    const std::string text = read_page();
    for (const char* part :
         {"Incident id", "Time range", "Tools", "Audit event ids", "Request ids", "Account id hashes",
          "Approval ids", "Idempotency keys", "Stable error codes", "Kill switch before", "Kill switch after",
          "Fixture path", "Expected and actual decision", "Root cause", "Follow-ups"})
        CHECK(text.find(part) != std::string::npos);
}
