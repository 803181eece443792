# tidings_library(NAME SOURCES ... USES ... [PRIVATE_USES ...] [TESTS ...] [TEST_USES ...])
#   A static library of one folder under src/, with our warnings as errors, and, when TESTS are
#   named, one executable NAME_test with the label `unit`.
# tidings_test(NAME LABEL unit|contract|integration|crash SOURCES ... USES ... [OPTIMISED])
#   A GoogleTest executable whose cases ctest runs one by one. OPTIMISED: for a test that computes
#   much itself; tidings_library passes TEST_OPTIMISED on.

set(TIDINGS_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -Werror
  # g++ 12 takes a coroutine frame's own operator delete for a mismatch when it optimises.
  -Wno-mismatched-new-delete)
# In a unity build every source is "included", and g++ then warns of each anonymous type in a member.
if(CMAKE_UNITY_BUILD)
  list(APPEND TIDINGS_WARNINGS -Wno-subobject-linkage)
endif()

# The warnings are those of g++; clang is here for its fuzzer.
if(TIDINGS_SANITIZE STREQUAL "fuzz")
  set(TIDINGS_WARNINGS)
endif()

function(tidings_library name)
  cmake_parse_arguments(arg "TEST_OPTIMISED" "" "SOURCES;USES;PRIVATE_USES;TESTS;TEST_USES" ${ARGN})
  add_library(tidings_${name} STATIC ${arg_SOURCES})
  target_include_directories(tidings_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
  target_compile_options(tidings_${name} PRIVATE ${TIDINGS_WARNINGS})
  target_link_libraries(tidings_${name} PUBLIC ${arg_USES} PRIVATE ${arg_PRIVATE_USES})
  if(BUILD_TESTING AND arg_TESTS)
    set(optimised "")
    if(arg_TEST_OPTIMISED)
      set(optimised OPTIMISED)
    endif()
    tidings_test(${name} LABEL unit SOURCES ${arg_TESTS} USES tidings_${name} ${arg_TEST_USES}
      ${optimised})
  endif()
endfunction()

function(tidings_test name)
  cmake_parse_arguments(arg "OPTIMISED" "LABEL" "SOURCES;USES" ${ARGN})
  add_executable(${name}_test ${arg_SOURCES})
  target_compile_options(${name}_test PRIVATE ${TIDINGS_WARNINGS})
  # What is tested is optimised; the tests themselves are built once and run once.
  if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT arg_OPTIMISED)
    target_compile_options(${name}_test PRIVATE -O0)
  endif()
  target_link_libraries(${name}_test PRIVATE ${arg_USES} GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE
    TIDINGS_SOURCE_DIR="${PROJECT_SOURCE_DIR}" TIDINGS_BINARY_DIR="${PROJECT_BINARY_DIR}")
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${arg_LABEL} TIMEOUT 120)
endfunction()
