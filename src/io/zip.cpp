#include "io/zip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <numeric>

#include "io/zip_directory.h"

namespace taper::io {
namespace {

constexpr std::size_t chunk_size = std::size_t{1} << 16;

/// Where the bytes of a member begin, behind its local header.
std::uint64_t find_data(const File& file, const Place& place, const ZipMember& member) {
  constexpr std::uint64_t header_size = 30;
  std::string header(header_size, '\0');
  const auto damaged = [&](std::string_view why) {
    place.fail(member.header, fmt::format("{}: {}", member.name, why));
  };
  if (member.header > file.size() || file.size() - member.header < header_size)
    damaged("its local header would lie past the archive's end");
  file.read(member.header, header.data(), header_size);
  if (!header.starts_with("PK\x03\x04")) damaged("its local header is not where the central directory says");
  std::string name(little_endian(header, 26, 2), '\0');
  const std::uint64_t before = header_size + name.size() + little_endian(header, 28, 2);
  const std::uint64_t available = file.size() - member.header;
  if (before > available || member.stored_size > available - before)
    damaged(fmt::format("its {} bytes would lie past the archive's end", member.stored_size));
  file.read(member.header + header_size, name.data(), name.size());
  if (name != member.name) damaged("its local header has another name");
  return member.header + before;
}

std::uint32_t crc_of(std::uint32_t crc, const void* bytes, std::uint64_t count) {
  if (count == 0) return crc;  // crc32 takes a null pointer for a new beginning
  return static_cast<std::uint32_t>(::crc32_z(crc, static_cast<const Bytef*>(bytes), count));
}

}  // namespace

bool safe_member_name(std::string_view name) {
  if (name.empty() || name.front() == '/') return false;
  if (name.find('\0') != std::string_view::npos || name.find('\\') != std::string_view::npos) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (name.substr(begin, end - begin) == "..") return false;
    begin = end + 1;
  }
  return true;
}

ZipArchive::ZipArchive(const File& file, bool check_crc) : file_(file), check_crc_(check_crc) {
  const Place place{file.path(), ""};
  members_ = read_zip_directory(file, place);
  refuse_repeated_names(place);
}

void ZipArchive::refuse_repeated_names(const Place& place) {
  by_name_.resize(members_.size());
  std::iota(by_name_.begin(), by_name_.end(), 0U);
  const auto name = [&](std::uint32_t i) -> const std::string& { return members_[i].name; };
  std::sort(by_name_.begin(), by_name_.end(), [&](std::uint32_t a, std::uint32_t b) { return name(a) < name(b); });
  const auto twice = std::adjacent_find(by_name_.begin(), by_name_.end(),
                                        [&](std::uint32_t a, std::uint32_t b) { return name(a) == name(b); });
  if (twice != by_name_.end()) place.fail(members_[*twice].header, fmt::format("duplicate member {}", name(*twice)));
}

const ZipMember* ZipArchive::find(std::string_view name) const {
  const auto found =
      std::lower_bound(by_name_.begin(), by_name_.end(), name,
                       [&](std::uint32_t i, std::string_view wanted) { return members_[i].name < wanted; });
  return found != by_name_.end() && members_[*found].name == name ? &members_[*found] : nullptr;
}

/// zlib's state and the compressed bytes on their way to it.
struct ZipSource::Inflater {
  z_stream stream{};
  std::uint64_t next;  // in the file
  std::uint64_t left;
  Bytef input[chunk_size];

  Inflater(std::uint64_t begin, std::uint64_t size) : next(begin), left(size) {
    constexpr int raw = -MAX_WBITS;  // no header of zlib's own
    if (::inflateInit2(&stream, raw) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { ::inflateEnd(&stream); }

  /// Inflates at most `count` bytes; fewer only at the end of what is compressed.
  std::uint64_t read(const File& file, const Place& place, char* to, std::uint64_t count) {
    std::uint64_t done = 0;
    while (done < count) {
      const auto room = static_cast<uInt>(std::min<std::uint64_t>(count - done, std::numeric_limits<uInt>::max()));
      if (stream.avail_in == 0) refill(file);
      stream.next_out = reinterpret_cast<Bytef*>(to + done);
      stream.avail_out = room;
      const int code = ::inflate(&stream, Z_NO_FLUSH);
      done += room - stream.avail_out;
      if (code == Z_STREAM_END || (code == Z_BUF_ERROR && left == 0)) break;
      if (code == Z_MEM_ERROR) throw std::bad_alloc();
      if (code != Z_OK && code != Z_BUF_ERROR)
        place.fail(stream.total_out,
                   fmt::format("cannot be inflated: {}", stream.msg != nullptr ? stream.msg : "invalid data"));
    }
    return done;
  }

 private:
  void refill(const File& file) {
    const std::uint64_t size = std::min<std::uint64_t>(left, chunk_size);
    file.read(next, input, size);
    next += size;
    left -= size;
    stream.next_in = input;
    stream.avail_in = static_cast<uInt>(size);
  }
};

ZipSource::ZipSource(const ZipArchive& archive, const ZipMember& member)
    : Source(member.size),
      file_(archive.file()),
      member_(member),
      check_crc_(archive.check_crc()),
      place_{archive.file().path(), member.name} {
  begin_ = find_data(file_, Place{file_.path(), ""}, member);
  if (member.deflated) inflater_ = std::make_unique<Inflater>(begin_, member.stored_size);
}

ZipSource::~ZipSource() = default;

void ZipSource::read_exactly(void* to, std::uint64_t count) {
  if (count > left()) place_.fail(size(), fmt::format("the member ends after {} bytes", size()));
  if (inflater_) {
    const std::uint64_t got = inflater_->read(file_, place_, static_cast<char*>(to), count);
    if (got < count)
      place_.fail(position() + got, fmt::format("the member ends after {} of {} bytes", position() + got, size()));
  } else {
    file_.read(begin_ + position(), to, count);
  }
  if (check_crc_) crc_ = crc_of(crc_, to, count);
}

Tensor ZipSource::map_exactly(const Shape& shape, DType dtype) {
  if (inflater_) return {};
  Tensor tensor = file_.map(begin_ + position(), shape, dtype);
  if (!tensor.defined() || !check_crc_) return tensor;
  std::vector<char> chunk(chunk_size);
  std::uint64_t at = begin_ + position();
  const std::uint64_t end = at + static_cast<std::uint64_t>(tensor.numel()) * size_of(dtype);
  for (std::uint64_t count = 0; at < end; at += count) {
    count = std::min<std::uint64_t>(end - at, chunk.size());
    file_.read(at, chunk.data(), count);
    crc_ = crc_of(crc_, chunk.data(), count);
  }
  return tensor;
}

void ZipSource::finish() {
  std::vector<char> rest(std::min<std::uint64_t>(left(), chunk_size));
  while (left() > 0 && (check_crc_ || inflater_)) read(rest.data(), std::min<std::uint64_t>(left(), rest.size()));
  char more = 0;
  if (inflater_ && inflater_->read(file_, place_, &more, 1) != 0)
    place_.fail(size(), fmt::format("the member is longer than the {} bytes it declares", size()));
  if (check_crc_ && crc_ != member_.crc)
    Place{place_.path, ""}.fail(begin_, fmt::format("CRC mismatch in {}", member_.name));
}

}  // namespace taper::io
