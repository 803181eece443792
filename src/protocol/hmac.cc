#include "protocol/hmac.h"

#include <openssl/evp.h>

#include <array>
#include <initializer_list>
#include <memory>

#include "base/check.h"
#include "protocol/hex.h"

namespace tidings {
namespace {

constexpr std::size_t kBlockBytes = 64;
constexpr std::size_t kDigestBytes = 32;
using Block = std::array<char, kBlockBytes>;

/// The algorithm's handle, looked up once and never changed: OpenSSL's one-shot functions look it
/// up under a lock at every call, which costs more than hashing a callback body does.
const EVP_MD* algorithm() {
  static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return kSha256;
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// Hash of the parts one after the other. A hash that fails must never look like one that
/// succeeded, so a failure (no memory, no such algorithm) ends the process.
std::string digest(std::initializer_list<std::string_view> parts) {
  // Kept by its thread: making one costs as much as hashing a hundred bytes.
  static thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  bool good = context != nullptr && EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) == 1;
  for (const std::string_view part : parts) {
    good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  std::string out(kDigestBytes, '\0');
  good = good && EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(out.data()),
                                    nullptr) == 1;
  CHECK(good);
  return out;
}

Block padded(std::string_view key, char pad) {
  Block block;
  block.fill(pad);
  for (std::size_t i = 0; i < key.size(); ++i) block[i] = static_cast<char>(key[i] ^ pad);
  return block;
}

std::string_view view(const Block& block) {
  return {block.data(), block.size()};
}

}  // namespace

std::string sha256(std::string_view bytes) {
  return digest({bytes});
}

std::string sha256_hex(std::string_view bytes) {
  return hex_encode(sha256(bytes));
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  if (key.size() > kBlockBytes) return hmac_sha256(sha256(key), bytes);
  const std::string inner = digest({view(padded(key, 0x36)), bytes});
  return digest({view(padded(key, 0x5c)), inner});
}

}  // namespace tidings
