/* test_native.c - /v1/ and PaddleHub's route: the same options from query,
 * JSON and form, every form of the answer, what is refused and how. */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "check.h"
#include "route_case.h"

enum { WIDTH = 320, HEIGHT = 240, PIXEL_BYTES = WIDTH * HEIGHT * 3 };

static route_case service;
static hps_buffer picture, letters; /* a PPM, and its base64 */
static hps_reply reply;

/* Somebody upright in 36 numbers, with a head 24 px wide. */
static const char standing[] =
    "[[[160,60,160,94,137,95,132,128,130,156,185,95,190,128,192,156,146,154,"
    "144,206,143,230,174,154,175,206,176,230,156,56,164,56,148,58,172,58]]]";
static const char hat_on[] = "[{\"left\":145,\"top\":34,\"width\":30,"
                             "\"height\":20,\"score\":0.5}]";

static void make_picture(void)
{
    hps_buffer_print(&picture, "P6 %d %d 255\n", WIDTH, HEIGHT);
    void *pixels = hps_buffer_reserve(&picture, PIXEL_BYTES);
    memset(pixels, 90, PIXEL_BYTES);
    hps_buffer_commit(&picture, PIXEL_BYTES);
    hps_base64_append(&letters, picture.data, picture.count);
    hps_buffer_append(&letters, "", 1);
}

/* ---- Requests ------------------------------------------------------------ */

/* The reply's body gets a zero behind it. */
static int run(hps_request *request)
{
    hps_buffer_release(&reply.body);
    CHECK(route_run(&service, request, &reply));
    hps_buffer_append(&reply.body, "", 1);
    reply.body.count--;
    return reply.status;
}

static int send_query(const char *path, const hps_parameter *parameters,
                      size_t count)
{
    hps_request request = route_request("POST", path, HPS_MEDIA_IMAGE,
                                        picture.data, picture.count);

    request.parameters = parameters;
    request.parameter_count = count;
    return run(&request);
}

/* The picture with one option. */
static int send_option(const char *path, const char *name, const char *value)
{
    const hps_parameter parameter = {name, value};

    return send_query(path, &parameter, 1);
}

static int send_text(const char *path, const char *text)
{
    hps_request request =
        route_request("POST", path, HPS_MEDIA_JSON, text, strlen(text));

    return run(&request);
}

/* more: ",\"size\":64" or so. */
static int send_json(const char *path, const char *more)
{
    hps_buffer body = {0};
    int status;

    hps_buffer_print(&body, "{\"image\":\"%s\"%s}", letters.data, more);
    hps_buffer_append(&body, "", 1);
    status = send_text(path, body.data);
    hps_buffer_release(&body);
    return status;
}

static int send_form(const char *path, const char *name, const char *value)
{
    const hps_part parts[] = {
        {name, false, HPS_MEDIA_NONE, value, strlen(value)},
        {"file", true, HPS_MEDIA_IMAGE, picture.data, picture.count},
    };
    hps_request request = route_request("POST", path, HPS_MEDIA_FORM, NULL, 0);

    request.parts = parts;
    request.part_count = 2;
    return run(&request);
}

static json_t *answer(void)
{
    json_t *value = json_loadb(reply.body.data, reply.body.count, 0, NULL);

    CHECK_MESSAGE(value != NULL, "%.*s", (int)reply.body.count,
                  reply.body.data);
    return value;
}

/* Its code word, and that the metrics' is the same. */
static bool is_fault(const char *code)
{
    json_t *value = answer();
    const json_t *error = json_object_get(value, "error");
    const char *word = json_string_value(json_object_get(error, "code"));
    bool same = word != NULL && strcmp(word, code) == 0 &&
                reply.fault != NULL && strcmp(reply.fault, code) == 0 &&
                json_string_length(json_object_get(error, "message")) > 0;

    if (!same)
        fprintf(stderr, "%.*s", (int)reply.body.count, reply.body.data);
    json_decref(value);
    return same;
}

static json_t *recorded;

static void record_standing(void)
{
    json_decref(recorded);
    recorded = json_loads(standing, 0, NULL);
    route_record(&service, recorded, NULL);
}

/* ---- Answers ------------------------------------------------------------- */

static char *expected_native(const char *hat_text)
{
    hatpose_keypoint keypoints[HATPOSE_KEYPOINT_COUNT];
    hatpose_hat hat = {145, 34, 30, 20, 0.5f, HATPOSE_GEAR_HAT, -1, -1, 0, 0};
    hatpose_result *result;
    size_t needed;
    json_t *numbers = json_loads(standing, 0, NULL);
    const json_t *person = json_array_get(json_array_get(numbers, 0), 0);

    for (size_t k = 0; k < HATPOSE_KEYPOINT_COUNT; k++)
        keypoints[k] = (hatpose_keypoint){
            (float)json_number_value(json_array_get(person, 2 * k)),
            (float)json_number_value(json_array_get(person, 2 * k + 1)), 1};
    CHECK(hatpose_match(service.worker->best, WIDTH, HEIGHT, keypoints, 1,
                        hat_text == NULL ? NULL : &hat, hat_text != NULL,
                        &result, NULL) == HATPOSE_OK);
    hatpose_result_to_json(result, 0, NULL, 0, &needed);
    char *text = malloc(needed + 1);
    hatpose_result_to_json(result, 0, text, needed, &needed);
    strcat(text, "\n");
    hatpose_result_destroy(result);
    json_decref(numbers);
    return text;
}

static void check_native(const char *hat_text)
{
    char *text = expected_native(hat_text);

    CHECK_MESSAGE(reply.status == 200 && reply.body.count == strlen(text) &&
                      memcmp(reply.body.data, text, reply.body.count) == 0,
                  "%.*s", (int)reply.body.count, reply.body.data);
    CHECK(reply.picture_count == 1 && reply.person_count == 1);
    free(text);
}

static void native_is_the_librarys_own(void)
{
    char more[200];

    record_standing();
    send_query("/v1/detect", NULL, 0);
    check_native(NULL);
    record_standing();
    send_option("/v1/hats", "hats", hat_on);
    check_native(hat_on);
    CHECK(strstr(reply.body.data, "\"worn\"") != NULL);
    record_standing();
    send_form("/v1/hats", "hats", "[[145,34,30,20]]");
    CHECK(strstr(reply.body.data, "\"worn\"") != NULL);
    record_standing();
    snprintf(more, sizeof more, ",\"hats\":%s", hat_on);
    send_json("/v1/hats", more);
    check_native(hat_on);
    record_standing();
    send_json("/v1/hats", ",\"hats\":[{\"box\":[145,34,30,20],\"score\":0.5}]");
    check_native(hat_on);
}

static void openpose_and_coco_have_their_forms(void)
{
    record_standing();
    CHECK(send_option("/v1/detect", "format", "openpose") == 200);
    CHECK(strstr(reply.body.data, "\"pose_keypoints_2d\":[160,60,1,160,94,1,"
                                  "137,95,1,") != NULL);
    json_decref(answer());
    record_standing();
    CHECK(send_json("/v1/detect", ",\"format\":\"coco\",\"image_id\":139") ==
          200);
    CHECK(strstr(reply.body.data, "[{\"image_id\":139,\"category_id\":1,"
                                  "\"keypoints\":[160.5,60.5,1,164.5,56.5,1,"
                                  "156.5,56.5,1,172.5,58.5,1,") != NULL);
    json_decref(answer());
}

static void jpeg_is_the_drawn_picture(void)
{
    record_standing();
    CHECK(send_form("/v1/detect", "format", "jpeg") == 200);
    CHECK(strcmp(reply.content_type, "image/jpeg") == 0);
    CHECK(reply.body.count > 1000 &&
          memcmp(reply.body.data, "\xff\xd8\xff", 3) == 0);
}

static void times_come_only_on_request(void)
{
    record_standing();
    CHECK(send_query("/v1/detect", NULL, 0) == 200);
    CHECK(strstr(reply.body.data, "timings") == NULL);
    route_record(&service, NULL, NULL);
    CHECK(send_option("/v1/detect", "timings", "") == 200);
    CHECK(reply.stage_us[HPS_STAGE_NETWORK] > 0);
    json_t *value = answer();
    CHECK(json_is_object(json_object_get(value, "timings")));
    json_decref(value);
}

static uint32_t seen_height_map_px;

/* Nobody, but how large the network's maps would be. */
static hatpose_status measure(hatpose_context *context, const void *data,
                              size_t bytes, const hatpose_hat *hats,
                              uint32_t hat_count, hatpose_result **out,
                              hatpose_error *err)
{
    hatpose_image layout = {.struct_size = sizeof layout,
                            .format = HATPOSE_RGB8,
                            .width_px = WIDTH,
                            .height_px = HEIGHT};
    hatpose_map_shape shape = {.struct_size = sizeof shape};
    size_t needed;

    CHECK(bytes > PIXEL_BYTES &&
          hatpose_maps(context, data, &layout, &shape, NULL, 0, &needed, err) ==
              HATPOSE_OK);
    seen_height_map_px = shape.height_map_px;
    return hatpose_match(context, WIDTH, HEIGHT, NULL, 0, hats, hat_count, out,
                         err);
}

/* The worker goes on with its own size afterwards. */
static void size_is_for_one_request(void)
{
    service.worker->detect = measure;
    CHECK(send_query("/v1/detect", NULL, 0) == 200);
    uint32_t own = seen_height_map_px;
    CHECK(send_option("/v1/detect", "size", "128") == 200);
    CHECK(seen_height_map_px >= 2 * own - 1);
    CHECK(send_query("/v1/detect", NULL, 0) == 200);
    CHECK(seen_height_map_px == own);
}

/* ---- What is refused ----------------------------------------------------- */

static void wrong_options_are_named(void)
{
    static const struct {
        const char *name, *value, *code;
    } wrong[] = {
        {"treshold", "0.1", "field_unknown"},
        {"hats", "[]", "field_unknown"},
        {"threshold", "2", "field_range"},
        {"threshold", "x", "field_type"},
        {"threshold", "", "field_type"},
        {"threshold", "NaN", "field_type"},
        {"threshold", "1e999", "field_type"},
        {"threshold", "[]", "field_type"},
        {"size", "9", "field_range"},
        {"size", "0", "field_range"},
        {"size", "64.5", "field_range"},
        {"size", "100000", "field_range"},
        {"size", "-8", "field_range"},
        {"timings", "2", "field_type"},
        {"format", "xml", "field_range"},
        {"format", "\xff", "field_type"},
        {"image_id", "-1", "field_range"},
        {"image_id", "1.5", "field_range"},
        {"\xff", "1", "field_unknown"},
    };

    record_standing();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_MESSAGE(
            send_option("/v1/detect", wrong[i].name, wrong[i].value) == 400 &&
                is_fault(wrong[i].code),
            "%s=%s", wrong[i].name, wrong[i].value);
        CHECK_MESSAGE(send_form("/v1/detect", wrong[i].name, wrong[i].value) ==
                              400 &&
                          is_fault(wrong[i].code),
                      "form %s=%s", wrong[i].name, wrong[i].value);
    }
    CHECK(send_json("/v1/detect", ",\"size\":true") == 400);
    CHECK(is_fault("field_type"));
    CHECK(send_json("/v1/detect", ",\"format\":\"jpeg\\u0000\"") == 400);
    CHECK(is_fault("field_range"));
    CHECK(send_json("/v1/hats", ",\"hats\":[[1,2,3]]") == 400);
    CHECK(send_json("/v1/hats", ",\"hats\":[{\"left\":1}]") == 400);
    CHECK(is_fault("field_missing"));
    CHECK(send_json("/v1/hats", ",\"hats\":{}") == 400);
}

static int send_bytes(const char *data, size_t count)
{
    hps_request request =
        route_request("POST", "/v1/detect", HPS_MEDIA_IMAGE, data, count);

    return run(&request);
}

static void wrong_pictures_are_named(void)
{
    static const char huge[] = "P6 60000 60000 255\n....";
    hps_request other = route_request("POST", "/v1/detect", HPS_MEDIA_OTHER,
                                      picture.data, picture.count);
    hps_request form =
        route_request("POST", "/v1/detect", HPS_MEDIA_FORM, NULL, 0);

    route_record(&service, NULL, NULL);
    CHECK(send_bytes("hello", 5) == 400 && is_fault("image_format"));
    CHECK(send_bytes(picture.data, 100) == 400 && is_fault("image_corrupt"));
    CHECK(send_bytes(huge, sizeof huge - 1) == 413 && is_fault("limit"));
    CHECK(send_bytes("", 0) == 400 && is_fault("body_empty"));
    CHECK(run(&other) == 415 && is_fault("media_type"));
    CHECK(run(&form) == 400 && is_fault("picture_missing"));
    CHECK(send_text("/v1/detect", "{\"image\":7}") == 400);
    CHECK(send_text("/v1/detect", "{\"image\":\"aGVsbG8x\"}") == 400);
    CHECK(is_fault("image_format"));
    CHECK(send_text("/v1/detect", "{\"image\":\"\xc3\xa9\"}") == 400);
    CHECK(is_fault("base64_corrupt"));
    CHECK(send_text("/v1/detect", "{}") == 400 && is_fault("field_missing"));
}

static void too_much_is_refused(void)
{
    hps_buffer body = {0};
    hps_request late = route_request("POST", "/v1/detect", HPS_MEDIA_IMAGE,
                                     picture.data, picture.count);

    hps_buffer_text(&body, "{\"image\":\"AAAA\",\"hats\":[[1,2,3,4]");
    for (int i = 0; i < 4096; i++)
        hps_buffer_text(&body, ",[1,2,3,4]");
    hps_buffer_append(&body, "]}", 3);
    CHECK(send_text("/v1/hats", body.data) == 413 && is_fault("too_many"));
    hps_buffer_clear(&body);
    hps_buffer_text(&body, "{\"img\":[\"\"");
    for (int i = 0; i < 32; i++)
        hps_buffer_text(&body, ",\"\"");
    hps_buffer_append(&body, "]}", 3);
    CHECK(send_text("/get_head_point_v2", body.data) == 413);
    late.deadline_us = 1;
    CHECK(run(&late) == 503 && is_fault("deadline") && reply.retry_after_s > 0);
    hps_buffer_release(&body);
}

/* ---- Hostile JSON -------------------------------------------------------- */

static const char *const json_paths[] = {"/",
                                         "/get_head_point",
                                         "/get_head_point_v2",
                                         "/get_body_box",
                                         "/v1/detect",
                                         "/v1/hats",
                                         "/predict/openpose_body_estimation"};

static void refuse_everywhere(const char *text, size_t count, int status)
{
    for (size_t i = 0; i < sizeof json_paths / sizeof *json_paths; i++) {
        hps_request request =
            route_request("POST", json_paths[i], HPS_MEDIA_JSON, text, count);
        CHECK_MESSAGE(run(&request) == status, "%s: %.40s: %d", json_paths[i],
                      text, reply.status);
        json_decref(answer());
    }
}

static void hostile_json_is_refused(void)
{
    static const char *const texts[] = {
        "{",
        "{\"image\":",
        "nul",
        "7",
        "[]",
        "null",
        "\"text\"",
        "{\"image\":\"\\ud800\"}",
        "{\"image\":\"\xff\xfe\"}",
        "\xff{}",
        "{\"a\":1e999,\"image\":\"\"}",
        "{\"a\":NaN}",
        "{\"a\":-Infinity}",
        "{\"a\":1,}",
        "{'a':1}",
        "{\"a\":1}{\"a\":1}",
        "{\"\\u0000\":1}",
        "{\"image\":{\"image\":{}},\"img\":{\"a\":[]},\"images\":[[]]}",
        "{\"image\":[\"\"],\"img\":[7],\"images\":[null]}",
        "{\"image\":\"A\",\"img\":\"A\",\"images\":\"A\"}",
    };
    hps_buffer body = {0};

    route_record(&service, NULL, NULL);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        refuse_everywhere(texts[i], strlen(texts[i]), 400);
    refuse_everywhere("{\"a\":\"\0\"}", 9, 400);
    for (int i = 0; i < 100000; i++)
        hps_buffer_text(&body, i % 2 ? "[" : "{\"a\":");
    refuse_everywhere(body.data, body.count, 400);
    hps_buffer_clear(&body);
    hps_buffer_text(&body, "{\"a\":[");
    for (int i = 0; i < 200000; i++)
        hps_buffer_text(&body, "[],");
    refuse_everywhere(body.data, body.count, 413);
    hps_buffer_release(&body);
}

static void depth_has_a_bound(void)
{
    char text[128] = "{\"image\":\"AAAA\",\"hats\":";
    size_t at = strlen(text);

    memset(text + at, '[', 31);
    memset(text + at + 31, ']', 31);
    strcpy(text + at + 62, "}");
    CHECK(send_text("/v1/hats", text) == 400 && is_fault("field_type"));
    memset(text + at, '[', 32);
    memset(text + at + 32, ']', 32);
    strcpy(text + at + 64, "}");
    CHECK(send_text("/v1/hats", text) == 400 && is_fault("json_deep"));
}

/* Long strings do not go through the reader of JSON: wherever the text is
 * cut, it is none; and what stands for them is worth nothing to others. */
static void long_strings_are_whole_or_refused(void)
{
    hps_buffer body = {0};
    char forged[80];

    record_standing();
    hps_buffer_print(&body, "{\"image\":\"%s\"}", letters.data);
    for (size_t cut = body.count; cut-- > 9; cut -= cut > 1100 ? 1000 : 0) {
        hps_request request =
            route_request("POST", "/v1/detect", HPS_MEDIA_JSON, body.data, cut);
        CHECK_MESSAGE(run(&request) == 400 && is_fault("json_corrupt"), "%zu",
                      cut);
    }
    hps_buffer_release(&body);
    hps_buffer_print(&body, "{\"image\":\"AAAA\",\"%s\":1}", letters.data);
    hps_request key = route_request("POST", "/v1/detect", HPS_MEDIA_JSON,
                                    body.data, body.count);
    CHECK(run(&key) == 400);
    hps_buffer_release(&body);
    for (int i = 0; i < 4; i++) {
        static const char *const notes[] = {"@0,5", "@ffffffffffffffff,2",
                                            "@1,ffffffffffffffff", "@-1,-1"};
        snprintf(forged, sizeof forged, "{\"image\":\"\\u0000%s\"}", notes[i]);
        CHECK(send_text("/v1/detect", forged) == 400);
    }
}

static void last_of_doubled_keys_counts(void)
{
    record_standing();
    CHECK(send_json("/v1/detect", ",\"size\":7,\"size\":64") == 200);
    CHECK(send_json("/v1/detect", ",\"size\":64,\"size\":7") == 400);
    CHECK(send_json("/v1/detect", ",\"a\\\"[[[\":1") == 400);
    CHECK(is_fault("field_unknown"));
}

/* ASCII as UTF-16 or UTF-32, in either order, perhaps with a mark. */
static int send_wide(const char *text, size_t width, bool big_endian, bool mark)
{
    hps_buffer body = {0};
    int status;

    for (const char *c = mark ? text - 1 : text; *c != '\0' || c < text; c++) {
        char unit[4] = {0};
        size_t low = big_endian ? width - 1 : 0;

        unit[low] = c < text ? '\xFF' : *c;
        unit[big_endian ? low - 1 : 1] = c < text ? '\xFE' : '\0';
        hps_buffer_append(&body, unit, width);
    }
    hps_request request = route_request("POST", "/v1/detect", HPS_MEDIA_JSON,
                                        body.data, body.count);
    status = run(&request);
    hps_buffer_release(&body);
    return status;
}

static void json_may_be_utf16_or_utf32(void)
{
    /* All are read as far as the option that nobody knows. */
    static const char text[] = " {\"imag\": 1}";

    for (int i = 0; i < 8; i++) {
        CHECK_MESSAGE(send_wide(text + 1, i & 1 ? 2 : 4, i & 2, i & 4) == 400 &&
                          is_fault("field_unknown"),
                      "%d", i);
    }
    hps_request odd = route_request("POST", "/v1/detect", HPS_MEDIA_JSON,
                                    "\xFF\xFE{\0\0\xD8}\0", 8);
    CHECK(run(&odd) == 400 && is_fault("json_corrupt"));
}

static void errors_speak_chinese_when_asked(void)
{
    hps_request request =
        route_request("POST", "/", HPS_MEDIA_JSON, "{\"img\":[]}", 10);

    request.language = HPS_CHINESE;
    CHECK(run(&request) == 400);
    CHECK(strstr(reply.body.data, "\xe7\xbc\xba\xe5\xb0\x91 hat_location") !=
          NULL);
    CHECK(strncmp(reply.body.data, "{\"code\":\"400\",\"data\":[],\"message\"",
                  33) == 0);
}

/* ---- PaddleHub ----------------------------------------------------------- */

static void check_table(const json_t *results, const char *name,
                        const char *list_name, size_t columns)
{
    const json_t *text = json_object_get(results, name);
    const json_t *list = json_object_get(results, list_name);
    hps_buffer raw = {0};

    CHECK(hps_base64_decode(json_string_value(text), json_string_length(text),
                            &raw));
    CHECK(raw.count == json_array_size(list) * columns * 8);
    for (size_t i = 0; i < raw.count / 8; i++) {
        const json_t *row = json_array_get(list, i / columns);
        double value;

        memcpy(&value, raw.data + 8 * i, sizeof value); /* little-endian */
        CHECK(json_real_value(json_array_get(row, i % columns)) == value);
    }
    hps_buffer_release(&raw);
}

/* The tiny network sees noise: many joints. */
static void paddle_gets_all_candidates(void)
{
    hps_buffer body = {0};
    hatpose_result *result;
    hatpose_peak peak;

    route_record(&service, NULL, NULL);
    for (size_t i = 0; i < PIXEL_BYTES; i++)
        picture.data[picture.count - PIXEL_BYTES + i] = (char)(i * i >> 5);
    hps_buffer_text(&body, "{\"images\":[\"");
    hps_base64_append(&body, picture.data, picture.count);
    hps_buffer_text(&body, "\"],\"visualization\":true}");
    hps_buffer_append(&body, "", 1);
    CHECK(send_text("/predict/openpose_body_estimation", body.data) == 200);
    json_t *value = answer();
    const json_t *results = json_object_get(value, "results");
    const json_t *list = json_object_get(results, "candidate_list");
    CHECK(strcmp(json_string_value(json_object_get(value, "status")), "000") ==
          0);
    check_table(results, "candidate", "candidate_list", 4);
    check_table(results, "subset", "subset_list", 20);
    CHECK(hatpose_detect_encoded(service.worker->compat, picture.data,
                                 picture.count, NULL, 0, &result,
                                 NULL) == HATPOSE_OK);
    CHECK(json_array_size(list) > 10 &&
          json_array_size(list) == hatpose_result_peak_count(result));
    CHECK(json_array_size(json_object_get(results, "subset_list")) ==
          hatpose_result_person_count(result));
    hatpose_result_peak(result, 7, &peak);
    const json_t *row = json_array_get(list, 7);
    CHECK(json_real_value(json_array_get(row, 0)) == (double)peak.x &&
          json_real_value(json_array_get(row, 1)) == (double)peak.y &&
          json_real_value(json_array_get(row, 2)) == (double)peak.score &&
          json_real_value(json_array_get(row, 3)) == 7);
    CHECK(strncmp(json_string_value(json_object_get(results, "data")), "/9j/",
                  4) == 0); /* a JPEG */
    hatpose_result_destroy(result);
    json_decref(value);
    hps_buffer_release(&body);
}

static void paddle_has_its_own_errors(void)
{
    hps_request request =
        route_request("POST", "/predict/openpose_body_estimation",
                      HPS_MEDIA_OTHER, "images=1", 8);

    CHECK(run(&request) == 415);
    CHECK(strstr(reply.body.data, "\"results\":\"\",\"status\":\"112\"}") !=
          NULL);
    CHECK(send_text(request.path, "{}") == 400);
    CHECK(strstr(reply.body.data, "\"status\":\"101\"") != NULL);
}

int main(void)
{
    route_case_open(&service, HPS_COMPAT_V3);
    make_picture();
    RUN(native_is_the_librarys_own);
    RUN(openpose_and_coco_have_their_forms);
    RUN(jpeg_is_the_drawn_picture);
    RUN(times_come_only_on_request);
    RUN(size_is_for_one_request);
    RUN(wrong_options_are_named);
    RUN(wrong_pictures_are_named);
    RUN(too_much_is_refused);
    RUN(hostile_json_is_refused);
    RUN(depth_has_a_bound);
    RUN(long_strings_are_whole_or_refused);
    RUN(last_of_doubled_keys_counts);
    RUN(json_may_be_utf16_or_utf32);
    RUN(errors_speak_chinese_when_asked);
    RUN(paddle_gets_all_candidates);
    RUN(paddle_has_its_own_errors);
    hps_buffer_release(&reply.body);
    hps_buffer_release(&picture);
    hps_buffer_release(&letters);
    json_decref(recorded);
    route_case_close(&service);
    CHECK_EXIT();
}
