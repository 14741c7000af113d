#pragma once

namespace taper::kernels {

/// The x whose error function is y: PyTorch's bits where the C library's log, exp and erf are glibc's. NaN outside
/// [-1, 1].
float inverse_erf(float y);
double inverse_erf(double y);

}  // namespace taper::kernels
