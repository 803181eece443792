/// The admin API's view of an app and of its rows: what an operator may read. No secret is in it:
/// UserSig keys, the Sign token and webhook secrets show only that and since when they exist.
///
/// Threads: pure functions. The members are documented in docs/openapi.json; a test compares.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <vector>

#include "community/app.h"
#include "community/rows.h"
#include "delivery/scheduler.h"
#include "store/committer.h"
#include "store/event_log.h"

namespace tidings::backend {

boost::json::object app_json(const community::App& app);
boost::json::object callback_json(const community::CallbackSettings& callback);
/// Every switch: its name in the API, its state, and the commands that hang on it (6.9).
boost::json::array switches_json(const community::CallbackSettings& callback);
boost::json::array fields_json(const std::vector<community::FieldDeclaration>& fields,
                               community::FieldLists list);
/// {"created_s", "valid_until_s" (null: no end)}; the text only where `with_text`.
boost::json::object secret_json(const community::Secret& secret, bool with_text);

boost::json::object group_json(const community::Group& group);
boost::json::object topic_json(const community::Topic& topic);
/// `hold`: what its lane says it waits for, where its lane knows it.
boost::json::object event_json(const store::EventRecord& record, const community::App& app,
                               std::int64_t now_ms, const delivery::Scheduler::Hold& hold = {});
boost::json::object attempt_json(const store::Attempt& attempt);
boost::json::object ledger_json(SdkAppId app, const store::Ledger& ledger);
/// What GET /admin/v1/ledger/audit answers, and `tidings ledger` makes from a file.
boost::json::object audits_json(const std::vector<store::LedgerAudit>& audits);

std::string_view level_name(community::FieldLevel level);
std::optional<community::FieldLevel> parse_level(std::string_view name);

}  // namespace tidings::backend
