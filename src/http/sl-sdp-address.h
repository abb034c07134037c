#pragma once

#include "sl-sdp-kind.h"

G_BEGIN_DECLS

/** SlSdpAddress: what an address is about; neither the stream nor the session need exist. */
typedef struct {
    const SlSdpKind *kind;
    char *stream;
    char *id; /* nullable: the endpoint itself */
} SlSdpAddress;

/** sl_sdp_address_parse: Returns: FALSE: @path is no such address */
gboolean sl_sdp_address_parse(const char *path, SlSdpAddress *ret_address);
void sl_sdp_address_clear(SlSdpAddress *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SlSdpAddress, sl_sdp_address_clear)

/** sl_sdp_address_get_methods: for `Allow` */
const char *sl_sdp_address_get_methods(const SlSdpAddress *self);

G_END_DECLS
