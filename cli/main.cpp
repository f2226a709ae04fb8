#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "cli/app.hpp"

int main(int argc, char** argv) {
    try {
        return ibkr::cli::run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ibkr-agent ended unexpectedly: %s\n", error.what());
        return 1;
    }
}
