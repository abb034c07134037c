#include "sl-camera-owner.h"

#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PROCESSES 65536
#define MAX_DESCRIPTORS 4096

/* The group's name; its number where the system (a container) does not know it. */
static char *
dup_group_name(gid_t gid)
{
    struct group group, *found = NULL;
    char buffer[4096];
    if (getgrgid_r(gid, &group, buffer, sizeof buffer, &found) == 0 && found != NULL)
        return g_strdup(found->gr_name);
    return g_strdup_printf("%u", (guint)gid);
}

gboolean
sl_camera_owner_is_in_container(void)
{
    return g_file_test("/.dockerenv", G_FILE_TEST_EXISTS) ||
           g_file_test("/run/.containerenv", G_FILE_TEST_EXISTS) || g_getenv("container") != NULL;
}

char *
sl_camera_owner_permission_advice(const char *node, gboolean in_container)
{
    struct stat status;
    if (stat(node, &status) != 0)
        return g_strdup("its folder can't be read");
    if ((status.st_mode & (S_IRGRP | S_IWGRP)) != (S_IRGRP | S_IWGRP))
        return g_strdup_printf("its mode is %04o, which lets no group in",
                               (guint)status.st_mode & 07777);
    g_autofree char *group = dup_group_name(status.st_gid);
    if (in_container)
        return g_strdup_printf("it belongs to the group %s, and this is a container; "
                               "`docker run --device %s --group-add %s …`",
                               group, node, group);
    return g_strdup_printf(
        "it belongs to the group %s; `sudo usermod -aG %s $USER`, then log in again", group, group);
}

static gboolean
has_descriptor_on(const char *pid, dev_t device)
{
    g_autofree char *dir = g_build_filename("/proc", pid, "fd", NULL);
    g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
    const char *name;
    for (guint i = 0; entries != NULL && i < MAX_DESCRIPTORS; i++) {
        if ((name = g_dir_read_name(entries)) == NULL)
            break;
        g_autofree char *path = g_build_filename(dir, name, NULL);
        struct stat status;
        if (stat(path, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == device)
            return TRUE;
    }
    return FALSE;
}

static char *
dup_process_name(const char *pid)
{
    g_autofree char *path = g_build_filename("/proc", pid, "comm", NULL);
    char *name = NULL;
    if (!g_file_get_contents(path, &name, NULL, NULL))
        return g_strdup("a program");
    g_strchomp(name);
    for (char *c = name; *c != '\0'; c++)
        if (!g_ascii_isprint(*c))
            *c = '?';
    return name;
}

char *
sl_camera_owner_describe_user(const char *node)
{
    struct stat status;
    g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
    if (processes == NULL || stat(node, &status) != 0)
        return g_strdup("another program");
    g_autofree char *self = g_strdup_printf("%d", (int)getpid());
    const char *pid;
    for (guint i = 0; i < MAX_PROCESSES && (pid = g_dir_read_name(processes)) != NULL; i++) {
        if (!g_ascii_isdigit(*pid) || g_str_equal(pid, self) ||
            !has_descriptor_on(pid, status.st_rdev))
            continue;
        g_autofree char *name = dup_process_name(pid);
        return g_strdup_printf("another program, %s (process %s)", name, pid);
    }
    return g_strdup("another program");
}
