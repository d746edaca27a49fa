/* service_seeds.c - a right request for every route and every form of body
 * for the fuzzer to start from. */
#include <stdio.h>
#include <stdlib.h>

#include "base64.h"
#include "coding.h"
#include "seed.h"

static const char picture[] = "P5 20 15 255\n"
                              "................................................"
                              "................................................"
                              "................................................"
                              "................................................"
                              "................................................"
                              "................................................"
                              "............";

/* before and after: JSON around the base64 of the picture. */
static void save_json(const char *folder, const char *name, const char *path,
                      const char *before, const char *after)
{
    hps_buffer body = {0}, packed = {0};
    char head[200], packed_name[64];

    hps_buffer_text(&body, before);
    hps_base64_append(&body, picture, sizeof picture - 1);
    hps_buffer_text(&body, after);
    snprintf(head, sizeof head, "%s\napplication/json\n\n", path);
    seed_save(folder, name, head, body.data, body.count);
    if (!hps_coding_gzip(body.data, body.count, &packed))
        exit(1);
    snprintf(head, sizeof head, "%s\napplication/json\ngzip\n", path);
    snprintf(packed_name, sizeof packed_name, "%s.gz", name);
    seed_save(folder, packed_name, head, packed.data, packed.count);
    hps_buffer_release(&body);
    hps_buffer_release(&packed);
}

static void save_form(const char *folder)
{
    hps_buffer body = {0};

    hps_buffer_text(&body, "--b\r\nContent-Disposition: form-data; "
                           "name=\"image\"; filename=\"a.pgm\"\r\n"
                           "Content-Type: image/x-portable-graymap\r\n\r\n");
    hps_buffer_text(&body, picture);
    hps_buffer_text(&body, "\r\n--b\r\nContent-Disposition: form-data; "
                           "name=\"hats\"\r\n\r\n[[1,2,3,4]]\r\n--b--\r\n");
    seed_save(folder, "form",
              "/v1/hats?format=openpose\nmultipart/form-data; boundary=b\n\n",
              body.data, body.count);
    hps_buffer_release(&body);
}

int main(int argc, char **argv)
{
    static const char box[] =
        "\"],\"%s\":[{\"left\":1,\"top\":2.5,\"width\":3,\"height\":4}]%s}";
    char after[200];

    if (argc != 2)
        return 2;
    snprintf(after, sizeof after, box, "hat_location", "");
    save_json(argv[1], "v3", "/", "{\"img\":[\"", after);
    snprintf(after, sizeof after, box, "location", ",\"alarmtype\":2");
    save_json(argv[1], "v6", "/", "{\"img\":[\"", after);
    save_json(argv[1], "heads", "/get_head_point", "{\"img\":\"", "\"}");
    save_json(argv[1], "all", "/get_head_point_v2", "{\"img\":[\"",
              "\",\"\"]}");
    save_json(argv[1], "bodies", "/get_body_box",
              "{\"img\":[\"data:image/png;base64,", "\"]}");
    save_json(argv[1], "paddle", "/predict/openpose_body_estimation",
              "{\"images\":[\"", "\"]}");
    save_json(argv[1], "detect", "/v1/detect", "{\"image\":\"",
              "\",\"threshold\":0.1,\"size\":64,\"timings\":true,"
              "\"format\":\"coco\",\"image_id\":1e3}");
    save_json(argv[1], "hats", "/v1/hats?timings=1", "{\"image\":\"",
              "\",\"hats\":[[1,2,3,4],{\"box\":[1,2,3,4],\"score\":0.5}]}");
    seed_save(argv[1], "raw",
              "/v1/hats?hats=[[1,2,3,4]]&format=jpeg\nimage/x\n\n", picture,
              sizeof picture - 1);
    save_form(argv[1]);
    return 0;
}
