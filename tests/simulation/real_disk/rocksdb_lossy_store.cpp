#include "tests/simulation/real_disk/rocksdb_lossy_store.hpp"

#include "events/log/rocksdb/rocksdb_log.hpp"

namespace ibkr::simulation {

using namespace ibkr::events;

namespace {

rocksdb::Env* env_at_hand = nullptr;  // a LogStore is plain functions

}  // namespace

const LogStore& store_on(const LossyDisk& disk) {
    env_at_hand = disk.env();
    static const LogStore store = [] {
        LogStore lossy = rocksdb_store();
        lossy.open = [](const std::string& directory, const LogKeys& keys) {
            return open_rocksdb_log(directory, keys, false, env_at_hand);
        };
        return lossy;
    }();
    return store;
}

}  // namespace ibkr::simulation
