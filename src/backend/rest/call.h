/// A REST call between its bytes and its work. Each endpoint is one pure function that reads the
/// request's fields and says what is to be done; RestDoor does it.
///
/// Threads: a Write is executed on the lane; a Read runs on the reader pool and owns what it uses.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "backend/rest/request_fields.h"
#include "base/random.h"
#include "base/result.h"
#include "community/app.h"
#include "community/command.h"
#include "community/reply.h"
#include "store/store.h"

namespace tidings::backend::rest {

/// What an endpoint's function sees. Access has been granted; account fields are strings.
struct CallContext {
  community::AppPtr app;
  community::Caller caller;
  std::string_view command;  ///< as called: an alias answers with its own names (appendix D)
  Fields fields;
};

/// A change: `command` goes to the committer, `answer` writes the response body of its reply.
struct Write {
  community::Command command;
  Result<std::string> (*answer)(const community::Reply& reply) = nullptr;
};

/// A question: runs on the reader pool and gives the whole response body.
struct ReadSources {
  store::CommunityReader& community;
  std::int64_t now_ms;
  Random& random;
};
using Read = std::function<Result<std::string>(const ReadSources& sources)>;

using Call = std::variant<Write, Read>;
using CallReader = Result<Call> (*)(const CallContext& context);

// topic_calls.cc, topic_reads.cc
Result<Call> create_topic(const CallContext& context);
Result<Call> import_topic(const CallContext& context);
Result<Call> modify_topic(const CallContext& context);
Result<Call> destroy_topic(const CallContext& context);
Result<Call> get_topic(const CallContext& context);

// group_calls.cc, group_reads.cc
Result<Call> create_group(const CallContext& context);
Result<Call> import_group(const CallContext& context);
Result<Call> modify_group_base_info(const CallContext& context);
Result<Call> destroy_group(const CallContext& context);
Result<Call> change_group_owner(const CallContext& context);
Result<Call> get_group_info(const CallContext& context);
Result<Call> get_appid_group_list(const CallContext& context);
Result<Call> get_joined_group_list(const CallContext& context);

// member_calls.cc, member_reads.cc
Result<Call> add_group_member(const CallContext& context);
Result<Call> import_group_member(const CallContext& context);
Result<Call> delete_group_member(const CallContext& context);
Result<Call> modify_group_member_info(const CallContext& context);
Result<Call> forbid_send_msg(const CallContext& context);
Result<Call> get_group_member_info(const CallContext& context);
Result<Call> get_role_in_group(const CallContext& context);
Result<Call> get_group_muted_account(const CallContext& context);

// account_calls.cc
Result<Call> account_import(const CallContext& context);
Result<Call> multiaccount_import(const CallContext& context);
Result<Call> account_delete(const CallContext& context);
Result<Call> account_check(const CallContext& context);

}  // namespace tidings::backend::rest
