/// The client door's frames: `{"id":7,"op":"...","args":{...}}` in,
/// `{"id":7,"code":0,"data":{...}}` or `{"id":7,"code":10010,"message":"..."}` back,
/// `{"event":"...","data":{...}}` pushed.
///
/// An id is an integer or a string of at most 64 bytes; it comes back as it came, null where it
/// could not be read. Threads: pure functions. Source: design.md "Doors", protocol 9.1.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidings::backend {

inline constexpr std::size_t kMaxFrameIdBytes = 64;

struct ClientFrame {
  boost::json::value id;  ///< null: unreadable
  std::string op;
  boost::json::object args;
};

/// Text that is not strict JSON: an error with code 0, the connection ends. JSON that is no frame:
/// an error with code 10004, to be answered under frame_id().
Result<boost::json::value> parse_frame_text(std::string_view text);
Result<ClientFrame> read_frame(boost::json::value frame);
/// The id of whatever JSON came, null where there is none.
boost::json::value frame_id(const boost::json::value& frame);

/// `data` null answers {"id":...,"code":0}.
std::string answer_frame(const boost::json::value& id, const boost::json::value& data);
/// An error without a protocol code becomes 10002 (internal, try again).
std::string refusal_frame(const boost::json::value& id, const Error& error);
std::string event_frame(std::string_view event, boost::json::object data);

}  // namespace tidings::backend
