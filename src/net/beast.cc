// Boost.Beast and Asio's TLS are compiled here, once (BOOST_BEAST_SEPARATE_COMPILATION on
// tidings_boost).
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
