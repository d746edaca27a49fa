/* clock.h - time that only goes forward, for times per stage and layer. */
#ifndef HP_CLOCK_H
#define HP_CLOCK_H

/* Microseconds since some moment in the past. */
double hp_clock_us(void);

#endif
