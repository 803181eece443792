#include "backend/client/frame.h"

#include <boost/json/serialize.hpp>
#include <utility>

#include "tidings/json.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;

constexpr int kBadArgument = 10004;
constexpr int kInternal = 10002;

bool usable_id(const json::value& id) {
  if (id.is_int64() || id.is_uint64()) return true;
  return id.is_string() && id.get_string().size() <= kMaxFrameIdBytes;
}

std::string with_id(const json::value& id) { return "{\"id\":" + json::serialize(id); }

}  // namespace

Result<json::value> parse_frame_text(std::string_view text) { return parse_json_strict(text); }

json::value frame_id(const json::value& frame) {
  const auto* object = frame.if_object();
  const auto* id = object != nullptr ? object->if_contains("id") : nullptr;
  return id != nullptr && usable_id(*id) ? *id : json::value(nullptr);
}

Result<ClientFrame> read_frame(json::value frame) {
  auto* object = frame.if_object();
  if (object == nullptr) {
    return fail(Errc::invalid_argument, "a frame is a JSON object with id, op and args",
                kBadArgument);
  }
  ClientFrame out;
  out.id = frame_id(frame);
  if (out.id.is_null()) {
    return fail(Errc::invalid_argument,
                "id: give an integer or a string of at most 64 bytes; the answer carries it",
                kBadArgument);
  }
  const auto* op = object->if_contains("op");
  if (op == nullptr || !op->is_string()) {
    return fail(Errc::invalid_argument, "op: missing or not a string", kBadArgument);
  }
  out.op = op->get_string();
  auto* args = object->if_contains("args");
  if (args != nullptr && !args->is_null()) {
    if (!args->is_object()) {
      return fail(Errc::invalid_argument, "args: not an object", kBadArgument);
    }
    out.args = std::move(args->get_object());
  }
  return out;
}

std::string answer_frame(const json::value& id, const json::value& data) {
  std::string out = with_id(id) + ",\"code\":0";
  if (!data.is_null()) out += ",\"data\":" + json::serialize(data);
  out += '}';
  return out;
}

std::string refusal_frame(const json::value& id, const Error& error) {
  const int code = error.code != 0 ? error.code : kInternal;
  std::string out = with_id(id) + ",\"code\":" + std::to_string(code) + ",\"message\":";
  append_json_string(out, error.what);
  out += '}';
  return out;
}

std::string event_frame(std::string_view event, json::object data) {
  std::string out = "{\"event\":";
  append_json_string(out, event);
  out += ",\"data\":" + json::serialize(data) + '}';
  return out;
}

}  // namespace tidings::backend
