#!/bin/sh
# Boot the system in the folder $1, with its own systemd, in a container made of namespaces.
# $2 is a fresh cgroup; $3.. are "SOURCE:TARGET" folders to mount in it.
# https://systemd.io/CONTAINER_INTERFACE/
set -eu
if [ -z "${BOOTING-}" ]; then
    echo $$ >"$2/cgroup.procs"
    # --kill-child: when this ends, however it ends, so does everything within.
    BOOTING=yes exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child=KILL "$0" "$@"
fi
root=$1
shift 2

mount --make-rprivate /
mount --bind "$root" "$root"
for folders in "$@"; do
    mkdir -p "$root/${folders#*:}"
    mount --bind "${folders%%:*}" "$root/${folders#*:}"
done
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
# Where the kernel has the older cgroups, there are folders for them here.
[ -d "$root/sys/fs/cgroup" ] && mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"

hostname bare
cd "$root"
mkdir -p .before
pivot_root . .before
umount -l /.before
exec env -i container=unshare PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
    /lib/systemd/systemd --log-target=console --show-status=yes
