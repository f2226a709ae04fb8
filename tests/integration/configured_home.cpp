#include "tests/integration/configured_home.hpp"

#include <filesystem>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "events/crypto/bytes.hpp"
#include "events/crypto/sha256.hpp"

namespace ibkr::integration {

ConfiguredHome::ConfiguredHome(Places places) : places_(std::move(places)) {
    if (places_.data_directory.empty()) places_.data_directory = home.path("data");
    home.environment["IBKR_AUDIT_HMAC_SECRET"] = std::string(64, 's');
    const std::string secret = "operator secret of a test, long enough";
    home.write("operator", secret);
    home.write("operator.sha256", events::hex(events::sha256(secret)));
    using std::filesystem::perms;
    for (const char* name : {"operator", "operator.sha256"})
        std::filesystem::permissions(home.path(name), perms::owner_read | perms::owner_write);
    set_reserve_mb(16);
}

void ConfiguredHome::set_reserve_mb(int reserve_mb) const {
    std::string text = R"(broker: {backend: fake}
auth:
  enabled_scopes: [ibkr:health:read, ibkr:accounts:read, ibkr:orders:read, ibkr:audit:read, ibkr:marketdata:read,
    ibkr:audit:export, ibkr:orders:preview, ibkr:orders:paper:submit, ibkr:orders:paper:cancel,
    ibkr:orders:paper:modify, ibkr:approvals:create, ibkr:orders:live:submit]
operators: {secret_file: ./operator.sha256}
order_preview: {enabled: true}
paper_trading: {enabled: true, allowed_accounts: [DU1234567]}
)";
    text +=
        "log: {directory: " + places_.data_directory + ", reserve_mb: " + std::to_string(reserve_mb) + "}\n";
    text += "audit: {hmac_secret_env: IBKR_AUDIT_HMAC_SECRET";
    if (!places_.projections.empty()) text += ", sqlite_path: " + places_.projections;
    text += "}\n";
    if (!places_.external_anchor.empty())
        text += "anchors: {external_path: " + places_.external_anchor + "}\n";
    home.write("config.yaml", text);
}

Ran ConfiguredHome::run(Words words) const {
    for (const std::string& word : {std::string("--config"), home.path("config.yaml"), std::string("--json"),
                                    std::string("--operator-secret-file"), home.path("operator")})
        words.push_back(word);
    return home.run(words);
}

nlohmann::json ConfiguredHome::get(const Words& words) const {
    const Ran ran = run(words);
    INFO(words[0] << ' ' << (words.size() > 1 ? words[1] : "") << '\n' << ran.out << ran.err);
    REQUIRE(ran.exit_code == 0);
    return ran.out_json();
}

}  // namespace ibkr::integration
