#include "catch.h"
#include "taper/base/error.h"
#include "taper/nn/activation.h"
#include "taper/nn/container.h"
#include "taper/nn/embedding.h"
#include "taper/nn/flatten.h"
#include "taper/nn/layer_norm.h"
#include "taper/nn/linear.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/reduce.h"
#include "taper/ops/shape.h"
#include "taper/viz/plot_model.h"
#include "temporary_folder.h"

using namespace taper;
using taper_test::ContainsSubstring;
using taper_test::TemporaryFolder;

namespace {

struct Bert : nn::Module {
  nn::Embedding words{50, 8}, positions{16, 8}, types{2, 8};
  nn::LayerNorm norm{Shape{8}};
  nn::Sequential head{nn::Linear(8, 8), nn::ReLU()};
  nn::Linear again{8, 8};
  Tensor forward(const Tensor& ids, const Tensor& kinds) {
    const Tensor w = words(ids);
    const Tensor p = positions(arange(ids.size(1)));
    const Tensor sum = w + p + types(kinds);
    Tensor x = norm(sum);
    x.relu_();
    const Tensor y = head(x);
    return again(again(y + x)) + sum;
  }
  TAPER_MODULE(words, positions, types, norm, head, again)
};

std::string plotted(const TemporaryFolder& folder, Bert& model, const char* name) {
  plot_model(model, {{.shape = {5}, .dtype = int32}, {.shape = {5}, .dtype = int64}}, folder / name);
  return taper_test::content_of(folder / name);
}

/// Runs Python on a file; its standard output.
std::string python(const TemporaryFolder& folder, const std::string& program, const std::string& file) {
  const std::string out = folder / "python.out";
  const std::string command =
      "/usr/bin/python3 " + folder.file("check.py", program) + " " + file + " >" + out + " 2>&1";
  const int status = std::system(command.c_str());
  return status == 0 ? taper_test::content_of(out) : "failed: " + taper_test::content_of(out);
}

}  // namespace

TEST_CASE("plot_model writes graphviz's text of a chain") {
  TemporaryFolder folder;
  nn::Sequential model{nn::Embedding(5, 10), nn::Flatten(), nn::Linear(50, 2)};
  plot_model(model, {5}, int32, folder / "model.dot");
  CHECK(taper_test::content_of(folder / "model.dot") ==
        "digraph \"sequential\" {\n"
        "  rankdir=TB;\n"
        "  node [shape=record, fontname=\"Helvetica\"];\n"
        "  n0 [label=\"input: int32|{(None, 5)}\"];\n"
        "  n1 [label=\"embedding: Embedding|{{input:|output:}|{(None, 5)|(None, 5, 10)}}\"];\n"
        "  n2 [label=\"flatten: Flatten|{{input:|output:}|{(None, 5, 10)|(None, 50)}}\"];\n"
        "  n3 [label=\"linear: Linear|{{input:|output:}|{(None, 50)|(None, 2)}}\"];\n"
        "  n0 -> n1;\n"
        "  n1 -> n2;\n"
        "  n2 -> n3;\n"
        "}\n");
}

TEST_CASE("plot_model follows values through sums, changes in place, modules inside others and repeated calls") {
  TemporaryFolder folder;
  Bert model;
  const Tensor before = model.again.weight.clone();
  const std::string text = plotted(folder, model, "bert.dot");
  const std::vector<std::string> nodes{
      "input_1: int32",  "input_2: int64",      "words: Embedding", "positions: Embedding", "types: Embedding",
      "norm: LayerNorm", "head.linear: Linear", "head.re_lu: ReLU", "again: Linear",        "again (call 2): Linear"};
  for (std::size_t i = 0; i < nodes.size(); ++i)
    CHECK_THAT(text, ContainsSubstring("n" + std::to_string(i) + " [label=\"" + nodes[i] + "|"));
  const std::size_t first = text.find(" -> ");
  CHECK(text.substr(text.rfind('\n', first) + 1) ==
        "  n0 -> n2;\n"
        "  n1 -> n4;\n"
        "  n2 -> n5;\n  n3 -> n5;\n  n4 -> n5;\n"
        "  n5 -> n6;\n"
        "  n6 -> n7;\n"
        "  n5 -> n8;\n  n7 -> n8;\n"
        "  n8 -> n9;\n"
        "}\n");
  CHECK(model.again.weight.requires_grad());
  CHECK_FALSE(model.again.weight.grad().defined());
}

TEST_CASE("plot_model's pictures are well-formed, hold all texts, and nothing lies outside or on something else") {
  TemporaryFolder folder;
  Bert model;
  plotted(folder, model, "bert.svg");
  const std::string program = R"(
import sys, xml.etree.ElementTree as tree
svg = tree.parse(sys.argv[1]).getroot()
space = '{http://www.w3.org/2000/svg}'
assert svg.tag == space + 'svg'
width, height = float(svg.get('width')), float(svg.get('height'))
assert svg.get('viewBox') == f'0 0 {width:.0f} {height:.0f}'
boxes = []
for group in svg.iter(space + 'g'):
    x, y, w, h = (float(group.find(space + 'rect').get(k)) for k in ('x', 'y', 'width', 'height'))
    assert 0 <= x and 0 <= y and x + w <= width and y + h <= height
    assert all(x + w <= a or a + b <= x or y + h <= c or c + d <= y for a, c, b, d in boxes), 'boxes overlap'
    for text in group.iter(space + 'text'):
        assert len(text.text) * 7.8 <= w, text.text
    boxes.append((x, y, w, h))
    print([text.text for text in group.iter(space + 'text')])
print(len([p for p in svg.iter(space + 'path') if p.get('class') == 'way']), 'ways')
)";
  const std::string found = python(folder, program, folder / "bert.svg");
  CHECK_THAT(found, ContainsSubstring("['input_2', 'int64', '(None, 5)']\n") &&
                        ContainsSubstring("['norm', 'LayerNorm', 'in   (None, 5, 8)', 'out  (None, 5, 8)']\n") &&
                        ContainsSubstring("['again (call 2)', 'Linear', ") && ContainsSubstring("10 ways\n"));
}

TEST_CASE("names of all kinds are escaped in pictures and in graphviz's text") {
  TemporaryFolder folder;
  nn::Sequential model;
  model.add_module("<a> & \"b\" {c|d}\\ \x01\xff 임베딩", nn::Linear(2, 2));
  plot_model(model, {2}, folder / "m.svg");
  CHECK(python(folder,
               "import sys, xml.etree.ElementTree as t\n"
               "print(ascii([x.text for x in t.parse(sys.argv[1]).getroot().iter() if x.get('class') == 'name']))",
               folder / "m.svg") == "['input', '<a> & \"b\" {c|d}\\\\ \\ufffd\\ufffd \\uc784\\ubca0\\ub529']\n");
  plot_model(model, {2}, folder / "m.dot");
  CHECK_THAT(taper_test::content_of(folder / "m.dot"),
             ContainsSubstring("label=\"\\<a\\> & \\\"b\\\" \\{c\\|d\\}\\\\  \xff 임베딩: Linear|"));
}

TEST_CASE("plot_model refuses other endings and models that cannot run, and leaves the old file alone") {
  TemporaryFolder folder;
  nn::Sequential model{nn::Embedding(5, 10)};
  const std::string old = folder.file("model.svg", "old");
  CHECK_THROWS_WITH(plot_model(model, {5}, int32, folder / "model.png"),
                    ContainsSubstring("model.png' has an ending that names no format; use .svg or .dot"));
  CHECK_THROWS_AS(plot_model(model, {5}, int32, folder / "model"), ValueError);
  CHECK_THROWS_AS(plot_model(model, {5}, float32, old), TypeError);
  CHECK(taper_test::content_of(old) == "old");
  CHECK_THROWS_AS(plot_model(model, {5}, int32, folder / "none/model.svg"), IoError);
  plot_model(model, {5}, int32, old);
  CHECK_THAT(taper_test::content_of(old), ContainsSubstring("</svg>\n"));
  CHECK(model.training);
}
