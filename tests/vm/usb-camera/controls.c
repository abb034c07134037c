#include "controls.h"

#include "descriptors.h"

typedef struct {
    guint unit, selector, size;
    gint32 min, max, step, standard, now;
} Control;

static Control controls[] = {
    { PROCESSING_UNIT, 0x02, 2, -64, 64, 1, 0, 0 },           /* brightness */
    { PROCESSING_UNIT, 0x03, 2, 0, 95, 1, 32, 32 },           /* contrast */
    { PROCESSING_UNIT, 0x07, 2, 0, 128, 1, 64, 64 },          /* saturation */
    { PROCESSING_UNIT, 0x05, 1, 0, 2, 1, 1, 1 },              /* frequency of the mains */
    { PROCESSING_UNIT, 0x0a, 2, 2800, 6500, 10, 4600, 4600 }, /* temperature of white */
    { PROCESSING_UNIT, 0x0b, 1, 0, 1, 1, 1, 1 },              /* automatic white */
    { CAMERA_TERMINAL, 0x02, 1, 1, 8, 1 | 8, 8, 8 },    /* exposure: manual, by aperture; bits */
    { CAMERA_TERMINAL, 0x04, 4, 3, 2047, 1, 250, 250 }, /* its time, 100 us */
    { CAMERA_TERMINAL, 0x06, 2, 0, 250, 5, 0, 0 },      /* distance of focus */
    { CAMERA_TERMINAL, 0x08, 1, 0, 1, 1, 1, 1 },        /* automatic focus */
};

static void
put_value(GByteArray *answer, gint32 value, guint size)
{
    guint32 le = GUINT32_TO_LE((guint32)value);
    g_byte_array_append(answer, (const guint8 *)&le, size);
}

/* With the sign that a control of two bytes may have. */
static gint32
read_value(const Control *control, const guint8 *data)
{
    guint32 value = 0;
    for (guint i = 0; i < control->size; i++)
        value |= (guint32)data[i] << 8 * i;
    return control->size == 2 ? (gint16)value : (gint32)value;
}

gboolean
control_request(guint unit, guint selector, guint request, const guint8 *data, guint length,
                GByteArray *answer)
{
    Control *control = controls;
    while (control < controls + G_N_ELEMENTS(controls) &&
           (control->unit != unit || control->selector != selector))
        control++;
    if (control == controls + G_N_ELEMENTS(controls))
        return FALSE;
    gint32 values[] = { control->now, control->min, control->max, control->step };
    switch (request) {
    case SET_CUR:
        if (length < control->size)
            return FALSE;
        control->now = read_value(control, data);
        break;
    case GET_CUR:
    case GET_MIN:
    case GET_MAX:
    case GET_RES:
        put_value(answer, values[request - GET_CUR], control->size);
        break;
    case GET_DEF:
        put_value(answer, control->standard, control->size);
        break;
    case GET_LEN:
        put_value(answer, (gint32)control->size, 2);
        break;
    case GET_INFO:
        put_value(answer, 3, 1); /* may be read and set */
        break;
    default:
        return FALSE;
    }
    return TRUE;
}
