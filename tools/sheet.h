/* sheet.h - a contact sheet: who wears no hat, at a glance. */
#ifndef SHEET_H
#define SHEET_H

#include <stdbool.h>

#include "answer.h"
#include "cutouts.h"
#include "outputs.h"
#include "pixmap.h"
#include "settings.h"
#include "sink.h"

typedef struct sheet_tile {
    char *file;     /* and frame */
    char *message;  /* of a failed picture; NULL: a person or a head */
    int64_t person; /* -1: a head whose pose was not found */
    int32_t state, reason;
    double hat_score;
    cutout head;
} sheet_tile;

typedef struct sheet {
    const settings *settings; /* sheet NULL: nothing to do */
    console *console;
    sheet_tile *tiles;
    size_t count, capacity;
    cutouts heads;
    pixmap head; /* the one at work */
    sink first;
    bool broken; /* the user was told */
} sheet;

/* False: the user was told what is wrong with --sheet. */
bool sheet_plan(sheet *s, const settings *wanted, console *c, outputs *o);
/* Begins the first page's file, so that a wrong place is known before the
 * work. False: the user was told. */
bool sheet_open(sheet *s);
/* A tile for each person of the picture, and for each head of nobody. */
void sheet_add(sheet *s, hatpose_context *context, const answer *a,
               const pixmap *picture);
void sheet_add_failed(sheet *s, const answer *a);
/* One file, or numbered ones. False: the user was told. */
bool sheet_write(sheet *s, hatpose_context *context, const char *summary);
void sheet_release(sheet *s);

#endif
