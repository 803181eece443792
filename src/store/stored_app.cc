#include "store/stored_app.h"

namespace tidings::store {
namespace {

constexpr std::string_view kMark = "sealed-1 ";
constexpr std::string_view kUnfinishedMark = "sealed-0 ";  // see store_sqlite/sealing.cc
constexpr std::size_t kKeyIdDigits = 8;
constexpr std::size_t kHeadBytes = kMark.size() + kKeyIdDigits + 1;

/// What a sealed text is bound to: it opens in this app's field only.
std::string place_of(SdkAppId app, std::string_view field) {
  return app.str() + "/" + std::string(field);
}

}  // namespace

std::optional<std::string_view> sealed_with(std::string_view text) {
  const bool sealed = text.starts_with(kMark) || text.starts_with(kUnfinishedMark);
  if (!sealed || text.size() < kHeadBytes) return std::nullopt;
  return text.substr(kMark.size(), kKeyIdDigits);
}

Result<std::string> write_stored_app(const community::App& app, const SecretBox* secrets) {
  if (secrets == nullptr) return write_app(app);
  community::App sealed = app;
  Result<void> done;
  visit_secrets(sealed, [&](std::string_view field, std::string& text) {
    if (!done || text.empty()) return;
    auto one = secrets->seal(text, place_of(app.id, field));
    if (one) {
      text = std::move(*one);
    } else {
      done = std::move(one).error();
    }
  });
  if (!done) return std::move(done).error();
  return std::string(kMark) + secrets->key_id() + " " + write_app(sealed);
}

Result<community::App> read_without_secrets(std::string_view text) {
  return community::read_app(sealed_with(text) ? text.substr(kHeadBytes) : text);
}

Result<community::App> read_stored_app(std::string_view text, const SecretBox* secrets) {
  const auto key_id = sealed_with(text);
  if (!key_id) return community::read_app(text);
  if (secrets == nullptr) {
    return fail(Errc::corrupt, "app settings are encrypted, and there is no key to open them");
  }
  TRY(community::App app, community::read_app(text.substr(kHeadBytes)));
  Result<void> done;
  visit_secrets(app, [&](std::string_view field, std::string& secret) {
    if (!done || secret.empty()) return;
    auto one = secrets->open(secret, place_of(app.id, field), *key_id);
    if (one) {
      secret = std::move(*one);
    } else {
      done = std::move(one).error();
    }
  });
  if (!done) return fail(done.error().kind, "app " + app.id.str() + ": " + done.error().what);
  return app;
}

}  // namespace tidings::store
