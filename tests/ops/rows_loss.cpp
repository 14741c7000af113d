#include "ops/table.h"

namespace taper_test {

Rows loss_rows() { return {}; }

}  // namespace taper_test
