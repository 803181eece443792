#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "base/check.h"
#include "receiver/mirror_apply.h"

namespace tidings::receiver {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The usual form of a RequestID holds 16 bytes already; true when it was one.
bool read_uuid(std::string_view text, unsigned char* out) {
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < 36;) {
    if (at == 8 || at == 13 || at == 18 || at == 23) {
      if (text[at++] != '-') return false;
      continue;
    }
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return false;
    *out++ = static_cast<unsigned char>(high * 16 + low);
    at += 2;
  }
  return true;
}

/// SHA-256 with its lengthy look-up and allocation done once per thread.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) {
    CHECK(context_ != nullptr);
    CHECK(EVP_DigestInit_ex2(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void restart() { CHECK(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1); }
  void add(std::string_view text) {
    CHECK(EVP_DigestUpdate(context_.get(), text.data(), text.size()) == 1);
  }
  void finish(unsigned char (&out)[32]) {
    CHECK(EVP_DigestFinal_ex(context_.get(), out, nullptr) == 1);
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace

store::InboxKey inbox_key(SdkAppId app, std::string_view request_id, std::string_view command,
                          std::string_view body) {
  store::InboxKey key{};
  for (int byte = 0; byte < 4; ++byte) {
    key[static_cast<std::size_t>(byte)] =
        static_cast<unsigned char>(app.number() >> (24 - 8 * byte));
  }
  if (read_uuid(request_id, key.data() + 4)) return key;

  thread_local Digest digest;
  digest.restart();
  if (!request_id.empty()) {
    digest.add("id\n");
    digest.add(request_id);
  } else {
    digest.add("body\n");
    digest.add(command);
    digest.add("\n");
    digest.add(body);
  }
  unsigned char full[32];
  digest.finish(full);
  std::copy_n(full, 16, key.begin() + 4);
  return key;
}

}  // namespace tidings::receiver
