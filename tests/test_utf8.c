/* test_utf8.c - what is text, and that messages never hold anything else. */
#include "base/utf8.h"

#include <string.h>

#include "base/error.h"
#include "check.h"

static size_t first(const char *text)
{
    return hp_utf8_printable(text, strlen(text));
}

static void characters_have_their_length(void)
{
    CHECK(first("a") == 1);
    CHECK(first("~") == 1);
    CHECK(first("\xc2\xa0") == 2);
    CHECK(first("\xc3\xbc") == 2);
    CHECK(first("\xe2\x82\xac") == 3);
    CHECK(first("\xed\x9f\xbf") == 3);
    CHECK(first("\xf0\x9f\x91\xb7") == 4);
    CHECK(first("\xf4\x8f\xbf\xbf") == 4);
}

static void malformed_text_is_refused(void)
{
    CHECK(first("") == 0);
    CHECK(first("\x80") == 0);             /* no lead byte */
    CHECK(first("\xc3") == 0);             /* cut */
    CHECK(first("\xe2\x82") == 0);         /* cut */
    CHECK(first("\xc0\xaf") == 0);         /* overlong */
    CHECK(first("\xc1\xbf") == 0);         /* overlong */
    CHECK(first("\xe0\x9f\xbf") == 0);     /* overlong */
    CHECK(first("\xf0\x8f\xbf\xbf") == 0); /* overlong */
    CHECK(first("\xed\xa0\x80") == 0);     /* surrogate */
    CHECK(first("\xf4\x90\x80\x80") == 0); /* past the last */
    CHECK(first("\xf8\x88\x80\x80\x80") == 0);
    CHECK(first("\xff") == 0);
}

static void control_characters_are_no_line(void)
{
    CHECK(first("\n") == 0);
    CHECK(first("\x1b") == 0);
    CHECK(first("\x7f") == 0);
    CHECK(first("\xc2\x80") == 0);
    CHECK(first("\xc2\x9b") == 0); /* CSI: starts a terminal command */
    CHECK(hp_utf8_printable("", 1) == 0);
    CHECK(hp_utf8_is_line("Z\xc3\xbcrich", 7));
    CHECK(!hp_utf8_is_line("two\nlines", 9));
}

static void a_message_is_cut_between_characters(void)
{
    hatpose_error err;
    char text[400];

    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xbc", 2);
    text[sizeof text - 2] = '\0';
    hp_fail(&err, HATPOSE_E_IO, "x%s", text);
    size_t length = strlen(err.message);
    CHECK(length == sizeof err.message - 1);
    CHECK(hp_utf8_is_line(err.message, length));
    hp_fail(&err, HATPOSE_E_IO, "%s", text);
    CHECK(hp_utf8_is_line(err.message, strlen(err.message)));
}

int main(void)
{
    RUN(characters_have_their_length);
    RUN(malformed_text_is_refused);
    RUN(control_characters_are_no_line);
    RUN(a_message_is_cut_between_characters);
    CHECK_EXIT();
}
