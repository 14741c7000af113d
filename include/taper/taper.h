#pragma once

/// All of Taper. Every header can be included alone as well; `taper/fmt.h`, which brings {fmt}, always is.

