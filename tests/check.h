/* check.h - the smallest test harness: a test is a function, a failed CHECK
 * prints where and what and makes the program fail. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

extern int check_failures; /* of the whole program */

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            check_failures++;                                                  \
        }                                                                      \
    } while (0)

/* The same with more to say: format and values. */
#define CHECK_MESSAGE(condition, ...)                                          \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);    \
            fprintf(stderr, __VA_ARGS__);                                      \
            fputc('\n', stderr);                                               \
            check_failures++;                                                  \
        }                                                                      \
    } while (0)

#define RUN(test)                                                              \
    do {                                                                       \
        int before = check_failures;                                           \
        test();                                                                \
        printf("%s %s\n", check_failures == before ? "ok  " : "FAIL", #test);  \
    } while (0)

/* Work that is bounded may take so much longer where each instruction of the
 * machine is made of many of another's. */
#ifdef CHECK_EMULATED
enum { CHECK_TIMES = 10 };
#else
enum { CHECK_TIMES = 1 };
#endif

/* ctest shows a program that ends with 77 as skipped. */
enum { CHECK_SKIPPED = 77 };

#define CHECK_EXIT() return check_failures == 0 ? 0 : 1

#endif
