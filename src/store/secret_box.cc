#include "store/secret_box.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>

namespace tidings::store {
namespace {

constexpr std::size_t kKeyDigits = 64;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kIdDigits = 8;
constexpr std::string_view kDigits = "0123456789abcdef";

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
int size_of(std::string_view text) { return static_cast<int>(text.size()); }

std::string base64(std::string_view raw) {
  std::string out((raw.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(bytes_of(out), bytes_of(raw), size_of(raw));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

/// Empty: no base64.
std::string unbase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return {};
  std::string out(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(bytes_of(out), bytes_of(text), size_of(text)) < 0) return {};
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(out.size() - padding);
  return out;
}

Error does_not_open() {
  return fail(Errc::corrupt,
              "a stored secret does not open: it was changed, or moved from where it belongs; "
              "restore the database from a backup");
}

}  // namespace

Result<SecretBox> SecretBox::from_keys(std::string_view text) {
  std::vector<Key> keys;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    Key key;
    for (std::size_t i = 0; line.size() == kKeyDigits && i < kKeyDigits; ++i) {
      const auto digit = kDigits.find(line[i]);
      if (digit == std::string_view::npos) line = {};
      if (line.empty()) break;
      auto& byte = key.bytes[i / 2];
      byte = static_cast<unsigned char>(byte << 4U | digit);
    }
    if (line.size() != kKeyDigits) {
      return fail(Errc::invalid_argument,
                  "line " + std::to_string(number) + " is no key (64 digits 0-9 and a-f); restore "
                  "the file from a backup");
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(key.bytes.data(), key.bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
    for (std::size_t i = 0; i < kIdDigits / 2; ++i) {
      key.id += kDigits[digest[i] >> 4U];
      key.id += kDigits[digest[i] & 15U];
    }
    keys.push_back(std::move(key));
  }
  if (keys.empty()) {
    return fail(Errc::invalid_argument, "it holds no key; restore it from a backup");
  }
  return SecretBox(std::move(keys));
}

std::string SecretBox::new_keys(Random& random) { return random.hex(kKeyDigits / 2) + "\n"; }

const SecretBox::Key* SecretBox::find(std::string_view key_id) const {
  for (const Key& key : keys_) {
    if (key.id == key_id) return &key;
  }
  return nullptr;
}

std::string SecretBox::key_ids() const {
  std::string out;
  for (const Key& key : keys_) out += (out.empty() ? "" : ", ") + key.id;
  return out;
}

Result<std::string> SecretBox::seal(std::string_view secret, std::string_view place) const {
  if (keys_.empty()) return fail(Errc::internal, "there is no key to seal secrets with");
  std::string raw(kNonceBytes + secret.size() + kTagBytes, '\0');
  unsigned char* const nonce = bytes_of(raw);
  unsigned char* const body = nonce + kNonceBytes;
  unsigned char* const tag = body + secret.size();
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool sealed =
      cipher && RAND_bytes(nonce, kNonceBytes) == 1 &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, keys_.front().bytes.data(),
                         nonce) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(place), size_of(place)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), body, &size, bytes_of(secret), size_of(secret)) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), tag, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag) == 1;
  if (!sealed) return fail(Errc::internal, "OpenSSL cannot encrypt a secret");
  return base64(raw);
}

Result<std::string> SecretBox::open(std::string_view sealed, std::string_view place,
                                    std::string_view key_id) const {
  const Key* const key = find(key_id);
  if (key == nullptr) {
    return fail(Errc::corrupt, "a secret is sealed with the key " + std::string(key_id) +
                                   ", which the secret key file does not have");
  }
  std::string raw = unbase64(sealed);
  if (raw.size() < kNonceBytes + kTagBytes) return does_not_open();
  std::string secret(raw.size() - kNonceBytes - kTagBytes, '\0');
  const unsigned char* const nonce = bytes_of(std::string_view(raw));
  unsigned char* const tag = bytes_of(raw) + kNonceBytes + secret.size();
  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  std::array<unsigned char, 16> rest{};
  const bool opened =
      cipher &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key->bytes.data(), nonce) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes_of(place), size_of(place)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), bytes_of(secret), &size, nonce + kNonceBytes,
                        size_of(secret)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), rest.data(), &size) == 1;
  if (!opened) return does_not_open();
  return secret;
}

}  // namespace tidings::store
