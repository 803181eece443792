# Micro-benchmarks of the pure parts and the embedded engine. They need Google Benchmark
# (tools/install-packages bench), which building, testing and ./bench do without.
find_package(benchmark QUIET)
if(benchmark_FOUND)
  add_executable(store_bench ${CMAKE_CURRENT_LIST_DIR}/store_bench.cc)
  target_compile_options(store_bench PRIVATE ${TIDINGS_WARNINGS} -Wno-missing-field-initializers)
  target_link_libraries(store_bench PRIVATE tidings_store_sqlite benchmark::benchmark)

  add_executable(protocol_bench ${CMAKE_CURRENT_LIST_DIR}/protocol_bench.cc)
  target_compile_options(protocol_bench PRIVATE ${TIDINGS_WARNINGS} -Wno-missing-field-initializers)
  target_link_libraries(protocol_bench PRIVATE tidings_community benchmark::benchmark)
endif()
