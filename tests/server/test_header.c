/* test_header.c - what request headers ask for. */
#include "header.h"

#include <string.h>

#include "check.h"
#include "coding.h"

static void media_is_told_by_its_type(void)
{
    CHECK(hps_header_media(NULL) == HPS_MEDIA_NONE);
    CHECK(hps_header_media(" ;x") == HPS_MEDIA_NONE);
    CHECK(hps_header_media("application/json") == HPS_MEDIA_JSON);
    CHECK(hps_header_media("Application/JSON; charset=x") == HPS_MEDIA_JSON);
    CHECK(hps_header_media("application/vnd.x+json") == HPS_MEDIA_JSON);
    CHECK(hps_header_media("application/+json") == HPS_MEDIA_OTHER);
    CHECK(hps_header_media("application/jsonp") == HPS_MEDIA_OTHER);
    CHECK(hps_header_media("text/json") == HPS_MEDIA_OTHER);
    CHECK(hps_header_media("image/png") == HPS_MEDIA_IMAGE);
    CHECK(hps_header_media("IMAGE/x-anything; a=b") == HPS_MEDIA_IMAGE);
    CHECK(hps_header_media("multipart/form-data; boundary=x") ==
          HPS_MEDIA_FORM);
    CHECK(hps_header_media("multipart/form-datas") == HPS_MEDIA_OTHER);
    CHECK(hps_header_media("application/octet-stream") == HPS_MEDIA_OTHER);
}

static bool boundary_is(const char *type, const char *expected)
{
    char boundary[HPS_BOUNDARY_BYTES];

    return hps_header_boundary(type, boundary) &&
           strcmp(boundary, expected) == 0;
}

static void boundary_is_found(void)
{
    char boundary[HPS_BOUNDARY_BYTES];

    CHECK(boundary_is("multipart/form-data; boundary=x-y", "x-y"));
    CHECK(boundary_is("multipart/form-data;boundary=\"a; b\"; c=d", "a; b"));
    CHECK(boundary_is("m/f; a=\"boundary=no\"; Boundary=yes", "yes"));
    CHECK(boundary_is("m/f; boundary; boundary=late", "late"));
    CHECK(!hps_header_boundary("multipart/form-data", boundary));
    CHECK(!hps_header_boundary("m/f; boundary=", boundary));
    CHECK(!hps_header_boundary("m/f; boundary=\"\"", boundary));
    CHECK(!hps_header_boundary("m/f; xboundary=x", boundary));
}

static void gzip_is_sent_to_those_who_take_it(void)
{
    CHECK(!hps_coding_accepts_gzip(NULL));
    CHECK(!hps_coding_accepts_gzip(""));
    CHECK(!hps_coding_accepts_gzip("br, deflate"));
    CHECK(hps_coding_accepts_gzip("br, GZIP"));
    CHECK(hps_coding_accepts_gzip("gzip;q=0.001"));
    CHECK(!hps_coding_accepts_gzip("gzip;q=0"));
    CHECK(!hps_coding_accepts_gzip("gzip; q=0.000, *"));
    CHECK(hps_coding_accepts_gzip("*"));
    CHECK(!hps_coding_accepts_gzip("*;q=0"));
    CHECK(!hps_coding_accepts_gzip("gzip;q=banana"));
}

static void coding_of_a_body(void)
{
    CHECK(hps_coding_of(NULL) == HPS_CODING_NONE);
    CHECK(hps_coding_of("  ") == HPS_CODING_NONE);
    CHECK(hps_coding_of("identity") == HPS_CODING_NONE);
    CHECK(hps_coding_of("GZip") == HPS_CODING_GZIP);
    CHECK(hps_coding_of("deflate") == HPS_CODING_DEFLATE);
    CHECK(hps_coding_of("zstd") == HPS_CODING_UNKNOWN);
    CHECK(hps_coding_of("gzip, deflate") == HPS_CODING_UNKNOWN);
}

static void language_that_is_liked_best(void)
{
    CHECK(hps_header_language(NULL) == HPS_ENGLISH);
    CHECK(hps_header_language("zh") == HPS_CHINESE);
    CHECK(hps_header_language("zh-Hans-CN") == HPS_CHINESE);
    CHECK(hps_header_language("zha") == HPS_ENGLISH);
    CHECK(hps_header_language("fr, zh;q=0.1") == HPS_CHINESE);
    CHECK(hps_header_language("en, zh") == HPS_ENGLISH);
    CHECK(hps_header_language("en;q=0.8, zh;q=0.9") == HPS_CHINESE);
    CHECK(hps_header_language("zh;q=0, fr") == HPS_ENGLISH);
    CHECK(hps_header_language("*") == HPS_ENGLISH);
}

int main(void)
{
    RUN(media_is_told_by_its_type);
    RUN(boundary_is_found);
    RUN(gzip_is_sent_to_those_who_take_it);
    RUN(coding_of_a_body);
    RUN(language_that_is_liked_best);
    CHECK_EXIT();
}
