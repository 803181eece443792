#include "delivery/advice.h"

namespace tidings::delivery {

Advice advice_for(AttemptClass what) {
  switch (what) {
    case AttemptClass::ok:
      return {"The receiver took the callback and answered as the protocol wants it.", ""};
    case AttemptClass::dns:
      return {"The URL's host name has no address.",
              "Check the host's spelling and its DNS record, and that this machine's name server "
              "knows it."};
    case AttemptClass::forbidden_address:
      return {"The host name leads to an address that callbacks may not go to (loopback, private, "
              "link-local or the like).",
              "Use a public address, or let the operator add the network to "
              "serve.callbacks.allow_networks."};
    case AttemptClass::connect_timeout:
      return {"Nothing at the address answered the connection within the deadline.",
              "Check that the receiver runs, that the port is right, and that no firewall drops "
              "packets from here."};
    case AttemptClass::unreachable:
      return {"There is no way from here to the address.",
              "Check this machine's network and routes, and that the address is the right one."};
    case AttemptClass::refused:
      return {"The address is there, but nothing listens on the port.",
              "Start the receiver, or correct the port in the URL."};
    case AttemptClass::tls:
      return {"The TLS handshake failed.",
              "Check that the port speaks HTTPS with TLS 1.2 or newer, and look into the "
              "receiver's own log."};
    case AttemptClass::tls_expired:
      return {"The receiver's certificate is expired or not valid yet.",
              "Renew it (for one of the built-in authority: tidings ca issue), and check both "
              "clocks."};
    case AttemptClass::tls_untrusted:
      return {"The receiver's certificate comes from an authority that is not trusted here.",
              "Give the app that authority's certificate, or use a certificate of a public or of "
              "the built-in authority; a missing intermediate certificate looks the same."};
    case AttemptClass::tls_host:
      return {"The receiver's certificate is for another host than the URL names.",
              "Use the host that stands in the certificate, or issue one for the URL's host."};
    case AttemptClass::client_certificate:
      return {"The receiver asks for a client certificate and does not accept ours, or got none.",
              "Set serve.callbacks.certificate_file (or serve.ca_dir), and let the receiver trust "
              "the authority it comes from."};
    case AttemptClass::timeout:
      return {"The connection stood, but no complete answer came within the deadline of 2 seconds.",
              "Let the receiver store the callback and answer at once, and work on it afterwards."};
    case AttemptClass::closed:
      return {"The receiver closed the connection without an answer.",
              "Look into the receiver's log at this moment; a crash or a proxy's limit looks like "
              "this."};
    case AttemptClass::cut:
      return {"The connection ended in the middle of the answer.",
              "Look for a crash of the receiver, or for a Content-Length that is larger than the "
              "body."};
    case AttemptClass::malformed:
      return {"What came back is not HTTP.",
              "Check that the port is the receiver's HTTP port, and that the URL's scheme (http or "
              "https) is right."};
    case AttemptClass::too_large:
      return {"The answer is larger than what is read of one.",
              "Answer with the short JSON object of the protocol, not with a page."};
    case AttemptClass::status:
      return {"The answer has another HTTP status than 200.",
              "401 and 403: compare token, secret and SDKAppID on both sides. 404: correct the "
              "path. 3xx: name the final URL, redirects are not followed. 5xx: see the receiver's "
              "log."};
    case AttemptClass::gone:
      return {"The receiver says with 410 that it is gone for good; real events would be held.",
              "Set the URL of its successor, or bring it back and enable the endpoint again."};
    case AttemptClass::not_json:
      return {"The answer is 200, but its body is not JSON.",
              "Answer with {\"ActionStatus\":\"OK\",\"ErrorInfo\":\"\",\"ErrorCode\":0}; a page of "
              "a proxy or a framework in between looks like this."};
    case AttemptClass::not_an_answer:
      return {"The answer is JSON, but no object with an integer ErrorCode.",
              "Answer with {\"ActionStatus\":\"OK\",\"ErrorInfo\":\"\",\"ErrorCode\":0}."};
  }
  return {};
}

}  // namespace tidings::delivery
