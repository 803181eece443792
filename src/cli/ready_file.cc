#include "cli/ready_file.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "tidings/json.h"

namespace tidings::cli {

Result<void> write_ready_file(const std::string& path, const Ready& ready) {
  std::string text = R"({"pid":)" + std::to_string(getpid()) + R"(,"listen":)";
  append_json_string(text, ready.listen);
  text += R"(,"admin_listen":)";
  append_json_string(text, ready.admin_listen);
  text += "}\n";
  const std::string unfinished = path + ".new";
  std::ofstream out(unfinished, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    return fail(Errc::unavailable, "the ready file '" + path + "' cannot be written");
  }
  return {};
}

}  // namespace tidings::cli
