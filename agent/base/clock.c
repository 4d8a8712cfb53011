/* clock.c - the clock that never jumps. */
#include "agent/base/clock.h"

#include <time.h>

int64_t clock_ms(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint32_t clock_seconds_since(int64_t start_ms)
{
    return (uint32_t)((clock_ms() - start_ms) / 1000);
}
