#!/bin/sh
# Refuse a commit message that is not a conventional commit. Usage: check-commit-message.sh file
set -eu

types='feat|fix|perf|refactor|test|docs|build|ci|chore|revert'
subject=$(head -n 1 "$1")

case $subject in
Merge\ * | fixup!\ * | squash!\ * | Revert\ *) exit 0 ;;
esac

printf '%s\n' "$subject" | grep -Eq "^($types)(\([a-z0-9 _-]+\))?!?: [^ ].*[^.]$" &&
    [ "${#subject}" -le 72 ] && exit 0

cat >&2 <<END
The first line of a commit says what it does, in at most 72 characters:

    fix(cloud api): keep a status that comes before its message

It opens with one of $(printf '%s' "$types" | sed 's/|/, /g'), has no full stop at its end,
and "!" before the colon where something breaks.
END
exit 1
