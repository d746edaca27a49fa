/* test_base64.c - base64 as Python reads it, and what is accepted beyond. */
#include "base64.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static hps_buffer out;

static bool decode(const char *text)
{
    hps_buffer_release(&out);
    return hps_base64_decode(text, strlen(text), &out);
}

static bool gives(const char *text, const char *bytes)
{
    bool same = decode(text) && out.count == strlen(bytes) &&
                (out.count == 0 || memcmp(out.data, bytes, out.count) == 0);

    if (!same)
        fprintf(stderr, "%s: %.*s\n", text, (int)out.count, out.data);
    return same;
}

/* Each of these was run by Python 3.11. */
static void text_is_read_as_by_python(void)
{
    CHECK(gives("aGVsbG8=", "hello"));
    CHECK(gives("aGVs\nbG8=", "hello"));
    CHECK(gives("!aG!VsbG8=!", "hello"));
    CHECK(gives("aGVsbG8=XYZ=", "hello"));
    CHECK(gives("aGVsbG8==", "hello"));
    CHECK(gives("aG=VsbG8=", "hello"));
    CHECK(gives("aG==VsbG8=", "h"));
    CHECK(gives("=aGVsbG8=", "hello"));
    CHECK(gives("a=GVsbG8=", "hello"));
    CHECK(gives("====", ""));
    CHECK(gives("", ""));
    CHECK(decode("aGVsbG8A=") && out.count == 6);
    CHECK(!decode("a") && !decode("aGVsb") && !decode("a==="));
    CHECK(!decode("aGVs\xc3\xa9") && !decode("\xff"));
}

static void more_is_accepted(void)
{
    CHECK(gives("aGVsbG8", "hello"));
    CHECK(gives("----____", "\xfb\xef\xbe\xff\xff\xff"));
    CHECK(gives("++-+//_/", "\xfb\xef\xbe\xff\xff\xff"));
    CHECK(gives("data:image/png;base64,aGVsbG8=", "hello"));
    CHECK(gives("DATA:,aGVsbG8=", "hello"));
    CHECK(gives("data", "u\xab\x5a"));
}

static void what_is_written_is_read(void)
{
    unsigned char bytes[100];
    hps_buffer text = {0};

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 37 + i / 7);
    for (size_t count = 0; count <= sizeof bytes; count++) {
        hps_buffer_release(&text);
        hps_base64_append(&text, bytes, count);
        hps_buffer_append(&text, "", 1);
        CHECK(text.count == (count + 2) / 3 * 4 + 1);
        CHECK(decode(text.data) && out.count == count);
        CHECK(count == 0 || memcmp(out.data, bytes, count) == 0);
    }
    hps_buffer_release(&text);
}

int main(void)
{
    RUN(text_is_read_as_by_python);
    RUN(more_is_accepted);
    RUN(what_is_written_is_read);
    hps_buffer_release(&out);
    CHECK_EXIT();
}
