#!/bin/sh
# Make sure that the servers which the tests start for themselves are installed, and a browser.
# Says nothing where they are. The machine's own servers are never used.
set -eu
cd "$(dirname "$0")"

# Debian keeps servers where only root's PATH looks.
PATH=$PATH:/usr/local/sbin:/usr/sbin

has() {
    for program in "$@"; do
        command -v "$program" >/dev/null && return
    done
    return 1
}

missing=
if ! { has mariadbd mysqld && has mariadb-install-db mysql_install_db; }; then
    missing="mariadb-server-core mariadb-client"
fi
if ! has redis-server valkey-server; then
    missing="$missing redis-server"
    redis_is_new=yes
fi
# Without the part for windows it needs half of the processor's time.
has chromium-headless-shell chromium chromium-browser || missing="$missing chromium-headless-shell"
[ -n "$missing" ] || exit 0

# shellcheck disable=SC2086  # A list of words.
./apt-install.sh "servers and a browser for the tests" $missing

# The package would start a Redis with the machine; nobody asked for that.
if [ -n "${redis_is_new-}" ] && has systemctl; then
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root systemctl disable redis-server >/dev/null 2>&1 ||
        echo "khalifa: redis-server will start with this machine; the tests do not need that."
fi
