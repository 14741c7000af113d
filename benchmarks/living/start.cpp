#include <taper/taper.h>

int main() { return taper::ones({2, 2}).numel() == 4 ? 0 : 1; }
