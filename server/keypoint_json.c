/* keypoint_json.c - people in the JSON of OpenPose and of COCO. In: results.
 * Out: their objects. Nobody sets a locale, so the point is a point. */
#include "keypoint_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COCO_KEYPOINTS = 17, PIXEL_DECIMALS = 2, SCORE_DECIMALS = 4 };
/* Six digits at least: fewer would turn 20 into 2e+01. */
enum {
    FEWEST_DIGITS = 6,
    FLOAT_DIGITS = 9,
    DOUBLE_DIGITS = 17,
    NUMBER_BYTES = 64
};

/* Ours for each of COCO's; it has no neck. */
static const int joint_of[COCO_KEYPOINTS] = {0, 15, 14, 17, 16, 5, 2,  6, 3,
                                             7, 4,  11, 8,  12, 9, 13, 10};

/* Zeros at the end are left out. */
static void write_rounded(hps_buffer *body, double value, int decimals)
{
    char text[NUMBER_BYTES];
    size_t count = (size_t)snprintf(text, sizeof text, "%.*f", decimals, value);

    while (count > 1 && text[count - 1] == '0')
        count--;
    if (text[count - 1] == '.')
        count--;
    text[count] = '\0';
    hps_buffer_text(body, strcmp(text, "-0") == 0 ? "0" : text);
}

/* As short as it can be and still be the same number when read: what COCO's
 * evaluation computes with must not be rounded. */
static void write_float(hps_buffer *body, float value)
{
    char text[NUMBER_BYTES];

    for (int digits = FEWEST_DIGITS; digits <= FLOAT_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) >= value && strtof(text, NULL) <= value)
            break;
    }
    hps_buffer_text(body, text);
}

static void write_double(hps_buffer *body, double value)
{
    char text[NUMBER_BYTES];

    for (int digits = FEWEST_DIGITS; digits <= DOUBLE_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) >= value && strtod(text, NULL) <= value)
            break;
    }
    hps_buffer_text(body, text);
}

static void write_openpose_person(hps_buffer *body, const hatpose_person *p)
{
    static const char others[] =
        "],\"face_keypoints_2d\":[],\"hand_left_keypoints_2d\":[],"
        "\"hand_right_keypoints_2d\":[],\"pose_keypoints_3d\":[],"
        "\"face_keypoints_3d\":[],\"hand_left_keypoints_3d\":[],"
        "\"hand_right_keypoints_3d\":[]}";

    hps_buffer_print(body, "{\"person_id\":[%d],\"pose_keypoints_2d\":[",
                     p->id);
    for (int k = 0; k < HATPOSE_KEYPOINT_COUNT; k++) {
        const hatpose_keypoint *point = &p->keypoints[k];

        hps_buffer_text(body, k > 0 ? "," : "");
        if (point->score <= 0) {
            hps_buffer_text(body, "0,0,0");
            continue;
        }
        write_rounded(body, (double)point->x, PIXEL_DECIMALS);
        hps_buffer_text(body, ",");
        write_rounded(body, (double)point->y, PIXEL_DECIMALS);
        hps_buffer_text(body, ",");
        write_rounded(body, (double)point->score, SCORE_DECIMALS);
    }
    hps_buffer_text(body, others);
}

void hps_openpose_write(hps_buffer *body, const hatpose_result *result)
{
    uint32_t count = hatpose_result_person_count(result);

    hps_buffer_text(body, "{\"version\":1.3,\"people\":[");
    for (uint32_t i = 0; i < count; i++) {
        hatpose_person p = {.struct_size = sizeof p};

        hatpose_result_person(result, i, &p);
        hps_buffer_text(body, i > 0 ? "," : "");
        write_openpose_person(body, &p);
    }
    hps_buffer_text(body, "]}\n");
}

static void write_coco_keypoints(hps_buffer *body, const hatpose_person *p,
                                 bool compat)
{
    for (int k = 0; k < COCO_KEYPOINTS; k++) {
        const hatpose_keypoint *point = &p->keypoints[joint_of[k]];

        hps_buffer_text(body, k > 0 ? "," : "");
        if (point->score <= 0) {
            hps_buffer_text(body, "0,0,0");
            continue;
        }
        write_float(body, point->x + 0.5f);
        hps_buffer_text(body, ",");
        write_float(body, point->y + 0.5f);
        hps_buffer_text(body, ",");
        write_float(body, compat ? 1.0f : point->score);
    }
}

void hps_coco_person_write(hps_buffer *body, const hatpose_person *person,
                           int64_t image_id, bool compat)
{
    double score = person->score;

    if (compat) /* as the original's validation program ranks people */
        score *= person->keypoint_count > 0 ? person->keypoint_count - 1 : 0;
    hps_buffer_print(
        body, "{\"image_id\":%" PRId64 ",\"category_id\":1,\"keypoints\":[",
        image_id);
    write_coco_keypoints(body, person, compat);
    hps_buffer_text(body, "],\"score\":");
    write_double(body, score);
    hps_buffer_text(body, "}");
}

void hps_coco_write(hps_buffer *body, const hatpose_result *result,
                    int64_t image_id)
{
    uint32_t count = hatpose_result_person_count(result);

    hps_buffer_text(body, "[");
    for (uint32_t i = 0; i < count; i++) {
        hatpose_person p = {.struct_size = sizeof p};

        hatpose_result_person(result, i, &p);
        hps_buffer_text(body, i > 0 ? "," : "");
        hps_coco_person_write(body, &p, image_id, false);
    }
    hps_buffer_text(body, "]\n");
}
