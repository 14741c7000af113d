// The tape on its own: gradients, gradients of gradients, a check by differences, and an operation of one's own.
#include <taper/taper.h>

#include <iostream>

using namespace taper;

struct Cube : autograd::Function<Cube> {
  static Tensor forward(Context& ctx, const Tensor& x) {
    ctx.save_for_backward({x});
    return x * x * x;
  }
  static Tensor backward(Context& ctx, const Tensor& grad) { return grad * 3 * ctx.saved(0).square(); }
};

int main() {
  Tensor x = tensor({1.0, 2.0, 3.0}, {.requires_grad = true});
  Tensor y = (x * x).sum();
  y.backward();
  std::cout << "2x      = " << x.grad() << '\n';

  Tensor g = autograd::grad({(x * x * x).sum()}, {x}, {.create_graph = true})[0];
  std::cout << "3x^2    = " << g << '\n';
  g.sum().backward();
  std::cout << "2x + 6x = " << x.grad() << '\n';

  {
    NoGradGuard no_grad;
    x -= 0.1 * x.grad();
  }
  std::cout << "x       = " << x << '\n';

  const auto fn = [](const Tensor& t) { return Cube::apply(t).sum(); };
  std::cout << "checked = " << std::boolalpha << autograd::gradcheck(fn, {x.to(float64)}) << '\n';

  Tensor z = Cube::apply(x);
  std::cout << "z       = " << z << '\n';

  try {
    y.backward();
  } catch (const GradError& error) {
    std::cout << error.what() << '\n';
  }
}
