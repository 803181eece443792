// The admin API's operations on the built-in authority (protocol 6.5, 8.5).
#include <utility>

#include "backend/admin/admin_api.h"
#include "backend/admin/document.h"

namespace tidings::backend {
namespace {

namespace json = boost::json;

Error no_authority() {
  return fail(Errc::not_found,
              "no authority is configured; make one with `tidings ca init` and set serve.ca_dir to "
              "its folder");
}

}  // namespace

AdminApi::Answer AdminApi::get_authority(AdminCall) {
  if (parts_.authority == nullptr) co_return no_authority();
  const std::string& certificate = parts_.authority->certificate();
  CO_TRY(const auto summary, net::summarize_certificate(certificate));
  json::object body;
  body["subject"] = summary.subject;
  body["not_after_s"] = summary.not_after_s;
  body["sha256"] = summary.fingerprint;
  body["certificate"] = certificate;
  AdminReply reply;
  reply.body = std::move(body);
  co_return reply;
}

AdminApi::Answer AdminApi::issue_certificate(AdminCall call) {
  if (parts_.authority == nullptr) co_return no_authority();
  Document document(call.body);
  auto hosts = document.texts("hosts", net::kMostHosts);
  const auto days = document.integer("days", 1, net::kMostCertificateDays);
  if (!hosts) document.complain("hosts", "required: the names and addresses of the app backend");
  CO_TRY_VOID(document.finish());
  CO_TRY(auto issued, parts_.authority->issue_server(
                          *hosts, static_cast<int>(days.value_or(net::kCertificateDays)),
                          parts_.service.clock().now_s()));
  json::object body;
  auto& named = body["hosts"].emplace_array();
  for (const auto& host : *hosts) named.emplace_back(host);
  body["not_after_s"] = issued.not_after_s;
  body["certificate"] = std::move(issued.certificate);
  body["key"] = std::move(issued.key);  // kept nowhere: this answer is all there is of it
  AdminReply reply;
  reply.status = 201;
  reply.body = std::move(body);
  co_return reply;
}

}  // namespace tidings::backend
