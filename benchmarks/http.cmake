# http_bench: the bare HTTP server and client, the ceiling of the roads.
add_executable(http_bench http_bench.cc)
target_compile_options(http_bench PRIVATE ${TIDINGS_WARNINGS})
target_link_libraries(http_bench PRIVATE tidings_net)
