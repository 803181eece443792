# Everything Tidings is built on comes from Debian 12 packages; docs/dependencies.md says what for.
option(TIDINGS_BENCHMARKS "Build benchmarks/" ON)
set(TIDINGS_SANITIZE "" CACHE STRING "empty, address (Address+UB), thread or fuzz (clang)")

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
if(NOT TIDINGS_SANITIZE)  # a sanitizer brings an allocator of its own
  pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
endif()
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

find_program(TIDINGS_CCACHE ccache)
if(TIDINGS_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TIDINGS_CCACHE})
endif()
find_program(TIDINGS_LLD ld.lld)
if(TIDINGS_LLD)
  add_link_options(-fuse-ld=lld)
endif()

# Boost.Asio and Beast are compiled once (runtime/asio.cc, net/beast.cc) instead of in every file.
add_library(tidings_boost INTERFACE)
target_link_libraries(tidings_boost INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(tidings_boost INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_COROUTINE)

if(TIDINGS_SANITIZE STREQUAL "address")
  # g++ 12 sees uninitialised members in variants, and mismatched operators delete in coroutine
  # frames, where a sanitizer adds its own checks.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
    -Wno-maybe-uninitialized -Wno-mismatched-new-delete)
  add_link_options(-fsanitize=address,undefined)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
elseif(TIDINGS_SANITIZE STREQUAL "thread")
  # Asio's fence-based reference counts are invisible to the thread sanitizer (asio issue 1760).
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -Wno-tsan -Wno-maybe-uninitialized
    -Wno-mismatched-new-delete)
  add_link_options(-fsanitize=thread)
elseif(TIDINGS_SANITIZE STREQUAL "fuzz")
  # Without `function`: clang 14 cannot put its marks in front of a coroutine.
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=function
    -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
elseif(NOT TIDINGS_SANITIZE STREQUAL "")
  message(FATAL_ERROR
    "TIDINGS_SANITIZE is '${TIDINGS_SANITIZE}': use address, thread, fuzz or nothing")
endif()
