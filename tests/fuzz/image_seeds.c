/* image_seeds.c - one small picture of every kind for the fuzzer to start
 * from. */
#include <stdio.h>

#include "picture_builder.h"
#include "seed.h"

enum { WIDTH = 19, HEIGHT = 13 };

static void save(const char *folder, const char *name, picture_file file)
{
    if (file.bytes == 0) /* JPEG in a build without libjpeg */
        return;
    seed_save(folder, name, "", file.data, file.bytes);
    picture_free(&file);
}

static void save_jpegs(const char *folder)
{
    static const char *const names[] = {
        "plain.jpg", "progressive.jpg", "many_scans.jpg", "gray.jpg",
        "cmyk.jpg",  "ycck.jpg",        "restart.jpg"};

    for (int kind = PICTURE_JPEG_PLAIN; kind <= PICTURE_JPEG_RESTART; kind++)
        save(folder, names[kind],
             picture_jpeg(WIDTH, HEIGHT, (picture_jpeg_kind)kind));
    picture_file turned = picture_jpeg(WIDTH, HEIGHT, PICTURE_JPEG_PLAIN);
    if (turned.bytes > 0)
        picture_insert_exif(&turned, 6, 1);
    save(folder, "turned.jpg", turned);
}

static void save_pngs(const char *folder)
{
    save(folder, "rgb.png", picture_png(WIDTH, HEIGHT, 8, 2));
    save(folder, "rgba16.png", picture_png(WIDTH, HEIGHT, 16, 6));
    save(folder, "gray.png", picture_png(WIDTH, HEIGHT, 8, 0));
    save(folder, "gray_alpha.png", picture_png(WIDTH, HEIGHT, 8, 4));
    save(folder, "animated.png", picture_animated_png(WIDTH, HEIGHT));
}

static void save_text(const char *folder, const char *name, const char *text,
                      size_t bytes)
{
    save(folder, name, picture_copy((const uint8_t *)text, bytes));
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: image_seeds FOLDER\n");
        return 2;
    }
    save_jpegs(argv[1]);
    save_pngs(argv[1]);
    save(argv[1], "rgb.bmp", picture_bmp(WIDTH, HEIGHT));
    save(argv[1], "two_frames.gif", picture_gif(5, 4, 2));
    save(argv[1], "gray.pgm", picture_pnm(WIDTH, HEIGHT, 5));
    save(argv[1], "rgb.ppm", picture_pnm(WIDTH, HEIGHT, 6));
    save_text(argv[1], "text.pbm", "P1 3 1\n1 01", 11);
    save_text(argv[1], "text.ppm", "P3 1 1 15\n15 #c\n0 5", 19);
    save_text(argv[1], "packed.pbm", "P4 9 1\n\x80\x80", 9);
    save_text(argv[1], "wide.pgm", "P5 2 1 65535\n\x80\xff\x01\x02", 17);
    return 0;
}
