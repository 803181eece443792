// Boost.Asio is compiled here, once (BOOST_ASIO_SEPARATE_COMPILATION on tidings_boost).
#include <boost/asio/impl/src.hpp>
