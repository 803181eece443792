/// For tests: a certificate authority in a temporary folder, by the openssl command.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/check.h"

namespace tidings::net {

class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidings-ca-XXXXXX").string();
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    run("req -x509 " + std::string(kNewKey) + " -keyout ca.key -out ca.pem -days 2 -subj '/CN=" +
        name + "'");
  }
  ~TestAuthority() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  [[nodiscard]] std::string ca_file() const { return folder_ + "/ca.pem"; }
  [[nodiscard]] std::string certificate(const std::string& who) const {
    return folder_ + "/" + who + ".pem";
  }
  [[nodiscard]] std::string key(const std::string& who) const {
    return folder_ + "/" + who + ".key";
  }
  /// `names`: "DNS:a.test,IP:127.0.0.1". Negative days: expired.
  void issue(const std::string& who, const std::string& names, int days = 2) const {
    run("req " + std::string(kNewKey) + " -keyout " + who + ".key -out " + who +
        ".csr -subj '/CN=" + who + "' -addext 'subjectAltName=" + names + "'");
    run("x509 -req -in " + who + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions"
        " copy -days " + std::to_string(days) + " -out " + who + ".pem");
  }

 private:
  static constexpr const char* kNewKey =
      "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  void run(const std::string& arguments) const {
    const auto command = "cd '" + folder_ + "' && openssl " + arguments + " >>log 2>&1";
    CHECK(std::system(command.c_str()) == 0);
  }

  std::string folder_;
};

}  // namespace tidings::net
