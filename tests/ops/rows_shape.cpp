#include "ops/table.h"

namespace taper_test {

Rows shape_rows() { return {}; }

}  // namespace taper_test
