#pragma once

#include <taper/tensor/value.h>

#include <string>
#include <utility>
#include <vector>

namespace taper_program {

/// What a file holds, by names: those of a tree joined by '.'.
struct FileContent {
  std::vector<std::pair<std::string, taper::Tensor>> tensors;
  std::vector<std::pair<std::string, taper::Value>> others;  ///< numbers, texts, lists of these
  std::vector<std::string> notes;                            ///< what was not taken as it stands in the file
};

/// Reads whatever of Taper's formats it is: a file of tensors by its content, otherwise word vectors, whose matrix is
/// called "vectors" and whose words are a list "words".
FileContent read_file(const std::string& path);

/// A name or text with control characters escaped.
std::string printable(const std::string& text);

}  // namespace taper_program
