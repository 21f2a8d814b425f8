#!/bin/sh
# Unpack a real MySQL beside the system, for `make test-mysql`. Nothing is installed.
#
# Debian's stable releases carry MariaDB alone; its unstable one carries MySQL. The packages come
# from the mirror that this machine uses anyway, with a package state of their own. Prints why
# and ends with 75 where that is not possible.
# Usage: unpack-mysql.sh folder
set -eu

home=$1
[ ! -x "$home/usr/sbin/mysqld" ] || exit 0

not_possible() {
    printf 'khalifa: no real MySQL to test on: %s\n' "$1"
    exit 75
}

command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    not_possible "this system has no apt-get"
[ "$(. /etc/os-release && echo "$ID")" = debian ] ||
    not_possible "this is known to work on Debian only"

codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
site=$(apt-get indextargets --format '$(SITE)' \
    "Codename: $codename" "Created-By: Packages" | grep '/debian/*$' | head -n 1)
[ -n "$site" ] || not_possible "apt's sources name no Debian mirror"

keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keys" ] || not_possible "the keys of the Debian archive are not installed"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/root"
: >"$work/status"
echo "deb [signed-by=$keys] $site sid main" >"$work/sources.list"

apt() {
    apt-get -qq -y --no-install-recommends \
        -o Dir::State="$work/state" -o Dir::State::status="$work/status" \
        -o Dir::Cache="$work/cache" -o Dir::Etc::SourceList="$work/sources.list" \
        -o Dir::Etc::SourceParts=- -o Dir::Etc::Preferences=- -o Dir::Etc::PreferencesParts=- \
        -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1 "$@" >"$work/log" 2>&1
}

echo "khalifa: fetching a MySQL server of Debian unstable, to unpack in $home"
apt update && apt --download-only install mysql-server-core || {
    tail -n 5 "$work/log"
    not_possible "the packages cannot be had"
}
for package in "$work"/cache/archives/*.deb; do
    dpkg-deb --extract "$package" "$work/root"
done
[ -x "$work/root/usr/sbin/mysqld" ] || not_possible "the package holds no mysqld"

mkdir -p "$(dirname "$home")"
rm -rf "$home"
mv "$work/root" "$home"
