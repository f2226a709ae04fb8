// docs/machines is generated from the tables. IBKR_UPDATE_DOCS=1 writes the pages anew.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <catch2/catch.hpp>

#include "statemachines/machines/all.hpp"
#include "statemachines/table/document.hpp"
#include "statemachines/table/print.hpp"

using namespace ibkr::statemachines;

namespace {

const std::filesystem::path directory = std::filesystem::path(IBKR_SOURCE_DIR) / "docs" / "machines";

std::map<std::string, std::string> generated_pages() {
    std::map<std::string, std::string> pages{{"README.md", machine_index_page(all_machines())}};
    for (const auto& machine : all_machines())
        pages[std::string(machine.name) + ".md"] = machine_page(machine);
    return pages;
}

std::string content(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

/// The text under "### state", up to the next heading.
std::string section(const std::string& page, std::string_view heading) {
    const auto begin = page.find("\n### " + std::string(heading) + "\n");
    if (begin == std::string::npos) return {};
    return page.substr(begin, page.find("\n### ", begin + 1) - begin);
}

}  // namespace

TEST_CASE("docs/machines is current and holds nothing else", "[docs]") {
    const auto pages = generated_pages();
    if (std::getenv("IBKR_UPDATE_DOCS") != nullptr) {
        std::filesystem::create_directories(directory);
        for (const auto& [name, text] : pages)
            std::ofstream(directory / name, std::ios::binary) << text;
    }
    INFO("run the test with IBKR_UPDATE_DOCS=1 to rewrite the pages");
    for (const auto& [name, text] : pages) {
        INFO(name);
        CHECK(content(directory / name) == text);
    }
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        INFO(entry.path().filename().string());
        CHECK(pages.contains(entry.path().filename().string()));
    }
}

TEST_CASE("a machine's page names its purpose, version and every pair once", "[docs]") {
    for (const auto& machine : all_machines()) {
        INFO(machine.name);
        const auto page = machine_page(machine);
        CHECK_FALSE(machine.purpose.empty());
        CHECK(page.find(std::string(machine.purpose)) != std::string::npos);
        CHECK(page.find("version " + std::to_string(machine.version)) != std::string::npos);
        CHECK(page.find(fingerprint_text(machine.fingerprint)) != std::string::npos);
        CHECK(page.find("```mermaid\n" + to_mermaid(machine) + "```\n") != std::string::npos);
        for (const auto& state : machine.states) {
            const auto text = section(page, state.name);
            for (const auto& event : machine.events) {
                INFO(state.name << " + " << event.name);
                std::size_t rows = 0;
                std::istringstream lines(text);
                for (std::string line; std::getline(lines, line);) {
                    const auto events = line.substr(0, line.find(" | "));
                    if (events.find("`" + std::string(event.name) + "`") != std::string::npos) ++rows;
                }
                CHECK(rows == 1);
            }
        }
    }
}
