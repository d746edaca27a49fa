/* documents.h - what does not depend on a picture: the page, the OpenAPI
 * document, the version. */
#ifndef HPS_DOCUMENTS_H
#define HPS_DOCUMENTS_H

#include "route.h"

/* GET */
void hps_documents_page(hps_worker *worker, const hps_request *request,
                        hps_reply *reply);
void hps_documents_openapi(hps_worker *worker, const hps_request *request,
                           hps_reply *reply);
void hps_documents_version(hps_worker *worker, const hps_request *request,
                           hps_reply *reply);

#endif
