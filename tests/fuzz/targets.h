/// What is fuzzed: each function takes whatever a stranger may send to one reader, and CHECKs what
/// must be true of every input. Each is a libFuzzer target of its own (fuzz_main.cc) and replays its
/// corpus as a plain test (replay_test.cc).
#pragma once

#include <string_view>

namespace tidings::fuzz {

void http_request(std::string_view input);
void http_response(std::string_view input);
void rest_body(std::string_view input);
void callback_query(std::string_view input);
void callback_body(std::string_view input);
void usersig(std::string_view input);
void websocket(std::string_view input);

}  // namespace tidings::fuzz
