# How our own code is compiled. Optimisation and sanitizers come from the presets.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Binaries stand at the top of the build directory: build/<preset>/ibkr-agent.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")

if(NOT CMAKE_BUILD_TYPE)
  message(FATAL_ERROR "Configure with a preset: cmake --preset release|debug|asan|tsan")
endif()

# Headers of dependencies live in system directories, so these apply to our code alone.
set(IBKR_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # clang's -Wconversion also covers sign changes, which g++ leaves to an option of its own.
  list(APPEND IBKR_WARNINGS -Wno-sign-conversion)
endif()

set(IBKR_DEFINITIONS IBKR_VERSION="${PROJECT_VERSION}" _GLIBCXX_ASSERTIONS)
if(IBKR_WITHOUT_ROCKSDB)
  list(APPEND IBKR_DEFINITIONS IBKR_WITHOUT_ROCKSDB)
endif()

# Binaries hold paths from the root of the repository only, also where ccache makes them relative.
add_compile_options(${IBKR_WARNINGS} "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=" -fmacro-prefix-map=../../=)
add_compile_definitions(${IBKR_DEFINITIONS})
add_link_options(LINKER:--as-needed LINKER:-z,relro)

# Assertions are part of the product: a build that switches them off is refused.
string(TOUPPER "${CMAKE_BUILD_TYPE}" _type)
if("${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${_type}}" MATCHES "-DNDEBUG")
  message(FATAL_ERROR "Build type ${CMAKE_BUILD_TYPE} sets NDEBUG; use one of the presets")
endif()

find_program(IBKR_CCACHE ccache)
if(IBKR_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${IBKR_CCACHE}")
endif()
