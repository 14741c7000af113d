#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "taper/tensor/tensor.h"
#include "taper/text/word_index.h"

namespace taper::text {

/// A word and the cosine of the angle to what was asked for.
struct Neighbor {
  std::string word;
  double similarity;
};

struct LoadVectorsOptions {
  bool strict = true;    ///< false passes over lines that cannot be read and takes as many words as there are
  std::int64_t dim = 0;  ///< numbers per word, for a file without a header whose words hold blanks; 0 counts them
  bool reject_invalid_utf8 =
      false;                      ///< a word that is not UTF-8 is an error; otherwise its bytes are taken as they are
  std::int64_t max_word = 10000;  ///< bytes; a longer word is an error
  std::int64_t max_bytes = 0;     ///< memory that the numbers may take; 0 is no limit
};

/// Words, each with a vector of `dim` finite float32. Never changes once made.
class WordVectors {
 public:
  WordVectors() = default;
  /// `values` holds the vectors one after the other. ShapeError where their number is not words x dim, ValueError for a
  /// word that is there twice or a dim below 1, NumericError for a value that is not finite.
  WordVectors(std::span<const std::string> words, std::vector<float> values, std::int64_t dim);

  /// The rows of a floating-point matrix [words, dim], such as the weight of an nn::Embedding; copied, as float32.
  /// TypeError for another dtype, otherwise as above.
  WordVectors(std::span<const std::string> words, const Tensor& matrix);

  std::int64_t size() const { return words_.size(); }
  std::int64_t dim() const { return dim_; }
  bool contains(std::string_view word) const { return words_.find(word) >= 0; }
  /// The word's row; an IndexError that names the nearest spellings where there is none.
  std::int64_t id(std::string_view word) const;
  /// The word of a row. IndexError outside [0, size()).
  std::string_view word(std::int64_t id) const { return words_.word(id); }
  /// The word's vector, as long as this object lives. IndexError as id().
  std::span<const float> operator[](std::string_view word) const;
  /// All vectors, one after the other.
  std::span<const float> values() const { return values_; }
  /// A copy of them as a float32 tensor [size, dim], for nn::Embedding::from_pretrained.
  Tensor matrix() const;

  /// The cosine of two words' vectors; 0 where one is zero.
  double similarity(std::string_view a, std::string_view b) const;
  /// The `k` words nearest by cosine, nearest first, the word itself left out; the lower row first where two are
  /// equally near, and 0 for a zero vector. ValueError where k is negative.
  std::vector<Neighbor> neighbors(std::string_view word, std::int64_t k = 10) const;
  /// The same for any vector of `dim` numbers, the rows of `except` left out. ShapeError for another length.
  std::vector<Neighbor> neighbors(std::span<const float> vector, std::int64_t k = 10,
                                  std::span<const std::int64_t> except = {}) const;
  /// a is to b as c is to ...: the words nearest to b - a + c, each at length 1, these three left out (3CosAdd).
  std::vector<Neighbor> analogy(std::string_view a, std::string_view b, std::string_view c, std::int64_t k = 1) const;

  /// Writes word2vec's text format, whole or not at all: the line `COUNT DIM`, then a line `word number ... number` for
  /// each word, with as many digits as give the same float32 back. ValueError for a word that is empty, holds a line
  /// break or begins or ends with a blank; IoError where writing fails.
  void save(const std::string& path) const;

  /// Reads word2vec's text format, and GloVe's, which has no first line `COUNT DIM`. Blanks or tabs between numbers, CR
  /// LF, a byte order mark, empty lines, blanks at line ends and a missing last newline are all taken. The last `dim`
  /// parts of a line are the numbers and all before them the word, which may hold blanks. Of a word that comes twice
  /// the first counts. FormatError `file:line` where the file is something else or is cut short, IoError where it
  /// cannot be read, ResourceError beyond max_bytes. What was passed over goes to `notes`, at most a hundred lines.
  static WordVectors load(const std::string& path, const LoadVectorsOptions& options = {},
                          std::vector<std::string>* notes = nullptr);

 private:
  void measure();

  WordIndex words_;
  std::vector<float> values_;
  std::vector<float> scales_;  // 1 / length, 0 for a zero vector
  std::int64_t dim_ = 0;
};

}  // namespace taper::text
