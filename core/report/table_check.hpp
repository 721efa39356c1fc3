#pragma once
#include "weightloom/report/table.hpp"

namespace weightloom {

// Throws kUsage "table.cells" when a row has more cells than the table has columns.
void check_cells(const Table& table);

}  // namespace weightloom
