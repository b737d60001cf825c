#include <utility>
#include <weft/net/tls_context.hpp>

#include "net/tls_context_state.hpp"

namespace weft {

namespace detail {

tls_context_state::tls_context_state(bool server) : server_{server} {
  settings_.server = server;
  OPENSSL_init_ssl(0, nullptr);  // so that OpenSSL cleans up at exit after contexts that are static
}

std::shared_ptr<const tls_setup> tls_context_state::setup(bool read_again) {
  const std::lock_guard held{mutex_};
  if (!changed_ && !read_again) return setup_;
  auto made = std::make_shared<tls_setup>(settings_);
  if (setup_) made->take_ticket_keys_of(*setup_);
  if (!settings_.server) sessions.clear();  // those whom they were made with may not be trusted any more
  setup_ = std::move(made);
  changed_ = false;
  return setup_;
}

}  // namespace detail

tls_context::tls_context(bool server) : state_{std::make_shared<detail::tls_context_state>(server)} {}

tls_context tls_context::client() { return tls_context{false}; }
tls_context tls_context::server() { return tls_context{true}; }
tls_context tls_context::server(std::string certificate_file, std::string key_file) {
  return server().add_certificate(std::move(certificate_file), std::move(key_file));
}

tls_context& tls_context::add_certificate(std::string certificate_file, std::string key_file, std::string password) {
  if (key_file.empty()) key_file = certificate_file;
  state_->change([&](detail::tls_settings& settings) {
    settings.certificates.push_back(
        {{std::move(certificate_file), true}, {std::move(key_file), true}, std::move(password)});
  });
  return *this;
}

tls_context& tls_context::add_certificate_pem(std::string certificate, std::string key, std::string password) {
  state_->change([&](detail::tls_settings& settings) {
    settings.certificates.push_back({{std::move(certificate), false}, {std::move(key), false}, std::move(password)});
  });
  return *this;
}

tls_context& tls_context::trust_file(std::string ca_file) {
  state_->change([&](detail::tls_settings& settings) { settings.trusted.push_back({std::move(ca_file), true}); });
  return *this;
}

tls_context& tls_context::trust_directory(std::string ca_directory) {
  state_->change(
      [&](detail::tls_settings& settings) { settings.trusted_directories.push_back(std::move(ca_directory)); });
  return *this;
}

tls_context& tls_context::trust_pem(std::string ca) {
  state_->change([&](detail::tls_settings& settings) { settings.trusted.push_back({std::move(ca), false}); });
  return *this;
}

tls_context& tls_context::trust_system(bool on) {
  state_->change([&](detail::tls_settings& settings) { settings.trust_system = on; });
  return *this;
}

tls_context& tls_context::revocation_file(std::string crl_file) {
  state_->change([&](detail::tls_settings& settings) { settings.revocation_files.push_back(std::move(crl_file)); });
  return *this;
}

tls_context& tls_context::ask_clients(client_certificates how) {
  state_->change([&](detail::tls_settings& settings) { settings.ask = how; });
  return *this;
}

tls_context& tls_context::alpn(std::string_view protocols) {
  state_->change([wire = detail::alpn_wire_format(protocols)](detail::tls_settings& settings) mutable {
    settings.alpn = std::move(wire);
  });
  return *this;
}

tls_context& tls_context::min_version(tls_version version) {
  state_->change([&](detail::tls_settings& settings) { settings.min_version = version; });
  return *this;
}

tls_context& tls_context::max_version(tls_version version) {
  state_->change([&](detail::tls_settings& settings) { settings.max_version = version; });
  return *this;
}

tls_context& tls_context::ciphers(std::string tls1_2, std::string tls1_3) {
  state_->change([&](detail::tls_settings& settings) {
    settings.ciphers = std::move(tls1_2);
    settings.cipher_suites = std::move(tls1_3);
  });
  return *this;
}

tls_context& tls_context::resumption(bool on) {
  state_->change([&](detail::tls_settings& settings) { settings.resume = on; });
  return *this;
}

void tls_context::load() const { (void)state_->setup(); }
void tls_context::reload() { (void)state_->setup(true); }

}  // namespace weft
