#include "protocol/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "protocol/hex.h"

namespace tidings {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string sha256(std::string_view bytes) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  SHA256(bytes_of(bytes), bytes.size(), reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

std::string sha256_hex(std::string_view bytes) { return hex_encode(sha256(bytes)); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  unsigned int size = 0;
  // An empty key is passed as "", never as a null pointer: HMAC() would read null as "keep the key".
  HMAC(EVP_sha256(), key.empty() ? "" : key.data(), static_cast<int>(key.size()), bytes_of(bytes),
       bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &size);
  return out;
}

}  // namespace tidings
