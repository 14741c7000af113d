#include <fstream>

#include "base/atomic_file.h"
#include "catch.h"
#include "io/file.h"
#include "io/file_bytes.h"
#include "io/zip.h"
#include "io/zip_writer.h"
#include "taper/base/error.h"
#include "temporary_folder.h"

using namespace taper;
using io::ZipArchive;
using io::ZipSource;
using io::ZipWriter;
using taper_test::ContainsSubstring;
using taper_test::deflated;
using taper_test::TemporaryFolder;
using taper_test::zip;
using taper_test::ZipMember;

namespace {

std::string content(const ZipArchive& archive, const std::string& name) {
  const io::ZipMember* member = archive.find(name);
  REQUIRE(member != nullptr);
  std::string bytes(member->size, '\0');
  ZipSource source(archive, *member);
  source.read(bytes.data(), bytes.size());
  source.finish();
  return bytes;
}

/// The message of the FormatError that reading all members gives.
std::string message(const std::string& bytes) {
  const TemporaryFolder folder;
  const io::File file(folder.file("a.zip", bytes));
  try {
    const ZipArchive archive(file);
    for (const io::ZipMember& member : archive.members()) content(archive, member.name);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

const std::string text = "some bytes, some bytes, some bytes";

}  // namespace

TEST_CASE("zip64's numbers are taken where the short ones are full, and data descriptors passed over") {
  TemporaryFolder folder;
  ZipMember stored{"stored", text};
  ZipMember packed = deflated("packed", text);
  for (const bool wide : {false, true}) {
    for (const bool descriptor : {false, true}) {
      stored.wide = packed.wide = wide;
      stored.descriptor = packed.descriptor = descriptor;
      const io::File file(folder.file("a.zip", zip({packed, stored}, wide)));
      const ZipArchive archive(file);
      REQUIRE(archive.members().size() == 2);
      CHECK(archive.members()[0].name == "packed");
      CHECK(content(archive, "packed") == text);
      CHECK(content(archive, "stored") == text);
      CHECK(archive.find("none") == nullptr);
    }
  }
}

TEST_CASE("a directory that lies beyond 4 GiB is found, and members of more than 4 GiB are measured by zip64") {
  TemporaryFolder folder;
  constexpr std::uint64_t hole = std::uint64_t{5} << 30U;
  // One member of five GiB of zeros that take no room on the disk, and a small one behind it.
  const std::string path = folder.file("a.zip", "");
  std::string directory;
  std::fstream out(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto member = [&](const std::string& name, std::uint64_t at, std::uint64_t size, std::uint32_t crc) {
    const auto start = [&](std::size_t extra) {
      return taper_test::little_endian(0x00210000, 8) + taper_test::little_endian(crc, 4) + std::string(8, '\xff') +
             taper_test::little_endian(name.size(), 2) + taper_test::little_endian(extra, 2);
    };
    const std::string sizes = taper_test::little_endian(size, 8) + taper_test::little_endian(size, 8);
    const auto field = [](const std::string& bytes) {
      return taper_test::little_endian(1, 2) + taper_test::little_endian(bytes.size(), 2) + bytes;
    };
    out.seekp(static_cast<std::streamoff>(at));
    out << "PK\x03\x04" + taper_test::little_endian(45, 2) + std::string(4, '\0') + start(20).substr(4) + name +
               field(sizes);
    const std::string wide = field(sizes + taper_test::little_endian(at, 8));
    directory += "PK\x01\x02" + taper_test::little_endian(45, 4) + std::string(4, '\0') + start(wide.size()).substr(4) +
                 std::string(10, '\0') + std::string(4, '\xff') + name + wide;
    return at + 30 + name.size() + 20;
  };
  const std::uint64_t second = member("vast", 0, hole, 0) + hole;
  const std::uint64_t data = member("small", second, text.size(), taper_test::crc32(text));
  const std::uint64_t end = data + text.size();
  out.seekp(static_cast<std::streamoff>(data));
  out << text << directory << "PK\x06\x06" << taper_test::little_endian(44, 8) << taper_test::little_endian(45, 12)
      << taper_test::little_endian(2, 8) << taper_test::little_endian(2, 8)
      << taper_test::little_endian(directory.size(), 8) << taper_test::little_endian(end, 8) << "PK\x06\x07"
      << std::string(4, '\0') << taper_test::little_endian(end + directory.size(), 8) << taper_test::little_endian(1, 4)
      << "PK\x05\x06" << std::string(4, '\0') << std::string(12, '\xff') << std::string(2, '\0');
  out.close();

  const io::File file(path);
  const ZipArchive archive(file);
  REQUIRE(archive.members().size() == 2);
  CHECK(archive.members()[0].size == hole);
  CHECK(archive.members()[1].header == second);
  CHECK(content(archive, "small") == text);
}

TEST_CASE("an archive whose directory and members do not fit together is a FormatError") {
  const std::string whole = zip({{"a", text}, {"b", text}});
  const std::size_t directory = whole.find("PK\x01\x02");
  const std::size_t end = whole.find("PK\x05\x06");
  const auto with = [&](std::size_t at, std::uint64_t value, int count) {
    std::string bytes = whole;
    bytes.replace(at, static_cast<std::size_t>(count), taper_test::little_endian(value, count));
    return message(bytes);
  };
  CHECK(message(whole) == "nothing was thrown");
  CHECK_THAT(with(directory, 0, 4), ContainsSubstring("entry 1 of the zip archive's central directory is damaged"));
  CHECK_THAT(with(directory + 32, 0xFFFF, 2), ContainsSubstring("entry 1"));
  CHECK_THAT(with(directory + 42, 5, 4), ContainsSubstring("a: its local header is not where"));
  CHECK_THAT(with(directory + 42, 60000, 4), ContainsSubstring("a: its local header would lie past"));
  CHECK_THAT(with(directory + 46, 'c', 1), ContainsSubstring("c: its local header has another name"));
  CHECK_THAT(with(28, 0xFFFF, 2), ContainsSubstring("a: its 34 bytes would lie past the archive's end"));
  CHECK_THAT(with(end + 10, 3, 2), ContainsSubstring("in several parts"));
  CHECK_THAT(with(end + 8, 0x00030003, 4), ContainsSubstring("has 2 entries, its end says 3"));
  CHECK_THAT(with(end + 16, 0xFFFFFF, 4), ContainsSubstring("incomplete download?"));
  CHECK_THAT(with(directory + 20, 0xFFFFFF, 4), ContainsSubstring("a says that it has 16777215 bytes"));
}

TEST_CASE("deflated bytes that are damaged, too short or too long are a FormatError") {
  ZipMember packed = deflated("p", text);
  packed.data[0] = '\x07';
  CHECK_THAT(message(zip({packed})), ContainsSubstring("p: cannot be inflated"));
  packed = deflated("p", text);
  packed.data.resize(packed.data.size() / 2);
  CHECK_THAT(message(zip({packed})), ContainsSubstring("the member ends after"));
  packed = deflated("p", text);
  packed.size = text.size() - 1;
  CHECK_THAT(message(zip({packed})), ContainsSubstring("the member is longer than the 33 bytes it declares"));
  packed = deflated("p", text);
  packed.crc_flip = 1;
  CHECK_THAT(message(zip({packed})), ContainsSubstring("CRC mismatch in p"));
}

TEST_CASE("what a zip writer writes is read back, aligned, in 32 and in 64 bits") {
  TemporaryFolder folder;
  for (const std::uint64_t wide_from : {0xFFFFFFFFULL, 0ULL, 100ULL}) {
    INFO("64 bits from " << wide_from);
    const std::string path = folder / "a.zip";
    AtomicFile out("save", path);
    ZipWriter writer(out, 64, wide_from);
    writer.add("first", {text, text});
    writer.add("말", {});
    writer.add("folder/last", {text, std::string_view()});
    writer.finish();
    out.commit();
    const io::File file(path);
    const ZipArchive archive(file);
    REQUIRE(archive.members().size() == 3);
    CHECK(content(archive, "first") == text + text);
    CHECK(content(archive, "말").empty());
    CHECK(content(archive, "folder/last") == text);
    const std::string bytes = taper_test::content_of(path);
    CHECK(bytes.find(text) % 64 == 0);
    CHECK(bytes.rfind(text) % 64 == 0);
  }
}

TEST_CASE("a name that no reader should take is refused by a zip writer") {
  TemporaryFolder folder;
  AtomicFile out("save", folder / "a.zip");
  ZipWriter writer(out);
  for (const std::string& name : {std::string("../a"), std::string(), std::string(70000, 'n')})
    CHECK_THROWS_AS(writer.add(name, {text}), ValueError);
}
