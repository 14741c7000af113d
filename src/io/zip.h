#pragma once

#include <zip.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/file.h"
#include "io/place.h"
#include "io/source.h"

namespace taper::io {

/// One member of an archive, as the central directory describes it.
struct ZipMember {
  std::string name;
  std::uint64_t index = 0;
  std::uint64_t size = 0;
};

/// A zip archive that is open for reading. The constructor checks every member's name, compression and sizes.
/// FormatError for an archive that is cut or damaged, for an unsafe or repeated name, or an unsupported compression.
class ZipArchive {
 public:
  explicit ZipArchive(const File& file);

  const std::vector<ZipMember>& members() const { return members_; }

 private:
  friend class ZipSource;
  struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
  };

  void add_member(const File& file, std::uint64_t index);

  Place place_;
  std::unique_ptr<zip_t, Discard> archive_;
  std::vector<ZipMember> members_;
};

/// A member's bytes, inflated. finish() reads what is left and checks the CRC.
class ZipSource : public Source {
 public:
  ZipSource(const ZipArchive& archive, const ZipMember& member);

  const Place& place() const { return place_; }
  void finish();

 private:
  struct Close {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
  };

  void read_exactly(void* to, std::uint64_t count) override;
  std::uint64_t read_some(void* to, std::uint64_t count);

  Place place_;
  std::unique_ptr<zip_file_t, Close> file_;
};

/// Whether a member of that name can be neither taken for a path outside the archive nor be cut short: not empty, not
/// absolute, no "..", no backslash, no NUL.
bool safe_member_name(std::string_view name);

}  // namespace taper::io
