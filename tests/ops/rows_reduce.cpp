#include "ops/table.h"

namespace taper_test {

Rows reduce_rows() { return {}; }

}  // namespace taper_test
