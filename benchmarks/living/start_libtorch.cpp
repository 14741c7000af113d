#include <torch/torch.h>

int main() { return torch::ones({2, 2}).numel() == 4 ? 0 : 1; }
