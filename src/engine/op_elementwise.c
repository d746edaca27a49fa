/* op_elementwise.c - sum of two values with its activation. A range of
 * channels is one run of memory, so the planes do not matter. */
#include "engine/operation.h"

enum { TASK_ELEMENTS = 1 << 16 };

static size_t element_count(const hp_step *step)
{
    return (size_t)step->op->output_count * (size_t)step->out_width *
           (size_t)step->out_height;
}

static void add_elements(void *argument, int task, int worker)
{
    const hp_step_run *run = argument;
    const hp_step *step = run->step;
    const size_t size = (size_t)step->task_size;
    const size_t first = (size_t)task * size;
    const size_t rest = element_count(step) - first;

    (void)worker;
    run->kernels->add(rest < size ? rest : size,
                      run->arena + step->input + first,
                      run->arena + step->addend + first, step->op->activation,
                      run->arena + step->output + first);
}

void hp_add_plan(hp_step *step)
{
    const size_t count = element_count(step);
    size_t size = TASK_ELEMENTS;

    /* A task's index is an int: huge maps take larger tasks. */
    while ((count - 1) / size >= (size_t)1 << 20)
        size *= 2;
    step->task = add_elements;
    step->task_size = (int)size;
    step->task_count = (int)((count - 1) / size) + 1;
    step->kernel_name = "add";
    step->mac_count = 0;
}
