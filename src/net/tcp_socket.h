/// The socket and stream types of net/, and how their operations are awaited.
///
/// Sockets carry the lane's concrete executor, as coroutines do (runtime/awaitable.h).
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "runtime/awaitable.h"

namespace tidings::net {

namespace asio = boost::asio;
using boost::system::error_code;

using Tcp = asio::ip::tcp;
using TcpSocket = asio::basic_stream_socket<Tcp, asio::io_context::executor_type>;
using TcpAcceptor = asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type>;
using TlsSocket = asio::ssl::stream<TcpSocket>;

/// Bytes under way are not cut by cancellation of the coroutine: a connection's owner ends them by
/// closing the socket, at its deadline or when it is told to.
inline auto uncut() {
  return asio::bind_cancellation_slot(asio::cancellation_slot(), runtime::kAsTuple);
}

inline TcpSocket& socket_of(TcpSocket& stream) { return stream; }
inline TcpSocket& socket_of(TlsSocket& stream) { return stream.next_layer(); }

}  // namespace tidings::net
