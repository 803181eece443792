/// Joins the admin door's seam for test deliveries to delivery's way of making them: the one may
/// not know the other (design.md, "Layers").
///
/// Threads: the function on any lane. Lifetime: the probe outlives it.
#pragma once

#include "backend/admin/callback_test.h"
#include "delivery/callback_probe.h"

namespace tidings::cli {

[[nodiscard]] backend::CallbackTester callback_tester(delivery::CallbackProbe& probe);

}  // namespace tidings::cli
