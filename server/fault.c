/* fault.c - errors as replies. In: a fault and what it is about. Out: status
 * and body in the form of the route, in the client's language. */
#include "fault.h"

#include <string.h>

typedef struct fault_row {
    int status;
    uint32_t retry_after_s;
    const char *code;
    const char *sentences[2]; /* by hps_language; {} is the detail's place */
} fault_row;

static const fault_row rows[HPS_FAULT_COUNT] = {
    [HPS_FAULT_NOT_FOUND] = {404,
                             0,
                             "not_found",
                             {"there is nothing at {}", "{} 不存在"}},
    [HPS_FAULT_METHOD] = {405,
                          0,
                          "method_not_allowed",
                          {"this path takes {}", "此路径只接受 {}"}},
    [HPS_FAULT_UNAUTHORIZED] = {401,
                                0,
                                "unauthorized",
                                {"a valid bearer token is needed",
                                 "需要有效的访问令牌 (Bearer token)"}},
    [HPS_FAULT_BODY_TOO_LARGE] = {413,
                                  0,
                                  "body_too_large",
                                  {"the body is larger than {} bytes",
                                   "请求体超过 {} 字节"}},
    [HPS_FAULT_CODING_UNKNOWN] = {415,
                                  0,
                                  "encoding_unknown",
                                  {"Content-Encoding {}: gzip and deflate are "
                                   "read here",
                                   "Content-Encoding {}:只支持 gzip 和 "
                                   "deflate"}},
    [HPS_FAULT_CODING_CORRUPT] = {400,
                                  0,
                                  "encoding_corrupt",
                                  {"the body is not valid {} data",
                                   "请求体不是有效的 {} 数据"}},
    [HPS_FAULT_FORM_CORRUPT] = {400,
                                0,
                                "form_corrupt",
                                {"multipart form: {}",
                                 "multipart 表单错误:{}"}},
    [HPS_FAULT_QUERY_CORRUPT] = {400,
                                 0,
                                 "query_corrupt",
                                 {"query: {}", "查询参数错误:{}"}},
    [HPS_FAULT_SLOW] = {408,
                        0,
                        "too_slow",
                        {"the request took too long to arrive",
                         "请求接收超时"}},
    [HPS_FAULT_BUSY] = {503,
                        1,
                        "busy",
                        {"too many requests at once: try again",
                         "请求过多,请稍后重试"}},
    [HPS_FAULT_DEADLINE] = {503,
                            1,
                            "deadline",
                            {"the request waited too long: try again",
                             "请求等待超时,请稍后重试"}},
    [HPS_FAULT_STOPPING] = {503,
                            1,
                            "stopping",
                            {"the service is stopping", "服务正在停止"}},
    [HPS_FAULT_LOADING] = {503,
                           1,
                           "loading",
                           {"the model is being loaded", "模型正在加载"}},
    [HPS_FAULT_MEMORY] = {503,
                          1,
                          "out_of_memory",
                          {"memory is short: try again",
                           "内存不足,请稍后重试"}},
    [HPS_FAULT_INTERNAL] = {500,
                            0,
                            "internal",
                            {"an error of the service itself: {}",
                             "服务内部错误:{}"}},
    [HPS_FAULT_MEDIA_TYPE] = {415,
                              0,
                              "media_type",
                              {"Content-Type: wants {}",
                               "Content-Type 应为 {}"}},
    [HPS_FAULT_BODY_EMPTY] = {400,
                              0,
                              "body_empty",
                              {"the body is empty", "请求体为空"}},
    [HPS_FAULT_JSON_CORRUPT] = {400,
                                0,
                                "json_corrupt",
                                {"the body is not valid JSON: {}",
                                 "请求体不是有效的 JSON:{}"}},
    [HPS_FAULT_JSON_DEEP] = {400,
                             0,
                             "json_deep",
                             {"JSON is nested more than {} deep",
                              "JSON 嵌套超过 {} 层"}},
    [HPS_FAULT_JSON_LARGE] = {413,
                              0,
                              "json_large",
                              {"JSON holds more than {} values",
                               "JSON 中的值超过 {} 个"}},
    [HPS_FAULT_FIELD_MISSING] = {400,
                                 0,
                                 "field_missing",
                                 {"{} is missing", "缺少 {}"}},
    [HPS_FAULT_FIELD_UNKNOWN] = {400,
                                 0,
                                 "field_unknown",
                                 {"unknown option {}", "未知选项 {}"}},
    [HPS_FAULT_FIELD_NUMBER] = {400,
                                0,
                                "field_type",
                                {"{}: wants a number", "{} 应为数字"}},
    [HPS_FAULT_FIELD_TEXT] = {400,
                              0,
                              "field_type",
                              {"{}: wants a text", "{} 应为字符串"}},
    [HPS_FAULT_FIELD_SWITCH] = {400,
                                0,
                                "field_type",
                                {"{}: wants true or false",
                                 "{} 应为 true 或 false"}},
    [HPS_FAULT_FIELD_LIST] = {400,
                              0,
                              "field_type",
                              {"{}: wants a list", "{} 应为列表"}},
    [HPS_FAULT_FIELD_OBJECT] = {400,
                                0,
                                "field_type",
                                {"{}: wants an object", "{} 应为对象"}},
    [HPS_FAULT_FIELD_RANGE] = {400,
                               0,
                               "field_range",
                               {"out of range: wants {}", "超出范围,应为 {}"}},
    [HPS_FAULT_TOO_MANY] = {413,
                            0,
                            "too_many",
                            {"too many in {}", "数量过多:{}"}},
    [HPS_FAULT_BASE64] = {400,
                          0,
                          "base64_corrupt",
                          {"{} is not base64", "{} 不是有效的 base64"}},
    [HPS_FAULT_PICTURE_MISSING] = {400,
                                   0,
                                   "picture_missing",
                                   {"there is no picture in {}",
                                    "{} 中没有图片"}},
    [HPS_FAULT_PICTURE_FORMAT] = {400,
                                  0,
                                  "image_format",
                                  {"the picture cannot be read: {}",
                                   "无法读取图片:{}"}},
    [HPS_FAULT_PICTURE_CORRUPT] = {400,
                                   0,
                                   "image_corrupt",
                                   {"the picture is damaged: {}",
                                    "图片已损坏:{}"}},
    [HPS_FAULT_LIMIT] = {413, 0, "limit", {"over a limit: {}", "超出限制:{}"}},
    [HPS_FAULT_ARGUMENT] = {400,
                            0,
                            "argument",
                            {"this cannot be answered: {}",
                             "无法处理该请求:{}"}},
};

static void write_plain(const hps_service *service, int status,
                        const char *code, const char *message, hps_buffer *body)
{
    (void)service;
    (void)status;
    hps_buffer_text(body, "{\"error\":{\"code\":\"");
    hps_buffer_json(body, code);
    hps_buffer_text(body, "\",\"message\":\"");
    hps_buffer_json(body, message);
    hps_buffer_text(body, "\"}}\n");
}

static void write_sentence(const char *sentence, const char *detail,
                           hps_buffer *message)
{
    const char *gap = strstr(sentence, "{}");

    if (gap == NULL || detail == NULL) {
        hps_buffer_text(message, sentence);
    } else {
        hps_buffer_append(message, sentence, (size_t)(gap - sentence));
        hps_buffer_text(message, detail);
        hps_buffer_text(message, gap + 2);
    }
    hps_buffer_append(message, "", 1);
}

void hps_reply_fail(const hps_request *request, hps_reply *reply,
                    hps_fault fault, const char *detail)
{
    const fault_row *row = &rows[fault];
    const hps_route *route = request->route;
    hps_error_fn write = route != NULL && route->write_error != NULL
                             ? route->write_error
                             : write_plain;
    hps_buffer message = {0};

    hps_buffer_clear(&reply->body);
    reply->fixed = NULL;
    reply->fixed_count = 0;
    reply->status = row->status;
    reply->content_type = "application/json";
    reply->cache_control = NULL;
    reply->retry_after_s = row->retry_after_s;
    reply->fault = row->code;
    write_sentence(row->sentences[request->language], detail, &message);
    if (!message.failed)
        write(request->service, row->status, row->code, message.data,
              &reply->body);
    hps_buffer_release(&message);
}
