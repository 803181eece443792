/// Text of others on the way to a terminal: names, ids, messages and bodies that users and servers
/// choose must neither move the cursor nor forge a line of output.
///
/// Every character that steers a terminal (C0 with the line feed, DEL, C1) is written as JSON writes
/// it: "\n", "\u001b", "\u009b"; bytes that are not UTF-8 become U+FFFD. So JSON stays the same JSON.
/// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace tidings::cli {

[[nodiscard]] std::string printable(std::string_view text);
/// The same for a text of several lines, such as the body of an answer: line feeds stay.
[[nodiscard]] std::string printable_lines(std::string_view text);

}  // namespace tidings::cli
