#include "cli/commands/audit/key_options.hpp"

#include <algorithm>

#include "cli/app.hpp"
#include "cli/commands/audit/log_source.hpp"
#include "events/log/directory/files.hpp"
#include "events/log/export/export.hpp"

namespace ibkr::cli {

using events::ErrorCode;
using events::failure;
using events::Result;

namespace {

constexpr std::string_view secret_option = "--hmac-secret-env";
constexpr std::string_view ring_option = "--keyring";

Result<events::KeyRing> read_ring(const std::string& path) {
    if (!events::path_exists(path))
        return failure(ErrorCode::config_invalid, "the key ring file cannot be read",
                       "Check the path given with --keyring.");
    auto text = events::read_small_file(path, "key ring file", events::key_ring_file_bytes_max);
    if (!text) return failure(text.error());
    const events::Secret content = events::Secret::take(*text);
    return events::KeyRing::parse(events::text_of(content.bytes()));
}

}  // namespace

std::vector<Option> key_options() {
    return {{.name = secret_option,
             .kind = OptionKind::text,
             .placeholder = "NAME",
             .help = "variable that holds an audit secret, or KEYID=NAME; once for each key of the export",
             .repeated = true},
            {.name = ring_option,
             .kind = OptionKind::path,
             .placeholder = "FILE",
             .help = "chain keys from 'audit keys export'"}};
}

Result<SuppliedKeys> SuppliedKeys::read(const App& app, const Arguments& arguments) {
    SuppliedKeys keys;
    if (arguments.has(secret_option))
        if (auto added = keys.add_variables(app, arguments.text(secret_option)); !added)
            return failure(added.error());
    if (arguments.has(ring_option)) {
        auto ring = read_ring(arguments.text(ring_option));
        if (!ring) return failure(ring.error());
        keys.ring_ = std::move(*ring);
    }
    return keys;
}

Result<void> SuppliedKeys::add_variables(const App& app, const std::string& list) {
    for (std::size_t start = 0; start <= list.size();) {
        const std::size_t end = std::min(list.find(repeated_separator, start), list.size());
        std::string variable = list.substr(start, end - start);
        start = end + 1;
        std::optional<events::KeyId> key_id;
        if (const std::size_t equals = variable.find('='); equals != std::string::npos) {
            key_id.emplace();
            if (!events::from_hex(std::string_view(variable).substr(0, equals), *key_id))
                return failure(ErrorCode::config_invalid,
                               "what stands before '=' in --hmac-secret-env is not a key id",
                               "Give NAME, or KEYID=NAME with a key id of 16 hex digits, as shown by audit "
                               "verify.");
            variable.erase(0, equals + 1);
        }
        auto secret = secret_from(app, variable);
        if (!secret) return failure(secret.error());
        secrets_.push_back({key_id, std::move(*secret), std::move(variable)});
    }
    return {};
}

events::KeyRingLookup SuppliedKeys::lookup() const {
    return [this](const events::LogId& log_id, std::span<const events::KeyId> key_ids) {
        return ring_for(log_id, key_ids);
    };
}

Result<events::KeyRing> SuppliedKeys::ring_for(const events::LogId& log_id,
                                               std::span<const events::KeyId> key_ids) const {
    events::KeyRing ring(log_id);
    std::optional<events::Error> mismatch;
    const auto add_all = [&](Result<events::KeyRing> found) {
        if (!found) {
            if (!mismatch) mismatch = std::move(found.error());
            return;
        }
        for (const events::EpochKey& name : found->names())
            ring.add(name, found->find(name.key_id)->copy());
    };
    if (ring_ && ring_->log_id() != log_id)
        return failure(ErrorCode::log_key_mismatch,
                       "the export is of log " + events::hex(log_id) + ", the key ring of log " +
                           events::hex(ring_->log_id()),
                       "Give the key ring of the log that the export is of.");
    if (ring_) add_all(events::ring_from_keys(*ring_)(log_id, key_ids));
    for (const NamedSecret& named : secrets_) {
        if (!named.key_id) {
            add_all(events::ring_from_secret(named.secret)(log_id, key_ids));
        } else if (!ring.add_from_secret(named.secret, *named.key_id)) {
            return failure(ErrorCode::log_key_mismatch,
                           "the secret in " + named.variable + " does not give key " +
                               events::hex(*named.key_id) + " of this log",
                           "Give each key id with the variable that holds its own secret.");
        }
    }
    const bool holds_one = std::ranges::any_of(
        key_ids, [&](const events::KeyId& key_id) { return ring.find(key_id) != nullptr; });
    if (holds_one) return ring;
    if (mismatch) return failure(std::move(*mismatch));
    return failure(ErrorCode::log_key_mismatch, "none of the keys supplied is one of the export's");
}

}  // namespace ibkr::cli
