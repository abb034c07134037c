#include "sl-tcp-progress.h"

#include <linux/tcp.h> /* glibc's own lacks these members; the two can't be in one file */
#include <netinet/in.h>
#include <sys/socket.h>

guint64
sl_tcp_progress_get(GSocket *socket)
{
    struct tcp_info info = { 0 };
    socklen_t len = sizeof(info);

    if (getsockopt(g_socket_get_fd(socket), IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return 0;
    return info.tcpi_bytes_acked + info.tcpi_bytes_received;
}
