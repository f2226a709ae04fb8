#include "io/config/operators.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

#include "events/crypto/secret.hpp"
#include "events/crypto/sha256.hpp"
#include "events/log/directory/files.hpp"

namespace ibkr::io {
namespace {

using events::ErrorCode;
using events::failure;
using events::Result;

tl::unexpected<events::Error> refused(std::string why) {
    return failure(ErrorCode::operator_required, std::move(why));
}

Result<std::string> expected_digest(const std::string& path) {
    if (path.empty())
        return refused("the configuration names no operators.secret_file to check a secret against");
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0 || (facts.st_mode & 0022) != 0)
        return refused("operators.secret_file is missing or can be written by others");
    auto text = events::read_small_file(path, "operators.secret_file", operator_secret_bytes_max);
    if (!text) return refused(text.error().message);
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r'))
        text->pop_back();
    return std::move(*text);
}

}  // namespace

Result<bool> is_operator(const Config& config, const Caller& caller) {
    const bool is_own_user = caller.uid == static_cast<std::int64_t>(::geteuid());
    if (config.offline_profile) return is_own_user;
    const auto& uids = config.operators.uids;
    if (!is_own_user && std::find(uids.begin(), uids.end(), caller.uid) != uids.end()) return true;
    if (caller.operator_secret.empty()) return false;
    auto expected = expected_digest(config.operators.secret_file);
    if (!expected) return failure(expected.error());
    const std::string digest = events::hex(events::sha256(caller.operator_secret));
    if (caller.operator_secret.size() < operator_secret_bytes_min ||
        !events::equal_in_constant_time(events::bytes_of(digest), events::bytes_of(*expected)))
        return refused("the operator secret is wrong");
    return true;
}

}  // namespace ibkr::io
