#include "load/callback_calls.h"

#include <cstdio>
#include <ctime>
#include <random>
#include <utility>

#include "tidings/callback_sign.h"
#include "tidings/identifier.h"

namespace tidings::bench {
namespace {

constexpr std::uint64_t kGroups = 1000;

/// RequestID as most senders make it: version 4, so that a receiver's index of what it has seen
/// gets no help from the order of arrival.
std::string random_uuid() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  const std::uint64_t high = (random() & ~0xf000ULL) | 0x4000ULL;
  const std::uint64_t low = (random() & ~(3ULL << 62)) | (2ULL << 62);
  char text[40];
  std::snprintf(text, sizeof text, "%08llx-%04llx-%04llx-%04llx-%012llx",
                static_cast<unsigned long long>(high >> 32),
                static_cast<unsigned long long>(high >> 16 & 0xffff),
                static_cast<unsigned long long>(high & 0xffff),
                static_cast<unsigned long long>(low >> 48),
                static_cast<unsigned long long>(low & 0xffff'ffff'ffff));
  return text;
}

}  // namespace

CallbackCalls::CallbackCalls(CallbackUrl url, std::string_view sdkappid, std::string token)
    : url_(std::move(url)),
      app_(static_cast<std::uint32_t>(std::stoul(std::string(sdkappid)))),
      token_(std::move(token)),
      first_(100'000'000'000'000 + static_cast<std::uint64_t>(time(nullptr) % 1'000'000) * 10'000'000) {
  for (std::uint64_t i = 0; i < kGroups; ++i) {
    groups_.push_back(make_group_id(GroupType::community, first_ + i).str());
  }
}

std::string CallbackCalls::target() {
  CallbackQuery query;
  query.sdkappid = app_;
  query.command = "Group.CallbackAfterCreateTopic";
  query.client_ip = "203.0.113.9";
  query.opt_platform = "RESTAPI";
  query.request_id = random_uuid();
  if (!token_.empty()) {
    query.request_time = std::to_string(time(nullptr));
    query.sign = make_sign(token_, *query.request_time);
  }
  return make_callback_target(url_, query);
}

std::string CallbackCalls::body(std::int64_t index) const {
  const auto number = static_cast<std::uint64_t>(index);
  const std::string& group = groups_[number % kGroups];
  const auto topic = make_topic_id(GroupId{group}, first_ + kGroups + number);
  return R"({"CallbackCommand":"Group.CallbackAfterCreateTopic","GroupId":")" + group +
         R"(","TopicId":")" + topic.str() +
         R"(","Operator_Account":"group_root","Owner_Account":"leckie",)"
         R"("Type":"Community","Name":"MyFirstTopic","UserDefinedDataList":)"
         R"([{"Key":"UserDefined1","Value":"hello"},{"Key":"UserDefined2","Value":"world"}]})";
}

}  // namespace tidings::bench
