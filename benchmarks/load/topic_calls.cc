#include "load/topic_calls.h"

#include "load/http_load.h"

namespace tidings::bench {

TopicCalls::TopicCalls(std::string_view host, std::string_view sdkappid,
                       std::string_view identifier, std::string_view usersig)
    : host_(host) {
  const std::string query = "?sdkappid=" + std::string(sdkappid) +
                            "&identifier=" + std::string(identifier) +
                            "&usersig=" + std::string(usersig) + "&random=1&contenttype=json";
  create_group_ = "/v4/group_open_http_svc/create_group" + query;
  create_topic_ = "/v4/million_group_open_http_svc/create_topic" + query;
}

std::string TopicCalls::create_group(std::string_view group) const {
  return post_request(host_, create_group_,
                      R"({"Type":"Community","Name":"load","SupportTopic":1,"GroupId":")" +
                          std::string(group) + "\"}");
}

std::string TopicCalls::create_topic(std::string_view group, std::string_view name) const {
  return post_request(host_, create_topic_,
                      R"({"GroupId":")" + std::string(group) + R"(","TopicName":")" +
                          std::string(name) +
                          R"(","AppDefinedData":[{"Key":"UserDefined1","Value":"hello"},)"
                          R"({"Key":"UserDefined2","Value":"world"}]})");
}

bool is_ok(std::string_view body) {
  return body.find("\"ErrorCode\":0") != std::string_view::npos;
}

}  // namespace tidings::bench
