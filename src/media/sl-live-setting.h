#pragma once

#include <gst/gst.h>

#include "sl-description.h"

G_BEGIN_DECLS

/** SlLiveSetting: what a running element's property is to become. */
typedef struct {
    char *file;
    guint line;    /* where the property stands */
    char *track;   /* NULL: in [source]; else in that [viewer TRACK] */
    char *element; /* its name */
    char *property;
    char *text; /* as the description would have it, with the values in it */
} SlLiveSetting;

void sl_live_setting_free(SlLiveSetting *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SlLiveSetting, sl_live_setting_free)

/**
 * sl_description_get_live_settings:
 * @from: the values that what runs was built with, or was set to
 * @to: values of the same description
 *
 * Returns: (transfer full) (element-type SlLiveSetting) (nullable): what makes @to of @from; empty
 *   where they are equal; SL_MEDIA_ERROR_VALUE where a variable that is not live differs, which
 *   takes another pipeline
 */
GPtrArray *sl_description_get_live_settings(SlDescription *self, SlValues *from, SlValues *to,
                                            GError **error);

/**
 * sl_live_setting_apply:
 * @bin: built of the section that the setting is for
 *
 * Any thread; never waits for a frame longer than the element itself does to take a property.
 * Returns: SL_MEDIA_ERROR_VALUE, with file and line, where the element is not there, does not take
 *   the value, or keeps what it had
 */
gboolean sl_live_setting_apply(const SlLiveSetting *self, GstBin *bin, GError **error);

/** sl_element_find_live_fault: (transfer full) (nullable): why @property of a @factory can't be
 * changed while it runs, and what is expected; %NULL: it can, as far as it says itself */
char *sl_element_find_live_fault(const char *factory, const char *property);
/** sl_element_find_value_fault: (transfer full) (nullable): what is expected instead of @text */
char *sl_element_find_value_fault(const char *factory, const char *property, const char *text);

G_END_DECLS
