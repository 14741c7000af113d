#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

#include "taper/tensor/tensor_map.h"
#include "taper/tensor/value.h"

namespace taper {

/// Keywords of load and load_value.
struct LoadOptions {
  /// The most bytes that the loaded tensors may hold together, mapped or not; 0 is no limit.
  std::int64_t max_bytes = 0;
  /// Whether tensors may lie in the file, which is then not read until they are touched: those of a file of at least
  /// 1 MiB whose elements stand there, aligned, as they are in memory (row-major, little-endian, not compressed, and of
  /// a dtype of ours; a bool never). Writing to such a tensor takes a private copy of the page and never changes the
  /// file; set_memory_limit does not count it. save() may replace the file, it does not write into it; but a program
  /// that writes into the file changes the tensors, and one that cuts it, or a disk that fails, ends the process with
  /// SIGBUS when they are touched: false reads all of it at once.
  bool mmap = true;
  /// Whether the checksums of zip archives (.pt, .npz) are checked, for which every byte is read once, mapped or not
  /// (at about 1 GB/s, without keeping it).
  bool check_crc = true;
  /// Whether what was not taken as it stands in the file is said, by one taper::warn for the file: "model.pt:
  /// 'fc.weight' and 3 more are float16, loaded as float32".
  bool warn = true;
  /// Where that is put instead, one sentence for each kind, and nothing is warned.
  std::vector<std::string>* notes = nullptr;
};

/// Reads a file whose format its content tells:
/// - .pt, as torch.save writes it, before PyTorch 1.6, too. Dicts, Counters, lists, tuples, numbers, texts and tensors
///   come as they are, an OrderedDict as a dict, a torch.Size as a tuple, a set as a list, a dtype, a device or the
///   method that a OneCycleLR's state holds as its name and a number of numpy's as a number. Views and whatever shares
///   a storage share memory; a tensor that comes twice is one; requires_grad is as in the file.
/// - .safetensors, .npz or .npy: a dict of tensors in the file's order of names, row-major and detached; an .npy array
///   is named "arr_0", as numpy.savez names it. Bytes behind an array's data are ignored, as by numpy, and that is
///   said.
///
/// Big-endian and column-major arrays are converted; float16 and bfloat16 become float32, 8- and 16-bit integers int32,
/// uint32 int64.
///
/// Everything is checked against the file's own length before it is allocated, and all of the file is read or nothing.
/// Throws IoError (missing or unreadable), FormatError (`path:offset: what is wrong`), TypeError (a dtype that no
/// tensor can hold exactly: complex, quantised, uint64, text, objects) and ResourceError (more than `max_bytes`, or too
/// many objects). Nothing in the file is executed: a pickle may name tensors and containers only.
Value load_value(const std::string& path, const LoadOptions& options = {});

/// The tensors of load_value by their names: those of a nested dict joined by '.' ("model.fc.weight",
/// "optimizer.state.0.exp_avg"), those of a list by their number, one that stands alone "arr_0". Everything else in the
/// file is left out. ValueError where two would have one name.
TensorMap load(const std::string& path, const LoadOptions& options = {});

/// Writes the tensors in the format that the path's ending names:
/// - ".pt" or ".pth", as torch.save(OrderedDict, path) does: torch.load reads it, and views and tensors that share a
///   storage do so there, too; the whole of each storage is written once.
/// - ".safetensors", ".npz" (stored, as numpy.savez) or, for exactly one tensor, ".npy": row-major and little-endian.
///
/// The file appears whole or not at all. Throws ValueError for another ending, for a name that the format cannot hold
/// and for a sparse tensor in any but a .pt file; IoError where it cannot be written.
void save(const TensorMap& tensors, const std::string& path);

namespace detail {
void save_value(const Value& tree, const std::string& path);
}  // namespace detail

/// Writes a tree to a .pt file: save(Dict{{"model", model.state_dict()}, {"epoch", 3}}, "checkpoint.pt"). A part that
/// is there twice is one object there. Another format takes a dict of tensors alone; ValueError for any other tree, for
/// text that is not UTF-8 and for more than 1000 levels. (A template, so that braces mean a TensorMap.)
template <class T>
requires std::same_as<T, Value> || std::same_as<T, Dict> || std::same_as<T, List>
void save(const T& tree, const std::string& path) { detail::save_value(tree, path); }

}  // namespace taper
