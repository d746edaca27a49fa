/* service.h - answers as the old hard-hat service gave them. */
#ifndef SERVICE_H
#define SERVICE_H

#include "answer.h"
#include "bytes.h"

/* One line: version 3's envelope, compact. A failed picture has a code of
 * 400, no data, and says why. The rule must have been COMPAT. */
void service_append(bytes *out, const answer *a);

#endif
