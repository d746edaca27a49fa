/* field.h - PAFs laid out for sampling: x and y side by side, with the edge
 * repeated around the map. */
#ifndef HP_FIELD_H
#define HP_FIELD_H

#include "base/skeleton.h"
#include "kernels.h"
#include "pose/pose.h"

/* One of each type of limb, all inside the buffer. */
hatpose_status hp_fields_make(hp_memory *memory, hp_buffer *buffer,
                              const hp_pose_input *input,
                              hp_field fields[HP_LIMB_COUNT],
                              hatpose_error *err);

#endif
