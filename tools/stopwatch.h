/* stopwatch.h - a clock that only goes forward. */
#ifndef STOPWATCH_H
#define STOPWATCH_H

double stopwatch_seconds(void);

#endif
