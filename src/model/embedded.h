/* embedded.h - the model that is built into the library
 * (weights/embedded_model.S); only where HP_HAVE_MODEL is defined. */
#ifndef HP_EMBEDDED_H
#define HP_EMBEDDED_H

#include <stdint.h>

extern const unsigned char hp_embedded_model[]; /* aligned to 64 */
extern const uint64_t hp_embedded_model_bytes;

#endif
