#pragma once

// Highway in a namespace of Taper's own: its headers come from the system, the few functions that are no inline ones
// from targets.cpp. Debian's libhwy times the clock for 3 ms whenever a program that links it starts, and a program may
// link it besides, in another version. Nothing of <hwy/> may be included before this.
#define hwy taper_hwy  // NOLINT: the namespace's name, in its headers as well
#include <hwy/detect_targets.h>
#include <hwy/targets.h>
