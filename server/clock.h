/* clock.h - the one clock of deadlines and times. */
#ifndef HPS_CLOCK_H
#define HPS_CLOCK_H

#include <stdint.h>

/* Never goes back; its zero means nothing. */
int64_t hps_clock_us(void);

#endif
