/* json.c - a result as the native JSON object. Every text in it is one of our
 * own constants, so nothing needs escaping. */
#include "result/json.h"

#include <math.h>
#include <string.h>

#include "base/skeleton.h"
#include "result/number.h"
#include "result/wording.h"

enum { PIXEL_DECIMALS = 2, SCORE_DECIMALS = 4, TIME_DECIMALS = 1 };

/* Counts everything and keeps what fits. */
typedef struct writer {
    char *text;
    size_t capacity, length;
} writer;

static void put_bytes(writer *w, const char *bytes, size_t count)
{
    if (w->length < w->capacity && count <= w->capacity - w->length)
        memcpy(w->text + w->length, bytes, count);
    w->length += count;
}

static void put(writer *w, const char *text)
{
    put_bytes(w, text, strlen(text));
}

static void put_number(writer *w, double value, int decimals)
{
    char digits[HP_NUMBER_BYTES];

    put_bytes(w, digits, hp_number_write(value, decimals, digits));
}

/* ,"name": - or without the comma after a brace or bracket. */
static void put_key(writer *w, const char *separator, const char *name)
{
    put(w, separator);
    put(w, "\"");
    put(w, name);
    put(w, "\":");
}

static void put_word(writer *w, const char *word)
{
    put(w, "\"");
    put(w, word);
    put(w, "\"");
}

/* An index or id; -1 is none. */
static void put_index(writer *w, int32_t index)
{
    if (index < 0)
        put(w, "null");
    else
        put_number(w, index, 0);
}

static void put_box(writer *w, double left, double top, double width,
                    double height)
{
    const double sides[4] = {left, top, width, height};

    for (int i = 0; i < 4; i++) {
        put(w, i == 0 ? "[" : ",");
        put_number(w, sides[i], PIXEL_DECIMALS);
    }
    put(w, "]");
}

static void put_keypoint(writer *w, const hatpose_keypoint *keypoint)
{
    /* Written this way NaN is not found either. */
    if (!(keypoint->score > 0) || !isfinite(keypoint->score) ||
        !isfinite(keypoint->x) || !isfinite(keypoint->y)) {
        put(w, "null");
        return;
    }
    put(w, "[");
    put_number(w, keypoint->x, PIXEL_DECIMALS);
    put(w, ",");
    put_number(w, keypoint->y, PIXEL_DECIMALS);
    put(w, ",");
    put_number(w, keypoint->score, SCORE_DECIMALS);
    put(w, "]");
}

static void put_hat_state(writer *w, int32_t state, int32_t reason,
                          double score, int32_t hat_index)
{
    put_key(w, ",", "hat");
    put_key(w, "{", "state");
    put_word(w, hp_hat_state_string(state));
    put_key(w, ",", "score");
    put_number(w, score, SCORE_DECIMALS);
    put_key(w, ",", "hat");
    put_index(w, hat_index);
    put_key(w, ",", "reason");
    put_word(w, hp_hat_reason_string(reason));
    put(w, "}");
}

static void put_person(writer *w, const hatpose_person *person, uint32_t index)
{
    put_key(w, "{", "index");
    put_number(w, index, 0);
    put_key(w, ",", "id");
    put_index(w, person->id);
    put_key(w, ",", "score");
    put_number(w, person->score, SCORE_DECIMALS);
    put_key(w, ",", "box");
    put_box(w, person->left, person->top, person->width, person->height);
    put_key(w, ",", "keypoints");
    for (int i = 0; i < HATPOSE_KEYPOINT_COUNT; i++) {
        put_key(w, i == 0 ? "{" : ",", hp_keypoint_names[i]);
        put_keypoint(w, &person->keypoints[i]);
    }
    put(w, "}");
    put_hat_state(w, person->hat_state, person->hat_reason, person->hat_score,
                  person->hat_index);
    put(w, "}");
}

static void put_hat(writer *w, const hatpose_hat *hat)
{
    const char *source = hp_hat_source_string(hat->source);

    put_key(w, "{", "box");
    put_box(w, hat->left, hat->top, hat->width, hat->height);
    put_key(w, ",", "score");
    put_number(w, hat->score, SCORE_DECIMALS);
    put_key(w, ",", "person");
    put_index(w, hat->person_index);
    put_key(w, ",", "held_by");
    put_index(w, hat->holder_index);
    put_key(w, ",", "source");
    if (source != NULL)
        put_word(w, source);
    else
        put(w, "null");
    put(w, "}");
}

static void put_head(writer *w, const hatpose_head *head)
{
    put_key(w, "{", "box");
    put_box(w, head->left, head->top, head->width, head->height);
    put_key(w, ",", "score");
    put_number(w, head->score, SCORE_DECIMALS);
    put_key(w, ",", "person");
    put_index(w, head->person_index);
    put_hat_state(w, head->hat_state, head->hat_reason, head->hat_score,
                  head->hat_index);
    put(w, "}");
}

static void put_timings(writer *w, const hatpose_times *times)
{
    const struct {
        const char *name;
        double time_us;
    } stages[] = {{"decode_us", times->decode_us},
                  {"prepare_us", times->prepare_us},
                  {"network_us", times->network_us},
                  {"decode_people_us", times->decode_people_us},
                  {"match_us", times->match_us},
                  {"total_us", times->total_us}};

    put_key(w, ",", "timings");
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        put_key(w, i == 0 ? "{" : ",", stages[i].name);
        put_number(w, stages[i].time_us, TIME_DECIMALS);
    }
    put(w, "}");
}

static void put_result(writer *w, const hatpose_result *result, uint32_t flags)
{
    put_key(w, "{", "format");
    put_word(w, "hatpose-1");
    put_key(w, ",", "width");
    put_number(w, result->width_px, 0);
    put_key(w, ",", "height");
    put_number(w, result->height_px, 0);
    put_key(w, ",", "people");
    put(w, "[");
    for (uint32_t i = 0; i < result->person_count; i++) {
        put(w, i == 0 ? "" : ",");
        put_person(w, &result->people[i], i);
    }
    put(w, "]");
    put_key(w, ",", "hats");
    put(w, "[");
    for (uint32_t i = 0; i < result->hat_count; i++) {
        put(w, i == 0 ? "" : ",");
        put_hat(w, &result->hats[i]);
    }
    put(w, "]");
    if (result->maps_with_hats) {
        put_key(w, ",", "heads");
        put(w, "[");
        for (uint32_t i = 0; i < result->head_count; i++) {
            put(w, i == 0 ? "" : ",");
            put_head(w, &result->heads[i]);
        }
        put(w, "]");
    }
    if (flags & HATPOSE_JSON_TIMINGS)
        put_timings(w, &result->times);
    put(w, "}");
}

hatpose_status hp_result_to_json(const hatpose_result *result, uint32_t flags,
                                 char *text, size_t capacity, size_t *needed)
{
    writer w = {text, capacity, 0};

    *needed = 0;
    if ((flags & ~(uint32_t)HATPOSE_JSON_TIMINGS) != 0)
        return HATPOSE_E_ARGUMENT;
    put_result(&w, result, flags);
    put_bytes(&w, "", 1);
    *needed = w.length;
    if (text == NULL && capacity == 0)
        return HATPOSE_OK;
    if (w.length <= capacity)
        return HATPOSE_OK;
    if (capacity > 0)
        text[0] = '\0';
    return HATPOSE_E_BUFFER_TOO_SMALL;
}
