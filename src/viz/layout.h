#pragma once

#include <vector>

#include "viz/graph.h"

namespace taper::viz {

struct Point {
  double x, y;
};

/// Where the boxes of a graph stand, in rows from top to bottom, and the ways between them.
struct Layout {
  struct Edge {
    std::vector<Point> points;  // from the bottom of a box to the top of another, one for each row between
  };
  std::vector<Point> centers;  // one for each node
  std::vector<Edge> edges;
  double width = 0, height = 0;
};

/// Boxes of the given widths and one height: each in the row below the lowest that it is fed by. A way past a row gets
/// a place of its own there, and no two boxes or ways of a row overlap.
Layout lay_out(const Graph& graph, const std::vector<double>& widths, double height);

}  // namespace taper::viz
