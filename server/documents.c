/* documents.c - the page, the OpenAPI document, the version. The first two
 * are built in (page/embed.cmake). */
#include "documents.h"

#include <inttypes.h>

#include <hatpose.h>

#include "page/page.h"
#include "worker.h"

/* A new version of the service has a new page at the same address. */
static const char ask_first[] = "no-cache";

void hps_documents_page(hps_worker *worker, const hps_request *request,
                        hps_reply *reply)
{
    (void)worker;
    (void)request;
    reply->content_type = "text/html; charset=utf-8";
    reply->cache_control = ask_first;
    reply->fixed = hps_page;
    reply->fixed_count = hps_page_count;
}

void hps_documents_openapi(hps_worker *worker, const hps_request *request,
                           hps_reply *reply)
{
    (void)worker;
    (void)request;
    reply->cache_control = ask_first;
    reply->fixed = hps_openapi;
    reply->fixed_count = hps_openapi_count;
}

/* A word of the model file, in quotes. */
static void put_text(hps_buffer *body, const char *name, const char *text)
{
    hps_buffer_print(body, "\"%s\":\"", name);
    hps_buffer_json(body, text);
    hps_buffer_text(body, "\",");
}

void hps_documents_version(hps_worker *worker, const hps_request *request,
                           hps_reply *reply)
{
    hatpose_model_info info = {.struct_size = sizeof info};
    hps_buffer *body = &reply->body;

    (void)worker;
    hatpose_model_describe(request->service->model, &info);
    hps_buffer_print(body,
                     "{\"name\":\"hatpose\",\"version\":\"%s\",\"model\":{",
                     hatpose_version_string());
    put_text(body, "name", info.name);
    put_text(body, "license", info.license);
    hps_buffer_print(body,
                     "\"hat_maps\":%" PRIu32 ",\"crc32\":\"%08" PRIx32 "\"}}\n",
                     info.hat_map_count, info.crc32);
}
