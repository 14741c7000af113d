// Indexing as Python writes it, and index_put_.
#include "taper/ops/index.h"

#include <fmt/format.h>

#include "ops/elementwise.h"
#include "ops/index_rows.h"
#include "taper/base/error.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"

namespace taper {
namespace {

// An index tensor or mask that stands at dimension `dim` of the view and takes up `dims` of them.
struct Picker {
  int dim;
  int dims;
  Tensor index;
};

// An index expression with its integers, slices, None and Ellipsis already applied.
struct Selection {
  Tensor view;
  std::vector<Picker> pickers;

  Selection(const Tensor& x, const std::vector<Index>& indices);

 private:
  int add(const Tensor& index, int dim);
};

bool is_mask(const Tensor& index) { return index.dtype() == DType::bool_; }

int dims_taken(const Index& index) {
  switch (index.kind()) {
    case Index::Kind::integer:
    case Index::Kind::slice:
      return 1;
    case Index::Kind::tensor:
      return is_mask(index.tensor()) ? index.tensor().dim() : 1;
    default:
      return 0;
  }
}

// How many dimensions an ellipsis stands for.
int ellipsis_dims(const Tensor& x, const std::vector<Index>& indices) {
  int taken = 0;
  int ellipses = 0;
  for (const Index& index : indices) {
    taken += dims_taken(index);
    ellipses += index.kind() == Index::Kind::ellipsis ? 1 : 0;
  }
  if (ellipses > 1) throw IndexError(fmt::format("index: {} ellipses; one at most", ellipses));
  if (taken > x.dim())
    throw IndexError(fmt::format("index: indices for {} dimensions; the tensor has {}, its shape is {}", taken, x.dim(),
                                 to_string(x.shape())));
  return x.dim() - taken;
}

bool is_whole(const Slice& s) { return s.step == 1 && s.start.value_or(0) == 0 && !s.end; }

// Returns the dimension behind it.
int Selection::add(const Tensor& index, int dim) {
  if (!is_mask(index)) {
    detail::check_index_type("index", index);
    if (index.dim() == 0) {
      view = view.select(dim, index.item<std::int64_t>());
      return dim;
    }
    pickers.push_back({dim, 1, index});
    return dim + 1;
  }
  if (index.dim() == 0) {
    view = view.unsqueeze(dim);
    pickers.push_back({dim, 1, index.unsqueeze(0)});
    return dim + 1;
  }
  for (int d = 0; d < index.dim(); ++d)
    if (index.shape()[d] != view.shape()[dim + d])
      throw ShapeError(fmt::format("index: a mask of shape {} at dimension {} of a tensor of shape {}",
                                   to_string(index.shape()), dim, to_string(view.shape())));
  pickers.push_back({dim, index.dim(), index});
  return dim + index.dim();
}

Selection::Selection(const Tensor& x, const std::vector<Index>& indices) : view(x) {
  const int missing = ellipsis_dims(x, indices);
  int dim = 0;
  for (const Index& index : indices) {
    switch (index.kind()) {
      case Index::Kind::integer:
        view = view.select(dim, index.integer());
        break;
      case Index::Kind::slice: {
        const Slice& s = index.slice();
        if (!is_whole(s)) view = view.slice(dim, s.start, s.end, s.step);
        ++dim;
        break;
      }
      case Index::Kind::none:
        view = view.unsqueeze(dim++);
        break;
      case Index::Kind::ellipsis:
        dim += missing;
        break;
      case Index::Kind::tensor:
        dim = add(index.tensor(), dim);
        break;
    }
  }
}

bool neighbours(const std::vector<Picker>& pickers) {
  for (std::size_t i = 1; i < pickers.size(); ++i)
    if (pickers[i].dim != pickers[i - 1].dim + pickers[i - 1].dims) return false;
  return true;
}

// Brings the dimensions that pickers stand at to the front, in their order.
void move_to_front(Selection& s) {
  Shape order;
  Shape rest;
  std::size_t next = 0;
  for (int d = 0; d < s.view.dim();) {
    if (next == s.pickers.size() || d != s.pickers[next].dim) {
      rest.push_back(d++);
      continue;
    }
    Picker& picker = s.pickers[next++];
    picker.dim = order.size();
    for (int k = 0; k < picker.dims; ++k) order.push_back(d++);
  }
  for (const std::int64_t d : rest) order.push_back(d);
  s.view = s.view.permute(order);
}

// The pickers of a selection as one index into their dimensions taken together.
struct Pick {
  Tensor view;
  Tensor index;
  detail::Rows rows;
};

Tensor flat(const Picker& picker, const Tensor& view) {
  return is_mask(picker.index) ? detail::flat_nonzero(picker.index)
                               : detail::wrapped_index("index", picker.index, view.shape()[picker.dim]);
}

Pick combine(Selection s) {
  if (!neighbours(s.pickers)) move_to_front(s);
  const Picker& first = s.pickers.front();
  const Picker& last = s.pickers.back();
  Tensor index = flat(first, s.view);
  for (std::size_t i = 1; i < s.pickers.size(); ++i) {
    const Picker& picker = s.pickers[i];
    std::int64_t size = 1;
    for (int d = picker.dim; d < picker.dim + picker.dims; ++d) size *= s.view.shape()[d];
    const Tensor next = flat(picker, s.view);
    broadcast_shapes("index", index.shape(), next.shape());
    index = index.to(DType::int64) * size + next;
  }
  const detail::Rows rows(s.view.shape(), first.dim, last.dim + last.dims, index.shape());
  return {s.view, index, rows};
}

}  // namespace

Tensor index(const Tensor& x, const std::vector<Index>& indices) {
  Selection s(x, indices);
  if (s.pickers.empty()) return s.view;
  const Pick pick = combine(std::move(s));
  return detail::take_rows("IndexBackward0", pick.view, pick.index, pick.rows);
}

Tensor Tensor::operator[](std::int64_t i) const { return select(0, i); }
Tensor Tensor::operator[](const Slice& rows) const { return taper::index(*this, {rows}); }
Tensor Tensor::operator[](NoneIndex) const { return taper::index(*this, {None}); }
Tensor Tensor::operator[](EllipsisIndex) const { return taper::index(*this, {Ellipsis}); }

Tensor Tensor::operator[](const Tensor& index) const {
  // The lookup of rows, without the detour over a list of indices.
  if (dim() > 0 && index.dim() > 0 && (index.dtype() == DType::int64 || index.dtype() == DType::int32)) {
    const Tensor rows = detail::wrapped_index("index", index, shape()[0]);
    return detail::take_rows("IndexBackward0", *this, rows, detail::Rows(shape(), 0, 1, index.shape()));
  }
  return taper::index(*this, {index});
}

Tensor Tensor::index(const std::vector<Index>& indices) const { return taper::index(*this, indices); }

Tensor& Tensor::index_put_(const std::vector<Index>& indices, const Tensor& value) {
  Selection s(*this, indices);
  if (s.pickers.empty()) {
    s.view.copy_(value);
    return *this;
  }
  Pick pick = combine(std::move(s));
  if (broadcast_shapes("index_put_", pick.rows.result, value.shape()) != pick.rows.result)
    throw ShapeError(fmt::format("index_put_: a value of shape {} does not fit into {}", to_string(value.shape()),
                                 to_string(pick.rows.result)));
  if (would_record({pick.view, value}) || !pick.view.is_contiguous()) {
    detail::in_place("index_put_", pick.view, {value},
                     [&](const Tensor& self) { return detail::put_rows(self, value, pick.index, pick.rows); });
    return *this;
  }
  detail::check_in_place("index_put_", pick.view, false);
  detail::write_rows(pick.view, value.shares_memory_with(*this) ? value.clone() : value, pick.index, pick.rows);
  detail::bump_version(*this);
  return *this;
}

Tensor& Tensor::index_put_(const std::vector<Index>& indices, Scalar value) {
  return index_put_(indices, detail::wrap_number(value));
}

}  // namespace taper
