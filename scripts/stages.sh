#!/bin/sh
# Run targets of make one after another, with the name and the time of each; stop at the first
# that fails. Usage: stages.sh target[+target...]...
# Targets joined by + run at once; what the second and further ones say comes when they have ended.
set -u

bold='' plain=''
if [ -t 1 ]; then
    bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT

tenths() {
    echo $(($(date +%s%N) / 100000000))
}

seconds() {
    printf '%d.%d s' $(($1 / 10)) $(($1 % 10))
}

run() {
    printf '%s== %s%s\n' "$bold" "$1" "$plain"
    stage_began=$(tenths)
    ${MAKE:-make} --no-print-directory "$1"
    result=$?
    took=$(seconds $(($(tenths) - stage_began)))
    if [ "$result" -ne 0 ]; then
        printf '%s== %s FAILED after %s%s\n' "$bold" "$1" "$took" "$plain"
    else
        printf '   %s: %s\n' "$1" "$took"
    fi
    return "$result"
}

began=$(tenths)
for stages in "$@"; do
    first=${stages%%+*} others='' result=0
    [ "$first" = "$stages" ] || others=$(echo "${stages#*+}" | tr + ' ')
    for stage in $others; do
        (run "$stage" >"$said/$stage" 2>&1; echo $? >"$said/$stage.result") &
    done
    run "$first" || result=$?
    wait
    for stage in $others; do
        cat "$said/$stage"
        [ "$(cat "$said/$stage.result")" -eq 0 ] || result=1
    done
    [ "$result" -eq 0 ] || exit "$result"
done
printf '%s== all good in %s%s\n' "$bold" "$(seconds $(($(tenths) - began)))" "$plain"
