# http_bench: the bare HTTP server and client, the ceiling of the roads.
add_executable(http_bench http_bench.cc load/callback_calls.cc)
target_compile_options(http_bench PRIVATE ${TIDINGS_WARNINGS})
target_include_directories(http_bench PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(http_bench PRIVATE tidings_net tidings_protocol)
