/// Writing response bodies: compact JSON straight into one string, members in the order in which
/// the documentation's samples have them (protocol 4.2, R-34, R-55).
///
/// Threads: plain values.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidings::backend::rest {

inline constexpr std::size_t kMaxReplyBytes = 1024 * 1024;  ///< more is 10018
inline constexpr int kReplyTooLarge = 10018;

/// A JSON text under construction. The caller opens and closes in pairs.
class JsonText {
 public:
  JsonText& open_object() { return open('{'); }
  JsonText& open_object(std::string_view name) { return key(name).open('{'); }
  JsonText& close_object() { return close('}'); }
  JsonText& open_array(std::string_view name) { return key(name).open('['); }
  JsonText& close_array() { return close(']'); }

  JsonText& member(std::string_view name, std::string_view text) { return key(name).item(text); }
  JsonText& member(std::string_view name, const char* text) {
    return member(name, std::string_view(text));
  }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonText& member(std::string_view name, T number) {
    key(name);
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out_.append(digits, end);
    comma_ = true;
    return *this;
  }
  JsonText& item(std::string_view text);
  /// A value that is JSON already, byte for byte.
  JsonText& raw_member(std::string_view name, std::string_view json);

  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] bool too_large() const { return out_.size() > kMaxReplyBytes; }
  [[nodiscard]] std::string take() && { return std::move(out_); }

 private:
  JsonText& open(char bracket);
  JsonText& close(char bracket);
  JsonText& key(std::string_view name);  // `name` is one of our own: nothing to escape

  std::string out_;
  bool comma_ = false;
};

/// The envelope of a success; result members follow, then finish().
enum class EnvelopeOrder {
  info_first,  ///< ActionStatus, ErrorInfo, ErrorCode
  code_first,  ///< ActionStatus, ErrorCode, ErrorInfo: the account calls with results
};
[[nodiscard]] JsonText begin_reply(std::string_view info = "",
                                   EnvelopeOrder order = EnvelopeOrder::info_first);
[[nodiscard]] std::string finish_reply(JsonText text);
/// A success without result members.
[[nodiscard]] std::string plain_reply(std::string_view info = "");
[[nodiscard]] std::string failure_reply(int code, std::string_view info);

}  // namespace tidings::backend::rest
