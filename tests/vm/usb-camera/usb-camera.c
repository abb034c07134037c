/* usb-camera: a webcam that is a program. To the kernel it is a USB device of the Video Class at a
 * port of its virtual host controller (vhci_hcd; Linux, Documentation/usb/usbip_protocol.rst), and
 * so to uvcvideo, udev and everybody else.
 *
 * usb-camera [OPTION…] FORMAT:WIDTHxHEIGHT@RATE[,RATE…]=FOLDER…
 * FORMAT is mjpeg, yuyv or h264; the files in FOLDER are its pictures (access units), by name, over
 * and over.
 *
 * It is unplugged when the program ends. SIGUSR1: it sends no more pictures, without any error;
 * SIGUSR2: every third; SIGHUP: all of them again. */

#include "controls.h"
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CMD_SUBMIT = 1, CMD_UNLINK, RET_SUBMIT, RET_UNLINK };

#define HEADER_SIZE 48u
#define SPEED_HIGH 3

typedef struct {
    guint32 seqnum, length;
} Transfer;

typedef struct {
    int socket;
    char *name, *serial;
    GByteArray *device, *configuration;
    GQueue waiting; /* (element-type Transfer): of the video endpoint */
    Stream stream;
} Camera;

static volatile sig_atomic_t wanted_every = 1;

static void
on_signal(int number)
{
    wanted_every = number == SIGUSR1 ? 0 : number == SIGUSR2 ? 3 : 1;
}

/* All or nothing: where the kernel is gone, so is the camera. */
static void
transfer_all(int fd, gpointer bytes, gsize count, gboolean outgoing)
{
    for (gsize done = 0; done < count;) {
        gssize n = outgoing ? write(fd, (guint8 *)bytes + done, count - done)
                            : read(fd, (guint8 *)bytes + done, count - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            exit(EXIT_SUCCESS);
        done += (gsize)n;
    }
}

static guint32
be32(const guint8 *header, guint at)
{
    guint32 value;
    memcpy(&value, header + at, sizeof value);
    return GUINT32_FROM_BE(value);
}

/* Status is an errno, negative, as the kernel has them. */
static void
answer(Camera *self, guint32 command, guint32 seqnum, gint32 status, guint32 actual_length,
       const GByteArray *data)
{
    guint32 header[HEADER_SIZE / 4] = {
        GUINT32_TO_BE(command),         GUINT32_TO_BE(seqnum),       0, 0, 0,
        GUINT32_TO_BE((guint32)status), GUINT32_TO_BE(actual_length)
    };
    transfer_all(self->socket, header, sizeof header, TRUE);
    if (data != NULL)
        transfer_all(self->socket, data->data, data->len, TRUE);
}

static gboolean
standard_request(Camera *self, guint request, guint value, GByteArray *reply)
{
    g_autoptr(GByteArray) string = NULL;
    const GByteArray *descriptor = NULL;
    switch (request) {
    case 0: /* GET_STATUS */
        g_byte_array_append(reply, (const guint8[]){ 0, 0 }, 2);
        return TRUE;
    case 6: /* GET_DESCRIPTOR */
        string = value >> 8 == 3 ? make_string(value & 0xff, self->name, self->serial) : NULL;
        descriptor = value >> 8 == 1   ? self->device
                     : value >> 8 == 2 ? self->configuration
                                       : string;
        if (descriptor == NULL)
            return FALSE;
        g_byte_array_append(reply, descriptor->data, descriptor->len);
        return TRUE;
    case 1:  /* CLEAR_FEATURE */
    case 9:  /* SET_CONFIGURATION */
    case 11: /* SET_INTERFACE */
        return TRUE;
    default:
        return FALSE;
    }
}

static void
control_transfer(Camera *self, guint32 seqnum, const guint8 *setup, const guint8 *data,
                 guint32 length, gboolean in)
{
    guint request = setup[1], value = setup[2] | setup[3] << 8, interface = setup[4],
          unit = setup[5];
    g_autoptr(GByteArray) reply = g_byte_array_new();
    gboolean known;
    if ((setup[0] & 0x60) == 0)
        known = standard_request(self, request, value, reply);
    else if (interface == 1)
        known = stream_request(&self->stream, value >> 8, request, data, length, reply);
    else
        known = control_request(unit, value >> 8, request, data, length, reply);
    g_byte_array_set_size(reply, MIN(reply->len, length));
    answer(self, RET_SUBMIT, seqnum, known ? 0 : -EPIPE, in ? reply->len : length,
           in && known ? reply : NULL);
}

/* The data of a control transfer are small; more, or another endpoint's, is nothing that uvcvideo
 * sends. */
static void
on_submit(Camera *self, const guint8 *header)
{
    guint32 seqnum = be32(header, 4), endpoint = be32(header, 16), length = be32(header, 24);
    gboolean in = be32(header, 12) == 1;
    guint8 data[4096];
    if (!in) {
        if (length > sizeof data)
            exit(EXIT_FAILURE);
        transfer_all(self->socket, data, length, FALSE);
    }
    if (endpoint == 0) {
        control_transfer(self, seqnum, header + 40, data, length, in);
        return;
    }
    Transfer *transfer = g_new(Transfer, 1);
    *transfer = (Transfer){ seqnum, length };
    g_queue_push_tail(&self->waiting, transfer);
}

static void
on_unlink(Camera *self, const guint8 *header)
{
    guint32 seqnum = be32(header, 20);
    gint32 status = 0; /* it is answered already */
    for (GList *link = self->waiting.head; link != NULL; link = link->next)
        if (((Transfer *)link->data)->seqnum == seqnum) {
            g_free(link->data);
            g_queue_delete_link(&self->waiting, link);
            status = -ECONNRESET;
            break;
        }
    answer(self, RET_UNLINK, be32(header, 4), status, 0, NULL);
}

static void
on_message(Camera *self)
{
    guint8 header[HEADER_SIZE];
    transfer_all(self->socket, header, sizeof header, FALSE);
    if (be32(header, 0) == CMD_SUBMIT)
        on_submit(self, header);
    else
        on_unlink(self, header);
}

static void
send_video(Camera *self)
{
    self->stream.every = (guint)wanted_every;
    stream_advance(&self->stream);
    g_autoptr(GByteArray) payload = g_byte_array_new();
    while (!g_queue_is_empty(&self->waiting)) {
        Transfer *transfer = g_queue_peek_head(&self->waiting);
        g_byte_array_set_size(payload, 0);
        if (!stream_fill(&self->stream, payload, transfer->length))
            return;
        answer(self, RET_SUBMIT, transfer->seqnum, 0, payload->len, payload);
        g_free(g_queue_pop_head(&self->waiting));
    }
}

static void
serve(Camera *self)
{
    for (;;) {
        struct pollfd poller = { .fd = self->socket, .events = POLLIN };
        gint64 wait_us = stream_wait_us(&self->stream);
        struct timespec wait = { wait_us / G_USEC_PER_SEC, wait_us % G_USEC_PER_SEC * 1000 };
        if (ppoll(&poller, 1, wait_us < 0 ? NULL : &wait, NULL) > 0)
            on_message(self);
        send_video(self);
    }
}

/* The other end of a socket becomes the cable. */
static void
plug_in(Camera *self, gint port)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        exit(EXIT_FAILURE);
    self->socket = ends[0];
    g_autofree char *words = g_strdup_printf("%d %d 65538 %d", port, ends[1], SPEED_HIGH);
    int fd = open("/sys/devices/platform/vhci_hcd.0/attach", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, words, strlen(words)) < 0) {
        fprintf(stderr, "usb-camera: can't be plugged in: %s\n", g_strerror(errno));
        exit(EXIT_FAILURE);
    }
    close(fd);
    close(ends[1]);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
load_pictures(Frame *frame, const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;)
        g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
    g_ptr_array_sort(paths, compare_names);
    frame->pictures = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (guint i = 0; i < paths->len; i++) {
        char *text;
        gsize size;
        if (g_file_get_contents(g_ptr_array_index(paths, i), &text, &size, NULL) && size > 0) {
            g_ptr_array_add(frame->pictures, g_bytes_new_take(text, size));
            frame->largest = MAX(frame->largest, size);
        }
    }
}

static Format *
find_format(GPtrArray *formats, FormatKind kind)
{
    for (guint i = 0; i < formats->len; i++) {
        Format *format = g_ptr_array_index(formats, i);
        if (format->kind == kind)
            return format;
    }
    Format *format = g_new(Format, 1);
    *format = (Format){ kind, g_ptr_array_new() };
    g_ptr_array_add(formats, format);
    return format;
}

/* FALSE: it is no mode, or has no pictures. */
static gboolean
add_mode(GPtrArray *formats, const char *text)
{
    g_autoptr(GRegex) regex =
        g_regex_new("^(mjpeg|yuyv|h264):(\\d+)x(\\d+)@([\\d.,]+)=(.+)$", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    if (!g_regex_match(regex, text, 0, &match))
        return FALSE;
    g_autofree char *kind = g_match_info_fetch(match, 1);
    g_autofree char *width = g_match_info_fetch(match, 2);
    g_autofree char *height = g_match_info_fetch(match, 3);
    g_autofree char *rates = g_match_info_fetch(match, 4);
    g_autofree char *folder = g_match_info_fetch(match, 5);
    g_auto(GStrv) each = g_strsplit(rates, ",", -1);

    Frame *frame = g_new0(Frame, 1);
    frame->width = (guint)atoi(width);
    frame->height = (guint)atoi(height);
    frame->intervals = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (char **rate = each; *rate != NULL; rate++) {
        guint32 interval = (guint32)(1e7 / g_ascii_strtod(*rate, NULL));
        g_array_append_val(frame->intervals, interval);
    }
    load_pictures(frame, folder);
    FormatKind known = *kind == 'm' ? FORMAT_MJPEG : *kind == 'y' ? FORMAT_YUYV : FORMAT_H264;
    g_ptr_array_add(find_format(formats, known)->frames, frame);
    return frame->pictures->len > 0;
}

int
main(int argc, char **argv)
{
    Camera camera = { .socket = -1, .waiting = G_QUEUE_INIT };
    gint port = 0, product = 1;
    g_auto(GStrv) modes = NULL;
    const GOptionEntry entries[] = {
        { "name", 0, 0, G_OPTION_ARG_STRING, &camera.name, "What it calls itself", "NAME" },
        { "serial", 0, 0, G_OPTION_ARG_STRING, &camera.serial, "Its serial number", "TEXT" },
        { "product", 0, 0, G_OPTION_ARG_INT, &product, "Number of its model", "N" },
        { "port", 0, 0, G_OPTION_ARG_INT, &port, "Where it is plugged in, 0 to 7", "N" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &modes, NULL, "MODE…" },
        { 0 },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, NULL) || modes == NULL) {
        g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);
        fputs(help, stderr);
        return 64;
    }
    g_autoptr(GPtrArray) formats = g_ptr_array_new();
    for (char **mode = modes; *mode != NULL; mode++)
        if (!add_mode(formats, *mode)) {
            fprintf(stderr, "usb-camera: no mode with pictures: %s\n", *mode);
            return 64;
        }
    if (camera.name == NULL)
        camera.name = g_strdup("Test camera");
    if (camera.serial == NULL)
        camera.serial = g_strdup("0001");
    camera.device = make_device_descriptor((guint16)product);
    camera.configuration = make_configuration(formats);
    stream_init(&camera.stream, formats);
    struct sigaction action = { .sa_handler = on_signal };
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    plug_in(&camera, port);
    printf("plugged in, process %d\n", (int)getpid());
    fflush(stdout);
    serve(&camera);
}
