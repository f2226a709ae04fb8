#include <cstdlib>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "engine/gateway/scopes.hpp"
#include "events/catalogue.hpp"
#include "events/catalogue/error_code_page.hpp"

namespace {

/// Compares a page with what the code says. With IBKR_UPDATE_DOCS=1 (scripts/docs) it is written first.
void check_page(const std::string& name, const std::string& text) {
    const std::string path = std::string(IBKR_SOURCE_DIR) + "/docs/" + name;
    if (std::getenv("IBKR_UPDATE_DOCS") != nullptr) std::ofstream(path, std::ios::binary) << text;
    std::ifstream file(path, std::ios::binary);
    std::ostringstream page;
    page << file.rdbuf();
    INFO("docs/" << name << " is not what the code says: run scripts/docs");
    CHECK(page.str() == text);
}

}  // namespace

TEST_CASE("docs/events.md is current", "[docs]") {
    check_page("events.md", ibkr::events::event_catalogue_markdown());
}

TEST_CASE("docs/error-codes.md is current", "[docs]") {
    check_page("error-codes.md", ibkr::events::error_codes_markdown());
}

TEST_CASE("docs/scopes.md is current", "[docs]") {
    check_page("scopes.md", ibkr::engine::scopes_markdown());
}
