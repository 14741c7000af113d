#include "ops/table.h"

namespace taper_test {

Rows create_rows() { return {}; }

}  // namespace taper_test
