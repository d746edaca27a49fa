/* drawn_people.c - stick figures as maps. The limbs lie 3.5 of 8 input px
 * right of and below the peaks: so the network is taught. */
#include "drawn_people.h"

#include <math.h>
#include <stdlib.h>

static const float gaussian_map_px = 0.875F;
static const float field_shift_map_px = 0.4375F;
static const float half_width_map_px = 1;

static const int limb_paf[HP_LIMB_COUNT] = {
    12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26};

/* From the nose, in quarters of a cell: these are exact, so that figures at
 * whole distances have the same bits. */
static const drawn_point standing[HATPOSE_KEYPOINT_COUNT] = {
    {0, 0},          {0, 3},        {-2.5F, 3},      {-3.75F, 6},
    {-4, 9},         {2.5F, 3},     {3.75F, 6},      {4, 9},
    {-1.5F, 9.25F},  {-1.75F, 13},  {-1.75F, 17},    {1.5F, 9.25F},
    {1.75F, 13},     {1.75F, 17},   {-0.75F, -0.5F}, {0.75F, -0.5F},
    {-1.5F, -0.25F}, {1.5F, -0.25F}};

/* The same joint of the other side. */
static const int mirrored_joint[HATPOSE_KEYPOINT_COUNT] = {
    0, 1, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10, 15, 14, 17, 16};

drawn_figure drawn_figure_at(float x_map_px, float y_map_px)
{
    drawn_figure figure = {.peak = 0.9F, .field = 0.9F};

    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
        figure.joints[j].x_map_px = x_map_px + standing[j].x_map_px;
        figure.joints[j].y_map_px = y_map_px + standing[j].y_map_px;
    }
    return figure;
}

drawn_figure drawn_figure_mirrored(const drawn_figure *figure, int width)
{
    drawn_figure mirrored = *figure;

    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
        int from = mirrored_joint[j];
        mirrored.joints[j] = figure->joints[from];
        mirrored.joints[j].x_map_px =
            (float)(width - 1) - figure->joints[from].x_map_px;
        mirrored.missing[j] = figure->missing[from];
    }
    return mirrored;
}

static float *empty_planes(size_t count)
{
    float *planes = calloc(count, sizeof *planes);

    if (planes == NULL)
        exit(1);
    return planes;
}

hp_pose_input drawn_maps_create(int width_map_px, int height_map_px)
{
    size_t cells = (size_t)width_map_px * (size_t)height_map_px;
    hp_pose_input maps = {.heatmaps = empty_planes(HP_HEATMAP_COUNT * cells),
                          .pafs = empty_planes(HP_PAF_COUNT * cells),
                          .limb_paf = limb_paf,
                          .width_map_px = width_map_px,
                          .height_map_px = height_map_px,
                          .keypoint_threshold = -1,
                          .limb_threshold = -1,
                          .person_threshold = -1,
                          .max_people = INT32_MAX};

    return maps;
}

void drawn_maps_destroy(hp_pose_input *maps)
{
    free((float *)(uintptr_t)maps->heatmaps);
    free((float *)(uintptr_t)maps->pafs);
    maps->heatmaps = maps->pafs = NULL;
}

static float *plane_of(const hp_pose_input *maps, const float *planes,
                       int channel)
{
    size_t cells = (size_t)maps->width_map_px * (size_t)maps->height_map_px;

    return (float *)(uintptr_t)planes + (size_t)channel * cells;
}

static void add_peak(const hp_pose_input *maps, int joint, drawn_point at,
                     float height)
{
    float *plane = plane_of(maps, maps->heatmaps, joint);

    for (int y = 0; y < maps->height_map_px; y++) {
        for (int x = 0; x < maps->width_map_px; x++) {
            float dx = (float)x - at.x_map_px, dy = (float)y - at.y_map_px;
            float spread = 2 * gaussian_map_px * gaussian_map_px;
            float *cell = plane + y * maps->width_map_px + x;
            *cell = fmaxf(*cell, height * expf(-(dx * dx + dy * dy) / spread));
        }
    }
}

/* The vector wherever it is less than half_width from the line; later limbs
 * take the place of earlier ones. */
static void add_limb(const hp_pose_input *maps, int type, drawn_point from,
                     drawn_point to, float length)
{
    float *plane_x = plane_of(maps, maps->pafs, limb_paf[type]);
    float *plane_y = plane_of(maps, maps->pafs, limb_paf[type] + 1);
    float dx = to.x_map_px - from.x_map_px, dy = to.y_map_px - from.y_map_px;
    float whole = sqrtf(dx * dx + dy * dy);

    dx /= whole;
    dy /= whole;
    for (int y = 0; y < maps->height_map_px; y++) {
        for (int x = 0; x < maps->width_map_px; x++) {
            float rx = (float)x - from.x_map_px - field_shift_map_px;
            float ry = (float)y - from.y_map_px - field_shift_map_px;
            float along = rx * dx + ry * dy;
            if (fabsf(rx * dy - ry * dx) > half_width_map_px ||
                along < -half_width_map_px || along > whole + half_width_map_px)
                continue;
            plane_x[y * maps->width_map_px + x] = dx * length;
            plane_y[y * maps->width_map_px + x] = dy * length;
        }
    }
}

void drawn_maps_add(hp_pose_input *maps, const drawn_figure *figure)
{
    for (int j = 0; j < HATPOSE_KEYPOINT_COUNT; j++) {
        if (!figure->missing[j])
            add_peak(maps, j, figure->joints[j], figure->peak);
    }
    for (int type = 0; type < HP_LIMB_COUNT; type++) {
        int from = hp_limbs[type].from, to = hp_limbs[type].to;
        if (!figure->missing[from] && !figure->missing[to])
            add_limb(maps, type, figure->joints[from], figure->joints[to],
                     figure->field);
    }
}
