/// Changes of the callback configuration, with every rule of protocol 8.5 and the switches of 6.9.
///
/// Errors: kind invalid_argument, "callback.<member>: <rule>". The token is in no text.
/// Threads: a pure function.
#pragma once

#include <boost/json/object.hpp>

#include "backend/admin/app_change.h"
#include "base/result.h"
#include "community/app.h"

namespace tidings::backend {

/// Members of `patch` (all optional): url (null or "" removes it), sign, token (null removes it),
/// switches {name: bool}, retry, dead_head, before_failure, additive, endpoint_enabled,
/// ca_certificates (PEM text; null or "" returns to the authorities of the configuration).
Result<community::CallbackSettings> change_callback(community::CallbackSettings callback,
                                                    const boost::json::object& patch,
                                                    const ChangeRules& rules);

}  // namespace tidings::backend
