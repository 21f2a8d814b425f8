#!/bin/sh
# Run targets of make one after another, with the name and the time of each; stop at the first
# that fails. Usage: stages.sh target...
set -u

bold='' plain=''
if [ -t 1 ]; then
    bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi

tenths() {
    echo $(($(date +%s%N) / 100000000))
}

seconds() {
    printf '%d.%d s' $(($1 / 10)) $(($1 % 10))
}

began=$(tenths)
for stage in "$@"; do
    printf '%s== %s%s\n' "$bold" "$stage" "$plain"
    stage_began=$(tenths)
    ${MAKE:-make} --no-print-directory "$stage"
    result=$?
    took=$(seconds $(($(tenths) - stage_began)))
    if [ "$result" -ne 0 ]; then
        printf '%s== %s FAILED after %s%s\n' "$bold" "$stage" "$took" "$plain"
        exit "$result"
    fi
    printf '   %s: %s\n' "$stage" "$took"
done
printf '%s== all good in %s%s\n' "$bold" "$(seconds $(($(tenths) - began)))" "$plain"
