/// Reads tests/vectors/NAME. Test code only.
#pragma once

#include <boost/json/parse.hpp>
#include <fstream>
#include <sstream>
#include <string>

namespace tidings {

inline boost::json::value read_vectors(const std::string& name) {
  std::ifstream file(std::string(TIDINGS_SOURCE_DIR) + "/tests/vectors/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return boost::json::parse(text.str());
}

inline std::string text_of(const boost::json::value& value) {
  return std::string(value.as_string().data(), value.as_string().size());
}

}  // namespace tidings
