// The loaded table says another id than the record.
#include "raw_plugin.hpp"

RAW_PLUGIN(table.id = "org.weightloom.test.somebody_else")
