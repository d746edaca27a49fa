/* http_seeds.c - an ordinary input for every piece that fuzz_http.c reads. */
#include "coding.h"
#include "seed.h"

static void save_text(const char *folder, const char *name, const char *text)
{
    seed_save(folder, name, text, "", 0);
}

int main(int count, char **arguments)
{
    static const char text[] = "many many many many words";
    const char *folder = count > 1 ? arguments[1] : ".";
    hps_buffer packed = {0};

    save_text(folder, "encodings", "lgzip;q=0.5, deflate, br;q=1.0, *;q=0");
    save_text(folder, "languages", "lzh-CN,zh;q=0.9,en-US;q=0.8,en;q=0.7");
    save_text(folder, "form-type",
              "tmultipart/form-data; charset=utf-8; boundary=\"a b\"");
    save_text(folder, "disposition",
              "tform-data; name=\"a\\\"b\"; filename=x.png");
    save_text(
        folder, "form",
        "f--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
        "--b\r\nContent-Disposition: form-data; name=f; filename=\"g\"\r\n"
        "Content-Type: image/png\r\n\r\n\r\r\n-\r\n--b--\r\n");
    save_text(folder, "words", "p\x01many many many many words");
    save_text(folder, "quoted", "a \"b\" \\ \n \xE5\xB8\xBD \xFF");
    hps_buffer_text(&packed, "u");
    if (!hps_coding_gzip(text, sizeof text, &packed))
        return 1;
    seed_save(folder, "packed", "", packed.data, packed.count);
    hps_buffer_release(&packed);
    return 0;
}
