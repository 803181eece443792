#include "tidings/usersig.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <limits>

#include "base/result.h"
#include "protocol/base64.h"
#include "protocol/decimal.h"
#include "protocol/hmac.h"
#include "tidings/json.h"
#include "tidings/secure_compare.h"

namespace tidings {
namespace {

// A sig longer than this cannot come from 8 KiB of JSON, however badly it was compressed.
constexpr std::size_t kMaxSigTextBytes = 16 * 1024;
constexpr std::size_t kMaxSigDepth = 4;

Error refuse(int code, std::string what) {
  return fail(Errc::unauthenticated, "UserSig " + std::move(what), code);
}

/// The text that is signed (5.1 step 1).
std::string signed_text(std::string_view identifier, SdkAppId sdkappid, std::int64_t time_s,
                        std::int64_t expire_s, const std::optional<std::string>& userbuf) {
  std::string text = "TLS.identifier:";
  text.append(identifier);
  text += "\nTLS.sdkappid:" + sdkappid.str();
  text += "\nTLS.time:" + std::to_string(time_s);
  text += "\nTLS.expire:" + std::to_string(expire_s) + "\n";
  if (userbuf) text += "TLS.userbuf:" + base64_encode(*userbuf) + "\n";
  return text;
}

std::string deflate_text(std::string_view text) {
  uLongf size = compressBound(static_cast<uLong>(text.size()));
  std::string out(size, '\0');
  compress2(reinterpret_cast<Bytef*>(out.data()), &size,
            reinterpret_cast<const Bytef*>(text.data()), static_cast<uLong>(text.size()),
            Z_DEFAULT_COMPRESSION);
  out.resize(size);
  return out;
}

/// One whole zlib stream and nothing after it, of at most kMaxUserSigJsonBytes.
std::optional<std::string> inflate_bounded(std::string_view bytes) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  std::array<Bytef, kMaxUserSigJsonBytes> out;
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = inflate(&stream, Z_FINISH);
  const std::size_t size = out.size() - stream.avail_out;
  const bool whole = status == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (!whole) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(out.data()), size);
}

std::optional<std::string> text_member(const boost::json::object& claims, const char* name) {
  const boost::json::value* value = claims.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const boost::json::string& text = value->get_string();
  return std::string(text.data(), text.size());
}

/// An integer, or a string that holds one in decimal.
std::optional<std::int64_t> number_member(const boost::json::object& claims, const char* name) {
  const boost::json::value* value = claims.if_contains(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (!value->is_string()) return std::nullopt;
  const boost::json::string& text = value->get_string();
  return parse_decimal<std::int64_t>({text.data(), text.size()});
}

Error bad_member(const char* name, const char* expected) {
  return refuse(kUserSigBadMembers,
                std::string("member ") + name + " is missing or not " + expected);
}

Result<UserSigClaims> read_claims(const boost::json::object& members) {
  if (text_member(members, "TLS.ver") != "2.0") return bad_member("TLS.ver", "\"2.0\"");
  UserSigClaims claims;
  const auto identifier = text_member(members, "TLS.identifier");
  // A line break would let one signed text be read as two different sets of claims.
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (!identifier || std::ranges::any_of(*identifier, control)) {
    return bad_member("TLS.identifier", "a text without control characters");
  }
  claims.identifier = UserId{*identifier};
  const auto sdkappid = number_member(members, "TLS.sdkappid");
  if (!sdkappid || *sdkappid < 1 || *sdkappid > std::numeric_limits<std::uint32_t>::max()) {
    return bad_member("TLS.sdkappid", "a number of 1 to 4294967295");
  }
  claims.sdkappid = SdkAppId{static_cast<std::uint32_t>(*sdkappid)};
  const auto time = number_member(members, "TLS.time");
  if (!time) return bad_member("TLS.time", "an integer");
  claims.time_s = *time;
  const auto expire = number_member(members, "TLS.expire");
  if (!expire) return bad_member("TLS.expire", "an integer");
  claims.expire_s = *expire;
  if (members.contains("TLS.userbuf")) {
    const auto text = text_member(members, "TLS.userbuf");
    claims.userbuf = text ? base64_decode(*text) : std::nullopt;
    if (!claims.userbuf) return bad_member("TLS.userbuf", "base64");
  }
  const auto sig = text_member(members, "TLS.sig");
  const auto mac = sig ? base64_decode(*sig) : std::nullopt;
  if (!mac) return bad_member("TLS.sig", "base64");
  claims.sig = *mac;
  return claims;
}

bool expired(const UserSigClaims& claims, std::int64_t now_s) {
  std::int64_t until = 0;
  if (__builtin_add_overflow(claims.time_s, claims.expire_s, &until)) return claims.expire_s < 0;
  return now_s > until;
}

}  // namespace

std::string make_user_sig(SdkAppId sdkappid, const UserId& identifier, std::string_view key,
                          std::int64_t now_s, std::int64_t expire_s,
                          std::optional<std::string_view> userbuf) {
  const std::optional<std::string> buffer =
      userbuf ? std::optional<std::string>(*userbuf) : std::nullopt;
  const std::string mac =
      hmac_sha256(key, signed_text(identifier.view(), sdkappid, now_s, expire_s, buffer));
  std::string json = R"({"TLS.ver":"2.0","TLS.identifier":)";
  append_json_string(json, identifier.view());
  json += R"(,"TLS.sdkappid":)" + sdkappid.str();
  json += R"(,"TLS.time":)" + std::to_string(now_s);
  json += R"(,"TLS.expire":)" + std::to_string(expire_s);
  if (buffer) json += R"(,"TLS.userbuf":")" + base64_encode(*buffer) + "\"";
  json += R"(,"TLS.sig":")" + base64_encode(mac) + "\"}";
  std::string sig = base64_encode(deflate_text(json));
  std::ranges::replace(sig, '+', '*');
  std::ranges::replace(sig, '/', '-');
  std::ranges::replace(sig, '=', '_');
  return sig;
}

Result<UserSigClaims> decode_user_sig(std::string_view sig) {
  if (sig.empty()) return refuse(kUserSigEmpty, "is empty");
  if (sig.size() > kMaxSigTextBytes) {
    return refuse(kUserSigUndecodable, "is longer than any real one; was it cut or doubled?");
  }
  std::string text(sig);
  for (char& c : text) {
    // '+', '/' and '=' themselves do not occur in a UserSig; as '!' they fail to decode.
    if (c == '+' || c == '/' || c == '=')
      c = '!';
    else if (c == '*')
      c = '+';
    else if (c == '-')
      c = '/';
    else if (c == '_')
      c = '=';
  }
  const std::optional<std::string> compressed = base64_decode(text);
  if (!compressed) return refuse(kUserSigUndecodable, "is not base64 in UserSig's alphabet");
  const std::optional<std::string> json = inflate_bounded(*compressed);
  if (!json) return refuse(kUserSigUndecodable, "is not one zlib stream of at most 8192 bytes");
  const Result<boost::json::value> value = parse_json_strict(*json, kMaxSigDepth);
  if (!value || !value->is_object()) {
    return refuse(kUserSigUndecodable, "does not hold a JSON object");
  }
  return read_claims(value->get_object());
}

Result<UserSigClaims> verify_user_sig(std::string_view sig, SdkAppId sdkappid,
                                      std::string_view identifier,
                                      std::span<const std::string> keys, std::int64_t now_s) {
  TRY(UserSigClaims claims, decode_user_sig(sig));
  if (claims.sdkappid != sdkappid) {
    return refuse(kUserSigOtherApp, "is for SDKAppID " + claims.sdkappid.str() +
                                        ", the request for " + sdkappid.str());
  }
  if (claims.identifier.view() != identifier) {
    return refuse(kUserSigOtherIdentifier, "is for another identifier than the request's");
  }
  const auto usable = [](const std::string& key) { return !key.empty(); };
  if (std::ranges::none_of(keys, usable)) {
    return refuse(kUserSigNoKey, "cannot be checked: the app has no key");
  }
  const std::string text =
      signed_text(identifier, sdkappid, claims.time_s, claims.expire_s, claims.userbuf);
  bool genuine = false;
  for (const std::string& key : keys) {
    if (usable(key) && secure_equal(hmac_sha256(key, text), claims.sig)) genuine = true;
  }
  if (!genuine) {
    return refuse(kUserSigBadSignature,
                  "was not signed with this app's key: check the key and the SDKAppID");
  }
  if (expired(claims, now_s)) {
    return refuse(kUserSigExpired, "is expired: made at " + std::to_string(claims.time_s) +
                                       " for " + std::to_string(claims.expire_s) +
                                       " s, it is now " + std::to_string(now_s));
  }
  return claims;
}

}  // namespace tidings
