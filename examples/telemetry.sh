#!/bin/sh
# Publishes this machine's load and temperature each second, and prints the commands that come for it.
#
# telemetry.sh SOCKET [STREAM]     Needs socat. SOCKET is that of sightline --relay-socket SOCKET
set -eu
socket=${1:?the socket of sightline --relay-socket}
stream=${2:-camera}
thermometer=/sys/class/thermal/thermal_zone0/temp

say() {
    printf '{"type":"subscribe","id":1,"channel":"control:%s"}\n' "$stream"
    while read -r load _ </proc/loadavg; do
        celsius=null
        [ ! -r "$thermometer" ] || celsius=$(($(cat "$thermometer") / 1000))
        printf '{"type":"publish","channel":"telemetry:%s","data":{"load":%s,"celsius":%s}}\n' "$stream" "$load" "$celsius"
        sleep 1
    done
}

say | socat - "UNIX-CONNECT:$socket" | while IFS= read -r line; do
    case $line in
        *'"type":"message"'*) command=${line#*'"data":'} && printf '%s\n' "${command%\}}" ;;
        *'"type":"error"'*) printf '%s\n' "$line" >&2 ;;
    esac
done
