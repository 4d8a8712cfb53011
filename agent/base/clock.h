/*
 * clock.h - how much time has passed, whatever becomes of the date.
 */
#ifndef NAMESAKE_BASE_CLOCK_H
#define NAMESAKE_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds on a clock that never jumps (CLOCK_MONOTONIC). For waits; dates are time(). */
int64_t clock_ms(void);

/* Whole seconds since a moment of that clock. */
uint32_t clock_seconds_since(int64_t start_ms);

#endif
