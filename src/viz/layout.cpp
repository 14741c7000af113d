#include "viz/layout.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace taper::viz {
namespace {

constexpr double gap = 28;       // between neighbours of a row
constexpr double row_gap = 44;   // between rows
constexpr double margin = 20;    // around all
constexpr double way_width = 8;  // of a way past a row

/// A box, or a place where a way passes a row.
struct Item {
  double width;
  std::size_t row = 0;
  double x = 0;
  std::vector<std::size_t> above{}, below{};
};

class Rows {
 public:
  Rows(const Graph& graph, const std::vector<double>& widths) {
    for (const double width : widths) items_.push_back({width});
    choose_rows(graph);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
      for (const int from : graph.nodes[i].sources) connect(static_cast<std::size_t>(from), i);
    rows_.resize(1);
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (items_[i].row >= rows_.size()) rows_.resize(items_[i].row + 1);
      rows_[items_[i].row].push_back(i);
    }
    for (const auto& row : rows_) place_in_line(row);
    for (int pass = 0; pass < 6; ++pass) {
      for (std::size_t r = 1; r < rows_.size(); ++r) arrange(rows_[r], &Item::above);
      for (std::size_t r = rows_.size(); r-- > 1;) arrange(rows_[r - 1], &Item::below);
    }
    for (std::size_t r = 1; r < rows_.size(); ++r) arrange(rows_[r], &Item::above);
  }

  const std::vector<Item>& items() const { return items_; }
  const std::vector<std::vector<std::size_t>>& ways() const { return ways_; }
  std::size_t count() const { return rows_.size(); }

 private:
  /// A box that nothing feeds stands just above the first that it feeds; the inputs stand in the first row.
  void choose_rows(const Graph& graph) {
    const std::size_t count = graph.nodes.size();
    constexpr auto none = std::numeric_limits<std::size_t>::max();
    std::vector<std::size_t> highest(count, none);
    for (std::size_t i = 0; i < count; ++i)
      for (const int from : graph.nodes[i].sources)
        items_[i].row = std::max(items_[i].row, items_[static_cast<std::size_t>(from)].row + 1);
    for (std::size_t i = 0; i < count; ++i)
      for (const int from : graph.nodes[i].sources) {
        auto& row = highest[static_cast<std::size_t>(from)];
        row = std::min(row, items_[i].row);
      }
    for (std::size_t i = 0; i < count; ++i)
      if (graph.nodes[i].sources.empty() && !graph.nodes[i].inputs.empty() && highest[i] != none)
        items_[i].row = highest[i] - 1;
  }

  void connect(std::size_t from, std::size_t to) {
    std::vector<std::size_t> way{from};
    for (std::size_t row = items_[from].row + 1; row <= items_[to].row; ++row) {
      const std::size_t next = row == items_[to].row ? to : items_.size();
      if (next != to) items_.push_back({way_width, row});
      items_[way.back()].below.push_back(next);
      items_[next].above.push_back(way.back());
      way.push_back(next);
    }
    ways_.push_back(std::move(way));
  }

  void place_in_line(const std::vector<std::size_t>& row) {
    double x = 0;
    for (const std::size_t i : row) {
      items_[i].x = x + items_[i].width / 2;
      x += items_[i].width + gap;
    }
  }

  /// Brings each item of a row as near to the middle of its neighbours as the others let it.
  void arrange(std::vector<std::size_t>& row, std::vector<std::size_t> Item::*neighbours) {
    const auto wanted = [&](std::size_t i) {
      const auto& near = items_[i].*neighbours;
      if (near.empty()) return items_[i].x;
      double sum = 0;
      for (const std::size_t n : near) sum += items_[n].x;
      return sum / static_cast<double>(near.size());
    };
    std::vector<double> goal(items_.size());
    for (const std::size_t i : row) goal[i] = wanted(i);
    std::stable_sort(row.begin(), row.end(), [&](std::size_t a, std::size_t b) { return goal[a] < goal[b]; });
    double error = 0;
    for (std::size_t k = 0; k < row.size(); ++k) {
      Item& item = items_[row[k]];
      item.x = goal[row[k]];
      if (k > 0) {
        const Item& left = items_[row[k - 1]];
        item.x = std::max(item.x, left.x + (left.width + item.width) / 2 + gap);
      }
      error += item.x - goal[row[k]];
    }
    for (const std::size_t i : row) items_[i].x -= error / static_cast<double>(row.size());
  }

  std::vector<Item> items_;
  std::vector<std::vector<std::size_t>> rows_, ways_;
};

}  // namespace

Layout lay_out(const Graph& graph, const std::vector<double>& widths, double height) {
  Layout layout;
  if (graph.nodes.empty()) return {{}, {}, 2 * margin, 2 * margin};
  const Rows rows(graph, widths);
  double left = std::numeric_limits<double>::infinity(), right = -left;
  for (const Item& item : rows.items()) {
    left = std::min(left, item.x - item.width / 2);
    right = std::max(right, item.x + item.width / 2);
  }
  const auto center = [&](std::size_t i) {
    const Item& item = rows.items()[i];
    return Point{item.x - left + margin, margin + height / 2 + static_cast<double>(item.row) * (height + row_gap)};
  };
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) layout.centers.push_back(center(i));
  for (const auto& way : rows.ways()) {
    Layout::Edge edge;
    for (std::size_t k = 0; k < way.size(); ++k) {
      const Point middle = center(way[k]);
      if (k > 0) edge.points.push_back({middle.x, middle.y - height / 2});
      if (k + 1 < way.size()) edge.points.push_back({middle.x, middle.y + height / 2});
    }
    layout.edges.push_back(std::move(edge));
  }
  layout.width = right - left + 2 * margin;
  layout.height = 2 * margin + static_cast<double>(rows.count()) * (height + row_gap) - row_gap;
  return layout;
}

}  // namespace taper::viz
