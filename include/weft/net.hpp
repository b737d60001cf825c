#pragma once

/// TCP, TLS and Unix sockets: streams, connecting, listening, serving. UDP: datagrams. Names and addresses.

#include <weft/net/buffered_writer.hpp>
#include <weft/net/byte_stream.hpp>
#include <weft/net/dns_resolver.hpp>
#include <weft/net/endpoint.hpp>
#include <weft/net/hand_over.hpp>
#include <weft/net/inherited_descriptors.hpp>
#include <weft/net/made_up_certificate.hpp>
#include <weft/net/open_connection.hpp>
#include <weft/net/owned_descriptor.hpp>
#include <weft/net/resolve.hpp>
#include <weft/net/stream_errors.hpp>
#include <weft/net/tcp_listener.hpp>
#include <weft/net/tcp_server.hpp>
#include <weft/net/tcp_stream.hpp>
#include <weft/net/tls_certificate.hpp>
#include <weft/net/tls_context.hpp>
#include <weft/net/tls_error.hpp>
#include <weft/net/tls_options.hpp>
#include <weft/net/tls_server.hpp>
#include <weft/net/tls_stream.hpp>
#include <weft/net/udp_socket.hpp>
#include <weft/net/unix_listener.hpp>
#include <weft/net/unix_server.hpp>
#include <weft/net/unix_stream.hpp>
