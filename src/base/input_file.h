#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace taper {

/// A file open for reading; whoever opens it closes it.
struct InputFile {
  int descriptor = -1;
  std::int64_t size = 0;
};

/// What a reader takes at a time.
inline constexpr std::size_t input_buffer_size = std::size_t{1} << 20;

/// Opens a regular file. IoError `op: 'path': the system's words` for one that is missing or unreadable, for a folder,
/// and for a pipe or a device, which could not be read twice; nothing waits.
InputFile open_input(std::string_view op, const std::string& path);

/// The next bytes, at most `room`; 0 at the end. IoError where the system says so.
std::size_t read_input(std::string_view op, const std::string& path, int descriptor, char* out, std::size_t room);

/// Closes the descriptor, where there is one, and sets it to -1.
void close_input(int& descriptor) noexcept;

/// FormatError where a file that begins with `start` is compressed: `path:0: gzip data; decompress first`.
/// Of a zip archive it also says what opens tensors.
void refuse_compressed(const std::string& path, std::string_view start);

}  // namespace taper
