#pragma once

#include <string>
#include <vector>

#include "tests/integration/cli_support.hpp"

namespace ibkr::integration {

using Words = std::vector<std::string>;

/// A home with a configuration file instead of the offline profile; every command is an operator's.
class ConfiguredHome {
public:
    struct Places {
        std::string data_directory = {};   ///< empty: in the home
        std::string projections = {};      ///< empty: in the data directory
        std::string external_anchor = {};  ///< empty: none
    };
    ConfiguredHome() : ConfiguredHome(Places{}) {}
    explicit ConfiguredHome(Places places);

    /// From the next command on. 16, the least there is, at first.
    void set_reserve_mb(int reserve_mb) const;
    [[nodiscard]] Ran run(Words words) const;
    /// The payload of a run that must succeed.
    [[nodiscard]] nlohmann::json get(const Words& words) const;
    [[nodiscard]] const std::string& data_directory() const noexcept { return places_.data_directory; }

    AgentHome home;

private:
    Places places_;
};

}  // namespace ibkr::integration
