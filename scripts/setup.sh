#!/bin/sh
# Fill .venv with what requirements.lock names, and khalifa itself, editable.
# With nothing new in the lock, and the pages in web/ built, it ends at once.
set -eu
cd "$(dirname "$0")/.."

stamp=.venv/.made-of
# What only configures tools changes nothing that is installed.
made_of=$({ pwd && cat requirements.lock && sed '/^\[tool\.ruff/,$d' pyproject.toml; } | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$made_of" ]; then
    exec .venv/bin/python scripts/build_desk.py
fi

find_python() {
    for candidate in python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$candidate
            return
        fi
    done
    return 1
}
if ! find_python; then
    scripts/apt-install.sh "Python 3.11 or newer" python3 python3-venv
    find_python || {
        echo "khalifa: needs Python 3.11 or newer, and this system's is older." >&2
        exit 1
    }
fi

echo "khalifa: filling .venv"
if uv --version >/dev/null 2>&1; then
    [ -x .venv/bin/python ] || uv venv --quiet --python "$python" .venv
    install="uv pip install --quiet --python .venv/bin/python"
else
    "$python" -c 'import ensurepip' 2>/dev/null ||
        scripts/apt-install.sh "a virtual environment" python3-venv
    .venv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv .venv
    install=".venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile"
fi
$install --require-hashes -r requirements.lock
# Beside the desk's build, on another core. What does not compile is somebody's template.
.venv/bin/python -m compileall -q .venv/lib src >/dev/null 2>&1 &
# Before khalifa itself, whose build would fetch a Node of its own for it.
.venv/bin/python scripts/build_desk.py
$install --no-deps --editable .
wait

printf '%s\n' "$made_of" >"$stamp"
