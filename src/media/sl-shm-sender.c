#include "sl-shm-sender.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>

#define ANSWER_TIMEOUT_S 1
/* No less than the command that shmsink begins with; what follows ends in a NUL. */
#define COMMAND_BYTES 24
#define MAX_GREETING_BYTES 1024

/*
 * shmsink greets whoever connects with a command, and then with the name of the shared memory. Both
 * are awaited: one that is gone by then ends shmsink 1.22.
 */
static gboolean
read_greeting(GSocket *socket, GError **error)
{
    char greeting[MAX_GREETING_BYTES];
    gsize length = 0;

    while (length <= COMMAND_BYTES || greeting[length - 1] != '\0') {
        gssize n =
            g_socket_receive(socket, greeting + length, sizeof greeting - length, NULL, error);

        if (n < 0)
            return FALSE;
        if (n == 0) {
            g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                                "what listens there is no shmsink");
            return FALSE;
        }
        length += n;
    }
    return TRUE;
}

static gboolean
try_sender(const char *path, GError **error)
{
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
    g_autoptr(GSocket) socket =
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);

    if (socket == NULL)
        return FALSE;
    g_socket_set_timeout(socket, ANSWER_TIMEOUT_S);
    return g_socket_connect(socket, address, NULL, error) && read_greeting(socket, error);
}

static void
check(const GValue *value, gpointer data)
{
    GstElement *element = g_value_get_object(value);
    gboolean *ret_all = data;
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;

    g_object_get(element, "socket-path", &path, NULL);
    if (path == NULL || try_sender(path, &error))
        return;
    *ret_all = FALSE;
    gst_element_message_full(
        element, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        g_strdup_printf("%s: %s", path, error->message), NULL, __FILE__, G_STRFUNC, __LINE__);
}

gboolean
sl_shm_sender_check(GstBin *bin)
{
    g_autoptr(GstIterator) elements = gst_bin_iterate_all_by_element_factory_name(bin, "shmsrc");
    gboolean all = TRUE;

    while (gst_iterator_foreach(elements, check, &all) == GST_ITERATOR_RESYNC)
        gst_iterator_resync(elements);
    return all;
}
