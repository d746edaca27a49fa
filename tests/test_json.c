/* test_json.c - the native JSON as a foreign parser reads it, and the rules
 * for the caller's buffer. */
#include "result/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/skeleton.h"
#include "check.h"

enum { MAX_OF_EACH = 3 };

/* A result without a block of its own. */
typedef struct sample {
    hatpose_result result;
    hatpose_person people[MAX_OF_EACH];
    hatpose_hat hats[MAX_OF_EACH];
    hatpose_head heads[MAX_OF_EACH];
} sample;

static void begin(sample *s)
{
    memset(s, 0, sizeof *s);
    s->result.width_px = 640;
    s->result.height_px = 480;
    s->result.people = s->people;
    s->result.hats = s->hats;
    s->result.heads = s->heads;
    for (int i = 0; i < MAX_OF_EACH; i++) {
        s->people[i].id = s->people[i].hat_index = -1;
        s->hats[i].person_index = s->hats[i].holder_index = -1;
        s->heads[i].person_index = s->heads[i].hat_index = -1;
    }
}

/* One of everything. */
static void fill(sample *s)
{
    begin(s);
    s->result.person_count = s->result.hat_count = s->result.head_count = 1;
    s->result.maps_with_hats = 1;
    hatpose_person *person = &s->people[0];
    person->score = 14.21;
    person->left = 290.125f;
    person->top = 70.4f;
    person->width = 88;
    person->height = 301.2f;
    person->keypoints[0] = (hatpose_keypoint){318.25f, 92.5f, 0.91f};
    person->keypoints[1] = (hatpose_keypoint){316, 141.75f, 0.87654f};
    person->hat_state = HATPOSE_HAT_NOT_WORN;
    person->hat_reason = HATPOSE_REASON_HAT_IN_HAND;
    person->hat_score = 0.93;
    s->hats[0].left = 402;
    s->hats[0].top = 233.5;
    s->hats[0].width = 40;
    s->hats[0].height = 31;
    s->hats[0].score = 0.8f;
    s->hats[0].holder_index = 0;
    s->hats[0].source = HATPOSE_FROM_MODEL;
    s->heads[0].left = 12;
    s->heads[0].score = 0.7f;
    s->heads[0].hat_state = HATPOSE_HAT_WORN;
    s->heads[0].hat_reason = HATPOSE_REASON_HAT_ON_HEAD;
    s->heads[0].hat_index = 0;
    s->result.times.decode_us = 812.54;
    s->result.times.total_us = 20000;
}

static char *write_text(const sample *s, uint32_t flags)
{
    size_t needed = 0, again = 0;

    CHECK(hp_result_to_json(&s->result, flags, NULL, 0, &needed) == HATPOSE_OK);
    /* Not a byte more, so that a sanitizer sees one too many. */
    char *text = malloc(needed);
    CHECK(text != NULL);
    CHECK(hp_result_to_json(&s->result, flags, text, needed, &again) ==
          HATPOSE_OK);
    CHECK(again == needed && strlen(text) + 1 == needed);
    return text;
}

static json_t *parse(const sample *s, uint32_t flags)
{
    char *text = write_text(s, flags);
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    CHECK_MESSAGE(root != NULL, "%s: %s", error.text, text);
    free(text);
    return root;
}

static json_t *first_of(json_t *root, const char *key)
{
    return json_array_get(json_object_get(root, key), 0);
}

static bool has_numbers(const json_t *array, const double *wanted, size_t count)
{
    if (json_array_size(array) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (json_number_value(json_array_get(array, i)) != wanted[i])
            return false;
    return true;
}

static void an_empty_result_is_whole(void)
{
    sample s;

    begin(&s);
    char *text = write_text(&s, 0);
    CHECK_MESSAGE(strcmp(text,
                         "{\"format\":\"hatpose-1\",\"width\":640,"
                         "\"height\":480,\"people\":[],\"hats\":[]}") == 0,
                  "%s", text);
    free(text);
}

static void a_person_is_complete(void)
{
    static const double box[] = {290.13, 70.4, 88, 301.2};
    static const double nose[] = {318.25, 92.5, 0.91};
    static const double neck[] = {316, 141.75, 0.8765};
    sample s;

    fill(&s);
    json_t *root = parse(&s, 0), *person = first_of(root, "people");
    CHECK(json_integer_value(json_object_get(root, "width")) == 640);
    CHECK(json_integer_value(json_object_get(root, "height")) == 480);
    CHECK(json_object_size(person) == 6);
    CHECK(json_integer_value(json_object_get(person, "index")) == 0);
    CHECK(json_is_null(json_object_get(person, "id")));
    CHECK(json_real_value(json_object_get(person, "score")) == 14.21);
    CHECK(has_numbers(json_object_get(person, "box"), box, 4));
    json_t *keypoints = json_object_get(person, "keypoints");
    CHECK(json_object_size(keypoints) == HATPOSE_KEYPOINT_COUNT);
    CHECK(has_numbers(json_object_get(keypoints, "nose"), nose, 3));
    CHECK(has_numbers(json_object_get(keypoints, "neck"), neck, 3));
    for (int i = 2; i < HATPOSE_KEYPOINT_COUNT; i++)
        CHECK(json_is_null(json_object_get(keypoints, hp_keypoint_names[i])));
    json_t *hat = json_object_get(person, "hat");
    CHECK(json_object_size(hat) == 4);
    CHECK(
        !strcmp(json_string_value(json_object_get(hat, "state")), "not_worn"));
    CHECK(!strcmp(json_string_value(json_object_get(hat, "reason")),
                  "hat_in_hand"));
    CHECK(json_real_value(json_object_get(hat, "score")) == 0.93);
    CHECK(json_is_null(json_object_get(hat, "hat")));
    json_decref(root);
}

static void hats_and_heads_are_complete(void)
{
    static const double hat_box[] = {402, 233.5, 40, 31};
    static const double head_box[] = {12, 0, 0, 0};
    sample s;

    fill(&s);
    json_t *root = parse(&s, 0);
    json_t *hat = first_of(root, "hats"), *head = first_of(root, "heads");
    CHECK(has_numbers(json_object_get(hat, "box"), hat_box, 4));
    CHECK(json_real_value(json_object_get(hat, "score")) == 0.8);
    CHECK(json_is_null(json_object_get(hat, "person")));
    CHECK(json_integer_value(json_object_get(hat, "held_by")) == 0);
    CHECK(json_is_integer(json_object_get(hat, "held_by")));
    CHECK(!strcmp(json_string_value(json_object_get(hat, "source")), "model"));
    CHECK(has_numbers(json_object_get(head, "box"), head_box, 4));
    CHECK(json_is_null(json_object_get(head, "person")));
    json_t *state = json_object_get(head, "hat");
    CHECK(!strcmp(json_string_value(json_object_get(state, "state")), "worn"));
    CHECK(json_is_integer(json_object_get(state, "hat")));
    json_decref(root);
}

static void heads_need_maps_of_hats(void)
{
    sample s;

    fill(&s);
    s.result.maps_with_hats = 0;
    json_t *root = parse(&s, 0);
    CHECK(json_object_get(root, "heads") == NULL);
    json_decref(root);
    s.result.maps_with_hats = 1;
    s.result.head_count = 0;
    root = parse(&s, 0);
    CHECK(json_is_array(json_object_get(root, "heads")));
    CHECK(json_array_size(json_object_get(root, "heads")) == 0);
    json_decref(root);
}

static void times_come_only_when_asked_for(void)
{
    sample s;

    fill(&s);
    json_t *root = parse(&s, 0);
    CHECK(json_object_get(root, "timings") == NULL);
    json_decref(root);
    root = parse(&s, HATPOSE_JSON_TIMINGS);
    json_t *times = json_object_get(root, "timings");
    CHECK(json_object_size(times) == 6);
    CHECK(json_real_value(json_object_get(times, "decode_us")) == 812.5);
    CHECK(json_integer_value(json_object_get(times, "total_us")) == 20000);
    CHECK(json_integer_value(json_object_get(times, "match_us")) == 0);
    json_decref(root);
}

static void several_are_kept_in_order(void)
{
    sample s;

    fill(&s);
    s.result.person_count = s.result.hat_count = s.result.head_count = 3;
    s.people[1].id = 77;
    s.people[2].score = -2.5;
    s.hats[1].source = HATPOSE_FROM_CALLER;
    json_t *root = parse(&s, 0);
    json_t *people = json_object_get(root, "people");
    CHECK(json_array_size(people) == 3);
    for (size_t i = 0; i < 3; i++)
        CHECK(json_integer_value(json_object_get(json_array_get(people, i),
                                                 "index")) == (json_int_t)i);
    CHECK(json_integer_value(
              json_object_get(json_array_get(people, 1), "id")) == 77);
    CHECK(json_real_value(
              json_object_get(json_array_get(people, 2), "score")) == -2.5);
    json_t *hats = json_object_get(root, "hats");
    CHECK(!strcmp(
        json_string_value(json_object_get(json_array_get(hats, 1), "source")),
        "caller"));
    CHECK(json_is_null(json_object_get(json_array_get(hats, 2), "source")));
    CHECK(json_array_size(json_object_get(root, "heads")) == 3);
    json_decref(root);
}

static void hostile_numbers_stay_json(void)
{
    static const float odd[] = {NAN, INFINITY, -INFINITY, 3e38f, -3e38f};
    sample s;

    for (int i = 0; i < 5; i++) {
        fill(&s);
        hatpose_person *person = &s.people[0];
        person->left = person->width = odd[i];
        person->score = person->hat_score = odd[i];
        person->keypoints[0].x = odd[i];
        person->keypoints[1].score = odd[i];
        person->hat_state = 99;
        person->hat_reason = -5;
        s.hats[0].left = i == 3 ? 1e308 : (double)odd[i];
        s.heads[0].top = odd[i];
        s.result.times.total_us = (double)odd[i];
        json_t *root = parse(&s, HATPOSE_JSON_TIMINGS);
        json_t *keypoints =
            json_object_get(first_of(root, "people"), "keypoints");
        if (i < 3)
            CHECK(json_is_null(json_object_get(keypoints, "nose")));
        if (i != 3)
            CHECK(json_is_null(json_object_get(keypoints, "neck")));
        json_decref(root);
    }
}

static void a_buffer_too_small_is_told_how_much(void)
{
    sample s;
    size_t needed = 0;

    fill(&s);
    char *whole = write_text(&s, 0);
    size_t full = strlen(whole) + 1;
    for (size_t capacity = 1; capacity < full; capacity++) {
        char *text = malloc(capacity);
        CHECK(text != NULL);
        memset(text, 'x', capacity);
        CHECK(hp_result_to_json(&s.result, 0, text, capacity, &needed) ==
              HATPOSE_E_BUFFER_TOO_SMALL);
        CHECK(needed == full && text[0] == '\0');
        free(text);
    }
    /* A place with no room is not a question. */
    char nothing = 'x';
    CHECK(hp_result_to_json(&s.result, 0, &nothing, 0, &needed) ==
          HATPOSE_E_BUFFER_TOO_SMALL);
    CHECK(needed == full && nothing == 'x');
    char *large = malloc(full + 100);
    CHECK(large != NULL);
    CHECK(hp_result_to_json(&s.result, 0, large, full + 100, &needed) ==
          HATPOSE_OK);
    CHECK(needed == full && strcmp(large, whole) == 0);
    free(large);
    free(whole);
}

static void unknown_flags_are_refused(void)
{
    sample s;
    size_t needed = 7;

    fill(&s);
    CHECK(hp_result_to_json(&s.result, 2, NULL, 0, &needed) ==
          HATPOSE_E_ARGUMENT);
    CHECK(hp_result_to_json(&s.result, 0x80000001u, NULL, 0, &needed) ==
          HATPOSE_E_ARGUMENT);
}

int main(void)
{
    RUN(an_empty_result_is_whole);
    RUN(a_person_is_complete);
    RUN(hats_and_heads_are_complete);
    RUN(heads_need_maps_of_hats);
    RUN(times_come_only_when_asked_for);
    RUN(several_are_kept_in_order);
    RUN(hostile_numbers_stay_json);
    RUN(a_buffer_too_small_is_told_how_much);
    RUN(unknown_flags_are_refused);
    CHECK_EXIT();
}
