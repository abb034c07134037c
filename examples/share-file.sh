#!/bin/sh
# Sends files to a Sightline and announces them in its conversation. What is there already is not sent again.
#
# share-file.sh SOCKET FILE...     Needs curl and socat. SOCKET is that of sightline --relay-socket SOCKET
#   URL=http://127.0.0.1:8080      where it serves; with a key, http://CAMERA:8080/key/KEY
#   STREAM=camera                  whose conversation
set -eu
url=${URL:-http://127.0.0.1:8080}
stream=${STREAM:-camera}
socket=${1:?the socket of sightline --relay-socket}
shift
: "${1:?a file}"
failed=0

complain() {
    printf '%s\n' "$1" >&2
    failed=1
}

# What an answer says in words, be it JSON, a page, or these already.
words() {
    said=$(printf '%s\n' "$1" | sed -n -e 's/.*"\(detail\|message\)":"\([^"]*\)".*/\2/p' -e 's|.*<h1>\(.*\)</h1>.*|\1|p' | tail -n 1)
    printf '%s' "${said:-$1}"
}

# As JSON has it; without control characters.
quote() {
    printf '"%s"' "$(printf '%s' "$1" | tr -d '\000-\037\177' | sed 's/[\\"]/\\&/g')"
}

announce() {
    object=$(printf '{"hash":"%s","size":%s,"name":%s,"type":%s}' "$hash" "$size" "$(quote "${1##*/}")" "$(quote "$type")")
    answer=$(printf '{"type":"publish","id":1,"channel":"chat:%s","data":{"object":%s}}\n' "$stream" "$object" |
        socat -t 5 - "UNIX-CONNECT:$socket") || answer="no connection to $socket"
    case $answer in
        *'"type":"published"'*) printf '%s: %s, %s bytes, announced in chat:%s\n' "$1" "$2" "$size" "$stream" ;;
        *) complain "$1: $2, but not announced: $(words "$answer")" ;;
    esac
}

share() {
    hash=$(sha256sum <"$1" | cut -c -64)
    size=$(wc -c <"$1")
    type=$(file --brief --mime-type -- "$1" 2>/dev/null) || type=application/octet-stream
    # It asks first; the answer is in words, then the status.
    answer=$(curl --silent --show-error --header 'Expect: 100-continue' --write-out '\n%{http_code}' \
        --upload-file - --header "Content-Length: $size" --header 'Transfer-Encoding:' "$url/objects/$hash" <"$1" 2>&1) || true
    case $answer in
        *201) announce "$1" sent ;;
        *200) announce "$1" 'there already' ;;
        *) complain "$1: $(words "${answer%???}")" ;;
    esac
}

for file; do
    if [ -f "$file" ] && [ -r "$file" ]; then
        share "$file"
    else
        complain "$file: no file that can be read"
    fi
done
exit "$failed"
