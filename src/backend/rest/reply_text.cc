#include "backend/rest/reply_text.h"

#include <utility>

#include "tidings/json.h"

namespace tidings::backend::rest {

JsonText& JsonText::open(char bracket) {
  if (comma_) out_.push_back(',');
  out_.push_back(bracket);
  comma_ = false;
  return *this;
}

JsonText& JsonText::close(char bracket) {
  out_.push_back(bracket);
  comma_ = true;
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  if (comma_) out_.push_back(',');
  out_.push_back('"');
  out_.append(name);
  out_.append("\":");
  comma_ = false;
  return *this;
}

JsonText& JsonText::item(std::string_view text) {
  if (comma_) out_.push_back(',');
  append_json_string(out_, text);
  comma_ = true;
  return *this;
}

JsonText& JsonText::raw_member(std::string_view name, std::string_view json) {
  key(name);
  out_.append(json);
  comma_ = true;
  return *this;
}

JsonText begin_reply(std::string_view info, EnvelopeOrder order) {
  JsonText text;
  text.open_object().member("ActionStatus", "OK");
  if (order == EnvelopeOrder::info_first) {
    text.member("ErrorInfo", info).member("ErrorCode", 0);
  } else {
    text.member("ErrorCode", 0).member("ErrorInfo", info);
  }
  return text;
}

std::string finish_reply(JsonText text) {
  text.close_object();
  return std::move(text).take();
}

std::string plain_reply(std::string_view info) { return finish_reply(begin_reply(info)); }

std::string failure_reply(int code, std::string_view info) {
  JsonText text;
  text.open_object().member("ActionStatus", "FAIL").member("ErrorInfo", info);
  text.member("ErrorCode", code);
  return finish_reply(std::move(text));
}

}  // namespace tidings::backend::rest
