#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/file.h"
#include "io/place.h"
#include "io/source.h"

namespace taper::io {

/// One member of an archive, as the central directory describes it.
struct ZipMember {
  std::string name;
  std::uint64_t size = 0;         // inflated
  std::uint64_t stored_size = 0;  // in the file
  std::uint64_t header = 0;       // where its local header begins in the file
  std::uint32_t crc = 0;
  bool deflated = false;  // otherwise stored
};

/// A zip archive that is open for reading, with zip64's sizes where it has them. The constructor checks every member's
/// name, compression and sizes; the file has to outlive the archive. FormatError for an archive that is cut or damaged,
/// for an unsafe or repeated name, or an unsupported compression.
class ZipArchive {
 public:
  /// `check_crc` is LoadOptions::check_crc.
  explicit ZipArchive(const File& file, bool check_crc = true);

  /// In the central directory's order.
  const std::vector<ZipMember>& members() const { return members_; }
  /// Null where there is none of that name.
  const ZipMember* find(std::string_view name) const;
  const File& file() const { return file_; }
  bool check_crc() const { return check_crc_; }

 private:
  void refuse_repeated_names(const Place& place);

  const File& file_;
  bool check_crc_;
  std::vector<ZipMember> members_;
  std::vector<std::uint32_t> by_name_;
};

/// A member's bytes, inflated. What is stored may be mapped; for the CRC it is read through once all the same, which
/// leaves nothing in memory. The archive has to outlive it.
class ZipSource : public Source {
 public:
  ZipSource(const ZipArchive& archive, const ZipMember& member);
  ~ZipSource() override;

  const Place& place() const { return place_; }
  /// Reads to the end. FormatError where the bytes are not those that the archive's CRC is of, if that is to be
  /// checked.
  void finish();

 private:
  struct Inflater;

  void read_exactly(void* to, std::uint64_t count) override;
  Tensor map_exactly(const Shape& shape, DType dtype) override;

  const File& file_;
  const ZipMember& member_;
  bool check_crc_;
  Place place_;
  std::uint64_t begin_ = 0;  // of the member's bytes in the file
  std::uint32_t crc_ = 0;    // of what was read
  std::unique_ptr<Inflater> inflater_;
};

/// Whether a member of that name can be neither taken for a path outside the archive nor be cut short: not empty, not
/// absolute, no "..", no backslash, no NUL.
bool safe_member_name(std::string_view name);

}  // namespace taper::io
