/* check.c - the count behind the harness. */
#include "check.h"

int check_failures;
