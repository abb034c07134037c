#include "sdp-mutation.h"

#include <string.h>

/* Lines and words that nobody writes, or nobody where they are put. */
static const char *const lines[] = {
    "a=sendrecv",
    "a=inactive",
    "a=bundle-only",
    "a=ice-lite",
    "a=ice-ufrag:other",
    "a=ice-pwd:0123456789012345678901",
    "a=setup:active",
    "a=setup:holdconn",
    "a=mid",
    "a=mid:",
    "a=mid:0",
    "a=group:BUNDLE",
    "a=group:BUNDLE 1",
    "a=group:BUNDLE 1 0 2",
    "a=rtcp-mux",
    "a=rtpmap:96 VP8/90000",
    "a=rtpmap:96 rtx/90000",
    "a=rtpmap:0 PCMU/0",
    "a=rtpmap:96 X/90000/9",
    "a=fmtp:96 apt=96",
    "a=fmtp:97 apt=97",
    "a=fmtp:96 media=x;payload=9;seqnum-base=z;ssrc=1;a-mid=9;encoding-name=H264",
    "a=fmtp:96 profile-level-id=zzzzzz",
    "a=fmtp:96 sprop-parameter-sets=,,,=;packetization-mode=1",
    "a=rtcp-fb:* nack",
    "a=rtcp-fb:96 nack pli pli",
    "a=extmap:0 urn:x",
    "a=extmap:14 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=extmap:256 urn:ietf:params:rtp-hdrext:sdes:mid",
    "a=ssrc:4294967295 cname:x",
    "a=ssrc:0 cname:",
    "a=ssrc-group:SIM 1 2 3",
    "a=simulcast:send h;l",
    "a=rid:h send pt=96",
    "a=framesize:96 1-1",
    "a=max-message-size:0",
    "a=max-message-size:18446744073709551616",
    "a=sctp-port:70000",
    "a=sctpmap:5000 webrtc-datachannel 0",
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x",
    "a=key-mgmt:mikey x",
    "a=candidate:1 1 udp 1 127.0.0.1 9 typ host",
    "a=candidate:1 1 udp 1 x.local 9 typ host",
    "a=candidate:1 0 udp 1 127.0.0.1 9 typ host",
    "a=x-google-flag:conference",
    "b=AS:x",
    "c=IN IP4 1.2.3.4/x/y",
    "m=video 0 UDP/TLS/RTP/SAVPF 0 1 2",
    "m=video 9 UDP/TLS/RTP/SAVPF 96 96",
    "m=video 9 RTP/AVP 96",
    "m=text 9 UDP/TLS/RTP/SAVPF 96",
    "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "m=application 9 DTLS/SCTP 5000",
    "k=clear:x",
    "v=0",
    "",
    "=",
    "a=\xff\xfe",
};

static const char *const words[] = {
    "",  "0",    "-1", "255", "65536", "4294967296", "99999999999999999999", "%s%n",   "*",
    "x", "\xc3", "\t", "/",   "rtx",   "VP8/90000",  "H264/90000",           "active", "BUNDLE",
};

static gint
compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_lines(SdpCorpus *self, const char *text)
{
    g_auto(GStrv) list = g_strsplit(text, "\n", -1);

    for (guint i = 0; list[i] != NULL; i++)
        g_ptr_array_add(self->lines, g_strdup(g_strchomp(list[i])));
}

SdpCorpus *
sdp_corpus_load(const char *folder, const char *suffix)
{
    SdpCorpus *self = g_new0(SdpCorpus, 1);
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "fixtures", "sdp", folder, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    g_assert_nonnull(dir);
    self->names = g_ptr_array_new_with_free_func(g_free);
    self->texts = g_ptr_array_new_with_free_func(g_free);
    self->lines = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(name, suffix))
            g_ptr_array_add(self->names, g_strdup(name));
    }
    g_ptr_array_sort(self->names, compare);
    for (guint i = 0; i < self->names->len; i++) {
        g_autofree char *file = g_build_filename(path, self->names->pdata[i], NULL);
        char *text;

        g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
        g_ptr_array_add(self->texts, text);
        add_lines(self, text);
    }
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++)
        g_ptr_array_add(self->lines, g_strdup(lines[i]));
    return self;
}

void
sdp_corpus_free(SdpCorpus *self)
{
    g_ptr_array_unref(self->names);
    g_ptr_array_unref(self->texts);
    g_ptr_array_unref(self->lines);
    g_free(self);
}

static guint
choose(GRand *random, guint end)
{
    return g_rand_int_range(random, 0, (gint32)end);
}

static char *
replace_word(GRand *random, const char *line)
{
    g_auto(GStrv) list = g_strsplit_set(line, " :;=/", -1);
    const char *word = list[choose(random, MAX(g_strv_length(list), 1))];
    const char *found = word != NULL && *word != '\0' ? strstr(line, word) : line;

    return g_strdup_printf("%.*s%s%s", (int)(found - line), line,
                           words[choose(random, G_N_ELEMENTS(words))],
                           found + (word != NULL ? strlen(word) : 0));
}

static char *
change_byte(GRand *random, const char *line)
{
    char *changed = g_strdup(line);
    gsize len = strlen(line);

    if (len > 0)
        changed[choose(random, len)] ^= (char)(1 << choose(random, 7));
    return changed;
}

static void
set_line(GPtrArray *list, guint i, char *line)
{
    g_free(list->pdata[i]);
    list->pdata[i] = line;
}

static void
change(const SdpCorpus *self, GRand *random, GPtrArray *list)
{
    guint i = choose(random, list->len), j = choose(random, list->len);
    const char *line = list->pdata[i];

    switch (choose(random, 9)) {
    case 0:
    case 1:
        if (list->len > 1)
            g_ptr_array_remove_index(list, i);
        break;
    case 2:
        g_ptr_array_insert(list, (int)i, g_strdup(list->pdata[j]));
        break;
    case 3:
        list->pdata[i] = list->pdata[j];
        list->pdata[j] = (gpointer)line;
        break;
    case 4:
        g_ptr_array_insert(list, (int)i,
                           g_strdup(self->lines->pdata[choose(random, self->lines->len)]));
        break;
    case 5:
        set_line(list, i, g_strdup(self->lines->pdata[choose(random, self->lines->len)]));
        break;
    case 6:
        set_line(list, i, change_byte(random, line));
        break;
    case 7:
        set_line(list, i, g_strndup(line, choose(random, strlen(line) + 1)));
        break;
    default:
        set_line(list, i, replace_word(random, line));
    }
}

static char *
join(GPtrArray *list, const char *end)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(text, "%s%s", (char *)list->pdata[i], end);
    return g_string_free(text, FALSE);
}

char *
sdp_corpus_mutate(const SdpCorpus *self, guint seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) parts =
        g_strsplit(self->texts->pdata[choose(random, self->texts->len)], "\n", -1);

    for (guint i = 0; parts[i] != NULL; i++) {
        if (*parts[i] != '\0')
            g_ptr_array_add(list, g_strdup(g_strchomp(parts[i])));
    }
    for (guint n = 1 + choose(random, 4); n > 0; n--)
        change(self, random, list);
    return join(list, choose(random, 8) == 0 ? "\n" : "\r\n");
}
