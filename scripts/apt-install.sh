#!/bin/sh
# Install packages of the system, once, without starting the services they bring.
# Usage: apt-install.sh "what they are for" package...
set -eu

purpose=$1
shift

give_up() {
    printf 'khalifa: %s: %s\n' "$purpose" "$1" >&2
    printf 'Install these yourself, then run the same command again: %s\n' "$2" >&2
    exit 1
}

command -v apt-get >/dev/null ||
    give_up "this system has no apt-get" "$* (or what your system calls them)"

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
        give_up "installing needs root, and there is no sudo" "apt-get install $*"
    as_root=sudo
fi

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
own_policy=
finish() {
    [ -z "$own_policy" ] || $as_root rm -f "$policy"
    rm -f "$log"
}
trap finish EXIT
trap 'exit 130' INT TERM

printf 'khalifa: %s: installing with apt-get: %s\n' "$purpose" "$*"

# Debian asks this file whether a freshly installed service may start.
if [ ! -e "$policy" ]; then
    own_policy=yes
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi

# Nothing of the system is taken away: a MySQL that is there already stays, and apt says so.
install() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y \
        --no-install-recommends --no-remove "$@" >"$log" 2>&1
}

if ! install "$@"; then
    # The lists may be missing, as in a fresh container, or old.
    $as_root apt-get update >"$log" 2>&1 && install "$@" || {
        tail -n 20 "$log" >&2
        give_up "apt-get could not" "apt-get install $*"
    }
fi
