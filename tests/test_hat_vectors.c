/* test_hat_vectors.c - the compat rule on vectors that the hard-hat service
 * itself answered: versions 3 and 6, to the bit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "check.h"
#include "hat/matcher.h"
#include "hat/rule_compat.h"

enum { MOST_PEOPLE = 32, MOST_HATS = 64, ALARM_CLOTHES = 2, ALARM_HATS = 3 };

typedef struct vector {
    const json_t *json;
    const char *id, *version;
    hatpose_person people[MOST_PEOPLE];
    hatpose_hat hats[MOST_HATS];
    hp_scene scene;
} vector;

static json_t *all_vectors;

static double number(const json_t *value)
{
    return json_is_boolean(value) ? json_boolean_value(value)
                                  : json_number_value(value);
}

static void read_person(const json_t *numbers, hatpose_person *out)
{
    out->area_rate = -1;
    out->hat_index = -1;
    for (size_t k = 0; k < HATPOSE_KEYPOINT_COUNT; k++) {
        double x = number(json_array_get(numbers, 2 * k));
        double y = number(json_array_get(numbers, 2 * k + 1));
        hatpose_keypoint *point = &out->keypoints[k];
        point->x = (float)x;
        point->y = (float)y;
        point->score = x == -1 || y == -1 ? 0.0F : 1.0F;
        CHECK((double)point->x == x && (double)point->y == y);
    }
}

/* 2 and 3, as the service compares them; anything else matches nothing. */
static int alarm_of(const json_t *json)
{
    const json_t *alarm = json_object_get(json, "alarmtype");

    if (alarm == NULL)
        return ALARM_HATS;
    return json_is_number(alarm) ? (int)json_number_value(alarm) : 0;
}

static void read_vector(const json_t *json, vector *v)
{
    const json_t *people = json_object_get(json, "people");
    const json_t *hats = json_object_get(json, "hats");
    const json_t *image = json_object_get(json, "image");
    int alarm = alarm_of(json);

    memset(v, 0, sizeof *v);
    v->json = json;
    v->id = json_string_value(json_object_get(json, "id"));
    v->version = json_string_value(json_object_get(json, "version"));
    CHECK(json_array_size(people) <= MOST_PEOPLE);
    CHECK(json_array_size(hats) <= MOST_HATS);
    for (size_t i = 0; i < json_array_size(people); i++)
        read_person(json_array_get(people, i), &v->people[i]);
    for (size_t i = 0; i < json_array_size(hats); i++) {
        const json_t *box = json_array_get(hats, i);
        v->hats[i].left = number(json_array_get(box, 0));
        v->hats[i].top = number(json_array_get(box, 1));
        v->hats[i].width = number(json_array_get(box, 2));
        v->hats[i].height = number(json_array_get(box, 3));
        v->hats[i].kind =
            alarm == ALARM_CLOTHES ? HATPOSE_GEAR_VEST : HATPOSE_GEAR_HAT;
        v->hats[i].person_index = v->hats[i].holder_index = -1;
    }
    v->scene.people = v->people;
    v->scene.person_count = (uint32_t)json_array_size(people);
    v->scene.width_px = (uint32_t)number(json_array_get(image, 0));
    v->scene.height_px = (uint32_t)number(json_array_get(image, 1));
    v->scene.refuse_boxless = true;
    if (alarm == ALARM_HATS || alarm == ALARM_CLOTHES) {
        v->scene.hats = v->hats;
        v->scene.hat_count = (uint32_t)json_array_size(hats);
    }
}

/* The service rounds to five decimals and multiplies. */
static double rate_percent(double rate)
{
    char digits[64];

    snprintf(digits, sizeof digits, "%.5f", rate);
    return strtod(digits, NULL) * 100;
}

static double expected_number(const json_t *expected, const char *key)
{
    const json_t *value = json_object_get(expected, key);

    CHECK(value != NULL);
    return number(value);
}

static bool is_version_3(const vector *v)
{
    return strcmp(v->version, "v3") == 0;
}

static bool is_left_out(const vector *v, const hatpose_person *person)
{
    return is_version_3(v) && person->area_rate < 0.001;
}

static void compare_person(const vector *v, uint32_t index,
                           const json_t *expected)
{
    const hatpose_person *p = &v->people[index];
    int alarm = alarm_of(v->json);
    double rate = p->area_rate < 0 || alarm != ALARM_HATS
                      ? 0
                      : rate_percent(p->area_rate);
    bool worn = p->hat_state == HATPOSE_HAT_WORN;

    CHECK_MESSAGE(expected_number(expected, "of") == index, "%s", v->id);
    CHECK_MESSAGE(expected_number(expected, "x1") == p->compat_x1 &&
                      expected_number(expected, "y1") == p->compat_y1 &&
                      expected_number(expected, "x2") == p->compat_x2 &&
                      expected_number(expected, "y2") == p->compat_y2,
                  "%s: box of %u", v->id, (unsigned)index);
    CHECK_MESSAGE(worn == json_is_true(json_object_get(expected, "flag")),
                  "%s: flag of %u", v->id, (unsigned)index);
    CHECK_MESSAGE(worn == (p->hat_index >= 0), "%s", v->id);
    CHECK_MESSAGE(expected_number(expected, "rate") == rate, "%s: rate %.17g",
                  v->id, rate);
    /* No boxes have no kind: the clothes' 0 is then the service's own. */
    if (!is_version_3(v) && v->scene.hats != NULL)
        CHECK_MESSAGE(expected_number(expected, "score") ==
                          (alarm == ALARM_CLOTHES && v->scene.hat_count == 0
                               ? 0
                               : p->hat_score),
                      "%s: score %.17g", v->id, p->hat_score);
}

static void compare_answer(const vector *v)
{
    const json_t *people =
        json_object_get(json_object_get(v->json, "expect"), "people");
    size_t next = 0;

    for (uint32_t i = 0; i < v->scene.person_count; i++) {
        if (is_left_out(v, &v->people[i]))
            continue;
        CHECK_MESSAGE(next < json_array_size(people), "%s", v->id);
        compare_person(v, i, json_array_get(people, next));
        next++;
    }
    CHECK_MESSAGE(next == json_array_size(people), "%s", v->id);
}

static bool can_be_painted(const vector *v)
{
    int32_t x, y;

    for (uint32_t i = 0; i < v->scene.hat_count; i++)
        if (!hp_compat_centre(&v->hats[i], &x, &y))
            return false;
    return true;
}

static int run_version(const char *version)
{
    static vector v;
    const json_t *json;
    size_t i;
    int count = 0;

    json_array_foreach(all_vectors, i, json)
    {
        hatpose_error err = {0};
        if (strcmp(json_string_value(json_object_get(json, "version")),
                   version) != 0)
            continue;
        count++;
        read_vector(json, &v);
        bool fails =
            expected_number(json_object_get(json, "expect"), "status") == 500;
        if (is_version_3(&v) && !can_be_painted(&v)) {
            CHECK_MESSAGE(fails, "%s: cannot be painted", v.id);
            continue;
        }
        hatpose_status status =
            hp_hats_match(NULL, NULL, HATPOSE_HATS_COMPAT, &v.scene, &err);
        CHECK_MESSAGE(status == (fails ? HATPOSE_E_ARGUMENT : HATPOSE_OK),
                      "%s: status %d", v.id, (int)status);
        if (fails)
            CHECK_MESSAGE(strncmp(err.message, "person ", 7) == 0 ||
                              strncmp(err.message, "hat ", 4) == 0,
                          "%s: %s", v.id, err.message);
        else
            compare_answer(&v);
    }
    printf("%s: %d vectors\n", version, count);
    return count;
}

static void version_3_is_answered_to_the_bit(void)
{
    CHECK(run_version("v3") == 330);
}

static void version_6_is_answered_to_the_bit(void)
{
    CHECK(run_version("v6") == 141);
}

static void match_geometric(vector *v)
{
    hp_memory memory;
    hp_matcher matcher;

    memset(&matcher, 0, sizeof matcher);
    hp_memory_init(&memory, NULL, 0);
    CHECK(hp_hats_match(&memory, &matcher, HATPOSE_HATS_GEOMETRIC, &v->scene,
                        NULL) == HATPOSE_OK);
    hp_matcher_release(&memory, &matcher);
}

/* The faults of the service's rule, its vectors v3-315 to v3-327: what the
 * geometric rule says of the people, w worn, n not worn. */
static void geometric_rule_is_free_of_these_faults(void)
{
    static const struct {
        const char *id, *states;
    } faults[] = {
        {"v3-315", "n"},  /* hat in the lowered hand */
        {"v3-316", "n"},  /* hat in the hand beside the head */
        {"v3-317", "w"},  /* profile */
        {"v3-318", "w"},  /* from behind */
        {"v3-319", "w"},  /* one ear only */
        {"v3-320", "w"},  /* no point of the head */
        {"v3-321", "w"},  /* lying */
        {"v3-322", "w"},  /* lying the other way */
        {"v3-323", "w"},  /* head down */
        {"v3-324", "w"},  /* bending */
        {"v3-325", "n"},  /* hat two heads above */
        {"v3-326", "w"},  /* close-up */
        {"v3-327", "wn"}, /* neighbours, one hat */
    };
    static vector v;
    const json_t *json;
    size_t i;
    unsigned count = 0;

    json_array_foreach(all_vectors, i, json)
    {
        const char *id = json_string_value(json_object_get(json, "id"));
        for (size_t k = 0; k < sizeof faults / sizeof faults[0]; k++) {
            if (strcmp(faults[k].id, id) != 0)
                continue;
            read_vector(json, &v);
            match_geometric(&v);
            count++;
            for (uint32_t p = 0; p < v.scene.person_count; p++)
                CHECK_MESSAGE(v.people[p].hat_state ==
                                  (faults[k].states[p] == 'w'
                                       ? HATPOSE_HAT_WORN
                                       : HATPOSE_HAT_NOT_WORN),
                              "%s: person %u is %d", id, (unsigned)p,
                              (int)v.people[p].hat_state);
        }
    }
    CHECK(count == sizeof faults / sizeof faults[0]);
}

int main(void)
{
    json_error_t error;
    json_t *file = json_load_file(HP_TEST_DIR "/golden/hat.json", 0, &error);

    if (file == NULL) {
        fprintf(stderr, "golden/hat.json:%d: %s\n", error.line, error.text);
        return 1;
    }
    all_vectors = json_object_get(file, "vectors");
    RUN(version_3_is_answered_to_the_bit);
    RUN(version_6_is_answered_to_the_bit);
    RUN(geometric_rule_is_free_of_these_faults);
    json_decref(file);
    CHECK_EXIT();
}
