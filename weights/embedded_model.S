/* embedded_model.S - the default model as read-only data. HP_MODEL_FILE is
 * its path; HP_EMBEDDED_ALIGNMENT what src/model/embedded.h promises. */
    .section .rodata.hp_embedded_model, "a", %progbits
    .globl hp_embedded_model
    .hidden hp_embedded_model
    .type hp_embedded_model, %object
    .balign HP_EMBEDDED_ALIGNMENT
hp_embedded_model:
    .incbin HP_MODEL_FILE
.Lend:
    .size hp_embedded_model, .Lend - hp_embedded_model

    .globl hp_embedded_model_bytes
    .hidden hp_embedded_model_bytes
    .type hp_embedded_model_bytes, %object
    .balign 8
hp_embedded_model_bytes:
    .quad .Lend - hp_embedded_model
    .size hp_embedded_model_bytes, 8

    .section .note.GNU-stack, "", %progbits
