# Everything comes from Debian packages (scripts/packages.txt); nothing is downloaded while configuring.

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(SQLite3 3.40 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(date REQUIRED)
find_package(Catch2 2.13 REQUIRED)
find_package(rapidcheck REQUIRED)
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

# Debian's librocksdb is not instrumented and gives false reports under ThreadSanitizer.
set(IBKR_ROCKSDB "")
if(NOT IBKR_WITHOUT_ROCKSDB)
  find_package(RocksDB 7.8 REQUIRED)
  set(IBKR_ROCKSDB RocksDB::rocksdb-shared)
endif()
