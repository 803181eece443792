find_package(benchmark REQUIRED)
add_executable(store_bench ${CMAKE_CURRENT_LIST_DIR}/store_bench.cc)
target_compile_options(store_bench PRIVATE ${TIDINGS_WARNINGS} -Wno-missing-field-initializers)
target_link_libraries(store_bench PRIVATE tidings_store_sqlite benchmark::benchmark)
