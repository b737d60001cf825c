#pragma once

// Certificates made for a test: nothing on disk that expires.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace weft::testing {

/// A certificate and its key, as PEM.
struct identity {
  std::string certificate;
  std::string key;
  /// For programs that want both in one file.
  std::string both() const { return certificate + key; }
};

/// What a certificate shall say.
struct certificate_wish {
  std::string common_name;
  std::vector<std::string> names = {};                 ///< DNS names and addresses in numbers
  std::chrono::seconds from = -std::chrono::hours{1};  ///< counted from now
  std::chrono::seconds until = std::chrono::hours{24};
  bool rsa = false;
};

/// Issues certificates.
class authority {
 public:
  explicit authority(const std::string& name);
  /// One that this one vouches for.
  authority intermediate(const std::string& name, std::chrono::seconds until = std::chrono::hours{24});
  authority(authority&&) noexcept;
  ~authority();

  identity issue(const certificate_wish& wish);
  /// Its own certificate, as PEM.
  const std::string& certificate() const;
  /// A list (PEM) of those that it takes back, good until then.
  std::string revoke(const std::vector<std::string>& certificates,
                     std::chrono::seconds until = std::chrono::hours{24}) const;

 private:
  struct state;
  explicit authority(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

/// A certificate that vouches for itself.
identity self_signed(const certificate_wish& wish);

/// A file that lives as long as this.
class temporary_text {
 public:
  explicit temporary_text(const std::string& text);
  temporary_text(temporary_text&& other) noexcept : path_{std::move(other.path_)} { other.path_.clear(); }
  temporary_text& operator=(temporary_text&&) = delete;
  ~temporary_text();
  const std::string& path() const noexcept { return path_; }
  void replace(const std::string& text) const;

 private:
  std::string path_;
};

}  // namespace weft::testing
