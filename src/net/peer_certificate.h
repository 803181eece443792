/// What a TLS server learns about its client's certificate, as text. Private to the server.
///
/// Threads: those of the connection.
#pragma once

#include <openssl/ssl.h>

#include <string>

namespace tidings::net {

/// The verified certificate's subject (RFC 2253); "": the client showed none.
std::string peer_subject(SSL* ssl);
/// After a handshake that failed: "; the client's certificate is refused: <why>", or "" where
/// something else was the matter.
std::string why_peer_is_refused(SSL* ssl);

}  // namespace tidings::net
