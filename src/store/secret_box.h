/// SecretBox: how an app's secrets stand at rest: encrypted with a key that lives outside of the
/// database, so that a copy of the database alone opens nothing.
///
/// Shape: AES-256-GCM (NIST SP 800-38D), a random 96-bit nonce for each text, the place the text
/// belongs to as associated data: a sealed text moved to another app or field does not open. A
/// sealed text is base64 of nonce, ciphertext and tag. A key is called by its id, eight hexadecimal
/// digits of its SHA-256, which says nothing about it.
/// A key file holds one key a line, 64 hexadecimal digits each; the first one seals, all open: put
/// a new line on top and start again, and everything is sealed anew.
/// Errors: Errc::corrupt (no such key here, another place, changed bytes; without saying what was
/// sealed), Errc::invalid_argument (the key file's text). No text holds a key or a secret.
/// Threads: immutable; share freely.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"

namespace tidings::store {

class SecretBox {
 public:
  /// From the text of a key file.
  static Result<SecretBox> from_keys(std::string_view text);
  /// The text of a new key file with one key.
  static std::string new_keys(Random& random);
  SecretBox() = default;  ///< for Result only: seals and opens nothing

  [[nodiscard]] Result<std::string> seal(std::string_view secret, std::string_view place) const;
  [[nodiscard]] Result<std::string> open(std::string_view sealed, std::string_view place,
                                         std::string_view key_id) const;

  /// Of the key that seals.
  [[nodiscard]] const std::string& key_id() const { return keys_.front().id; }
  [[nodiscard]] bool has(std::string_view key_id) const { return find(key_id) != nullptr; }
  /// "1a2b3c4d, 5e6f7081", for people.
  [[nodiscard]] std::string key_ids() const;

 private:
  struct Key {
    std::string id;
    std::array<unsigned char, 32> bytes{};
  };
  explicit SecretBox(std::vector<Key> keys) : keys_(std::move(keys)) {}
  [[nodiscard]] const Key* find(std::string_view key_id) const;

  std::vector<Key> keys_;
};

}  // namespace tidings::store
