#ifdef TAPER_PROGRAM
#include <limits>

#include "apps/program.h"
#include "catch.h"
#include "taper/io/tensor_files.h"
#include "taper/ops/create.h"
#include "taper/ops/pointwise.h"
#include "taper/ops/shape.h"

using namespace taper;
using taper_test::check_complaint;
using taper_test::ContainsSubstring;
using taper_test::run_taper;
using taper_test::TemporaryFolder;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

TensorMap small_model() {
  return {{"fc.weight", tensor({{3.0, -4.0}, {0.0, 0.0}})},
          {"fc.bias", tensor({1.0, not_a_number}, float64)},
          {"steps", tensor(7)},
          {"mask", tensor({true, false, true})},
          {"nothing", zeros({0, 3})}};
}

}  // namespace

TEST_CASE("taper show prints names, dtypes, shapes, norms and what else is to be known of each tensor") {
  TemporaryFolder folder;
  const std::string table =
      ": 5 tensors, 10 numbers, 43 bytes\n"
      "name       dtype    shape     norm  min  max     mean  NaN\n"
      "fc.weight  float32  [2, 2]       5   -4    3    -0.25    0\n"
      "fc.bias    float64  [2]          1    1    1        1    1\n"
      "steps      int64    []           7    7    7        7    0\n"
      "mask       bool     [3]     1.4142    0    1  0.66667    0\n"
      "nothing    float32  [0, 3]       -    -    -        -    0\n";
  for (const char* name : {"m.safetensors", "m.npz"}) {
    const std::string path = folder / name;
    save(small_model(), path);
    const auto [status, out, err] = run_taper("show " + path);
    CHECK(status == 0);
    CHECK(out == path + table);
    CHECK(err.empty());
  }
  save({{"x", tensor({2.0})}}, folder / "one.npy");
  CHECK_THAT(run_taper("show " + folder / "one.npy").out, ContainsSubstring("1 tensor, 1 numbers, 4 bytes"));
}

TEST_CASE("taper show prints word vectors, and no control characters that a file brings") {
  TemporaryFolder folder;
  const auto words = run_taper("show " + folder.file("v.vec", "2 2\ncat 1 2\n개 3 4\n"));
  CHECK_THAT(words.out, ContainsSubstring("vectors  float32  [2, 2]") && ContainsSubstring("words = ['cat', '개']\n"));
  save({{"\x1b[31m", tensor({2.0})}}, folder / "red.safetensors");
  CHECK_THAT(run_taper("show " + folder / "red.safetensors").out, ContainsSubstring("\\x1b[31m  float32"));
}

TEST_CASE("taper compare finds files equal across formats, with status 0") {
  TemporaryFolder folder;
  save(small_model(), folder / "a.npz");
  save(small_model(), folder / "b.safetensors");
  const std::string files = folder / "a.npz" + " " + folder / "b.safetensors";
  const auto [status, out, err] = run_taper("compare " + files + " --equal-nan");
  CHECK(status == 0);
  CHECK(out == "all 5 entries are close\n");
  CHECK(err.empty());
  CHECK(run_taper("compare " + files).status == 1);
}

TEST_CASE(
    "taper compare prints the worst tensors first, what differs otherwise, and names of one side, with status 1") {
  TemporaryFolder folder;
  const std::string a = folder / "a.npz", b = folder / "b.npz";
  save({{"near", tensor({1.0, 2.0})},
        {"w", tensor({{1.0, 2.0}, {3.0, 5.0}})},
        {"lost", tensor({not_a_number, 0.0})},
        {"ids", tensor({1, 2, 3})},
        {"shape", zeros({2, 3})},
        {"dtype", zeros({2})},
        {"left", zeros({1})}},
       a);
  save({{"near", tensor({1.0, 2.000001})},
        {"w", tensor({{1.0, 2.5}, {3.0, 4.0}})},
        {"lost", tensor({0.0, 0.0})},
        {"ids", tensor({1, 2, 5})},
        {"shape", zeros({3, 2})},
        {"dtype", zeros({2}, float64)},
        {"right", zeros({1})}},
       b);
  const auto [status, out, err] = run_taper("compare " + a + " " + b);
  CHECK(status == 1);
  CHECK(err.empty());
  CHECK(out ==
        "name  shape   mismatched           greatest absolute  greatest relative\n"
        "lost  [2]          1 / 2  (50.0%)  nan at (0,)        nan at (0,)\n"
        "ids   [3]          1 / 3  (33.3%)  2 at (2,)          0.4 at (2,)\n"
        "w     [2, 2]       2 / 4  (50.0%)  1 at (1, 1)        0.25 at (1, 1)\n"
        "dtype: The values for attribute 'dtype' do not match: torch.float32 != torch.float64.\n"
        "left: only in " +
            a +
            "\n"
            "shape: The values for attribute 'shape' do not match: torch.Size([2, 3]) != torch.Size([3, 2]).\n"
            "right: only in " +
            b +
            "\n"
            "7 differences among 6 common entries\n");
  CHECK_THAT(run_taper("compare " + a + " " + b + " -k 1").out, ContainsSubstring("and 2 more\n"));
  CHECK(
      run_taper("compare " + a + " " + b + " --rtol 1 --atol 2 --any-dtype --ignore '*t' --ignore '/^l|sh/'").status ==
      0);
}

TEST_CASE("taper compare renames A's names, one by one or all that begin alike, before it ignores any") {
  TemporaryFolder folder;
  const std::string a = folder / "a.npz", b = folder / "b.safetensors";
  save({{"model.fc.weight", ones({2})}, {"model.fc.bias", ones({1})}, {"extra", ones({1})}}, a);
  save({{"fc.weight", ones({2})}, {"fc.bias", ones({1})}}, b);
  const std::string files = "compare " + a + " " + b;
  CHECK(run_taper(files).status == 1);
  CHECK(run_taper(files + " --rename 'model.*=*' --ignore extra").status == 0);
  CHECK(
      run_taper(files + " --rename model.fc.weight=fc.weight --rename model.fc.bias=fc.bias --ignore 'ext?a'").status ==
      0);
  CHECK(run_taper(files + " --rename 'model.*=*' --ignore 'ext.a'").status == 1);
  check_complaint(files + " --rename fc.weight=x", "--rename fc.weight=x: " + a + " holds no such name");
  check_complaint(files + " --rename extra=model.fc.bias", "two tensors named 'model.fc.bias'");
  check_complaint(files + " --rename extra", "'extra' has no '='");
  check_complaint(files + " --rename =extra", "names nothing");
}

TEST_CASE("taper show and compare take a checkpoint's numbers, texts and settings along with its tensors") {
  TemporaryFolder folder;
  const TensorMap model{{"w", ones({2})}, {"b", zeros({1})}};
  const auto checkpoint = [&](const char* name, int epoch) {
    save(Dict{{"model", model},
              {"epoch", epoch},
              {"name", "run\n1"},
              {"optimizer", Dict{{"state", Dict{{0, Dict{{"exp_avg", ones({2})}}}}},
                                 {"param_groups", List{Dict{{"lr", 0.1}, {"betas", Value::tuple({0.9, 0.999})}}}}}},
              {2, "number"},
              {"2", "text"}},
         folder / name);
    return folder / name;
  };
  const std::string three = checkpoint("3.pt", 3), four = checkpoint("4.pt", 4), plain = folder / "m.safetensors";
  CHECK(run_taper("show " + three).out == three +
                                              ": 3 tensors, 5 numbers, 20 bytes\n"
                                              "name                       dtype    shape    norm  min  max  mean  NaN\n"
                                              "model.w                    float32  [2]    1.4142    1    1     1    0\n"
                                              "model.b                    float32  [1]         0    0    0     0    0\n"
                                              "optimizer.state.0.exp_avg  float32  [2]    1.4142    1    1     1    0\n"
                                              "epoch = 3\n"
                                              "name = 'run\\n1'\n"
                                              "optimizer.param_groups.0.lr = 0.1\n"
                                              "optimizer.param_groups.0.betas = (0.9, 0.999)\n"
                                              "2 = 'number'\n"
                                              "2 = 'text'\n");
  CHECK(run_taper("compare " + three + " " + three).out == "all 9 entries are close\n");
  const auto differing = run_taper("compare " + three + " " + four);
  CHECK(differing.status == 1);
  CHECK(differing.out == "epoch: 3 != 4\n1 difference among 9 common entries\n");
  save(model, plain);
  CHECK(run_taper("compare " + three + " " + plain + " --rename 'model.*=*' --ignore 'optimizer.*'").status == 0);
  CHECK_THAT(run_taper("compare " + three + " " + plain + " --rename 'model.*=*'").out,
             ContainsSubstring("optimizer.state.0.exp_avg: only in " + three));
}

TEST_CASE("taper show and compare refuse bad arguments and files with one line and status 2") {
  TemporaryFolder folder;
  const std::string good = folder / "good.npz", bad = folder.file("bad.safetensors", "\x08nonsense");
  save({{"x", ones({2})}}, good);
  check_complaint("show", "FILE is required");
  check_complaint("show " + folder / "none.pt", "none.pt': No such file or directory");
  check_complaint("show " + folder.path(), "Is a directory");
  check_complaint("show " + bad, "bad.safetensors:");
  check_complaint("show " + folder.file("empty", ""), "empty");
  check_complaint("compare " + good, "B is required");
  check_complaint("compare " + good + " " + bad, "bad.safetensors:");
  check_complaint("compare " + good + " " + folder / "none.npz", "none.npz': No such file");
  check_complaint("compare " + good + " " + good + " --rtol 1", "--rtol and --atol go together");
  check_complaint("compare " + good + " " + good + " --rtol 1 --atol -1", "a tolerance of -1 is not at least 0");
  check_complaint("compare " + good + " " + good + " --rtol nan --atol 1", "a tolerance of nan");
  check_complaint("compare " + good + " " + good + " --ignore '/(/'", "'/(/' is no regular expression");
  check_complaint("compare " + good + " " + good + " -k 0", "--count");
}

TEST_CASE("the helps of taper show and taper compare tell formats, patterns and exit status") {
  CHECK_THAT(run_taper("show --help").out, ContainsSubstring(".safetensors") && ContainsSubstring("norm"));
  CHECK_THAT(run_taper("compare --help").out, ContainsSubstring("--rename OLD=NEW") &&
                                                  ContainsSubstring("--ignore PATTERN") &&
                                                  ContainsSubstring("--rtol") && ContainsSubstring("1 a difference"));
}
#endif
