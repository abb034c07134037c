# Shared by the scripts: which packages are there, quiet steps, the build folder.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${SIGHTLINE_BUILD:-$root/build}
build_options=()

# From sysexits.h, as in the program itself.
# shellcheck disable=SC2034 # for the scripts that source this
readonly EX_USAGE=64 EX_UNAVAILABLE=69 EX_SOFTWARE=70

# Standard output belongs to what the script runs in the end.
say() { printf '%s\n' "$*" >&2; }

fail() {
    local status=$1
    shift
    say "$@"
    exit "$status"
}

# step WHAT COMMAND…: one line; everything the command wrote, but only if it fails.
step() {
    local what=$1 log status=0
    shift
    say "$what …"
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if ((status)); then
        cat "$log" >&2
        say "$what: failed"
    fi
    rm -f "$log"
    return "$status"
}

have_any() {
    local name
    for name; do
        command -v "$name" >/dev/null && return 0
    done
    return 1
}

# any_of LIST WORD…: is one of the words in the list?
any_of() {
    local list=" $1 " word
    shift
    for word; do
        [[ $list == *" $word "* ]] && return 0
    done
    return 1
}

# packages_missing SET…: prints their names, each once.
packages_missing() {
    local sets package commands wanted=() installed
    while read -r sets package commands; do
        any_of "${sets//,/ }" "$@" || continue
        [[ " ${wanted[*]} " != *" $package "* ]] || continue
        # shellcheck disable=SC2086 # the commands are words
        [[ -n $commands ]] && have_any $commands && continue
        wanted+=("$package")
    done < <(grep -v '^#' "$root/script/packages")
    ((${#wanted[@]})) || return 0

    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
    for package in "${wanted[@]}"; do
        grep -qxF "installed $package" <<<"$installed" || printf '%s\n' "$package"
    done
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo "$@"
    fi
}

confirm() {
    local answer
    [[ -t 0 && -t 2 ]] || return 0
    read -r -p "$1 [Y/n] " answer
    [[ -z $answer || $answer == [Yy]* ]]
}

# packages_install SET…: installs what is missing. Stops the script where that is not possible.
packages_install() {
    local missing
    [[ ${SIGHTLINE_PACKAGES:-} == skip ]] && return 0
    mapfile -t missing < <(packages_missing "$@")
    ((${#missing[@]})) || return 0

    say "Packages that are missing: ${missing[*]}"
    if ! command -v apt-get >/dev/null; then
        fail $EX_UNAVAILABLE "There is no apt-get here to install them. Install them, or what this system" \
            "calls them, and set SIGHTLINE_PACKAGES=skip if they have other names."
    fi
    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        fail $EX_UNAVAILABLE "Installing them takes root: apt-get install ${missing[*]}"
    fi
    confirm "Install them?" || fail $EX_UNAVAILABLE "Not installed."
    if ((EUID != 0)); then
        sudo true || fail $EX_UNAVAILABLE "Installing them takes root: apt-get install ${missing[*]}"
    fi

    # Without fresh lists an install may still work: from a cache, or a mirror that is down for a moment.
    step "Updating the package lists" as_root apt-get -qq update || true
    step "Installing ${#missing[@]} packages" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq --no-install-recommends "${missing[@]}" ||
        fail $EX_UNAVAILABLE "The packages could not be installed: apt-get says above why. Where they have other names," \
            "install those and set SIGHTLINE_PACKAGES=skip."
}

# The Node packages of the browser tests and benches.
npm_is_current() {
    [[ -f $root/tests/e2e/node_modules/.package-lock.json &&
        ! $root/tests/e2e/package-lock.json -nt $root/tests/e2e/node_modules/.package-lock.json ]]
}

npm_list() {
    say "From npm, to drive browsers (tests/e2e/package.json):" \
        "$(sed -n '/ependencies": {/,/}/s/^ *"\([^"]*\)": .*/\1/p' "$root/tests/e2e/package.json" |
            grep -v ependencies | paste -sd ' ')"
}

npm_install() {
    step "Installing npm packages" env PUPPETEER_SKIP_DOWNLOAD=1 \
        npm ci --prefix "$root/tests/e2e" --no-audit --no-fund --loglevel=error ||
        fail $EX_UNAVAILABLE "The npm packages could not be installed."
    touch "$root/tests/e2e/node_modules/.package-lock.json"
}

# A build folder knows the absolute path of its sources; one that came along with a moved checkout is of no use.
build_discard_if_moved() {
    local made_for
    [[ -f $build/made-for ]] || return 0
    read -r made_for <"$build/made-for" || true
    [[ $made_for == "$root" ]] || rm -rf "$build"
}

# Ninja configures again by itself when a meson.build has changed.
build_make_locked() {
    local again=()
    if [[ ! -f $build/build.ninja ]]; then
        # Interrupted half-way, the last time.
        [[ ! -f $build/meson-private/coredata.dat ]] || again=(--reconfigure)
        step "Configuring" meson setup "${again[@]}" "$build" "$root" -Dwerror="${SIGHTLINE_WERROR:-false}" "${build_options[@]}" ||
            return
        printf '%s\n' "$root" >"$build/made-for"
    fi
    if ! ninja -C "$build" -n "$@" 2>/dev/null | grep -q 'no work to do'; then
        step "Building" ninja --quiet -C "$build" "$@" || return
    fi
}

# build_make [TARGET…]: brings the build folder up to date; two scripts at a time take turns.
build_make() {
    build_discard_if_moved
    mkdir -p "$build" || fail $EX_UNAVAILABLE "Set SIGHTLINE_BUILD to a folder that can be written."
    (
        flock 9
        build_make_locked "$@"
    ) 9>"$build/script-lock" ||
        fail $EX_SOFTWARE "The build failed: above is what it said first; rm -r $build begins anew."
}

# The program finds the descriptions of the checkout behind those of the user's choice.
pipelines_env() {
    export SIGHTLINE_PIPELINES=${SIGHTLINE_PIPELINES:+$SIGHTLINE_PIPELINES:}$root/pipelines
}
