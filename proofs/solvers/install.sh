#!/bin/sh
# Installs the engines that re-check the statements: Rocq (coq 8.16) and QEPCAD from Debian, Z3, cvc5 and Yices from PyPI.
# The PyPI part goes into the virtual environment $TAUBER_SOLVERS (default: target/solvers/venv).
# csdp is needed by psatz alone (run.py --compare and --sample); --without-csdp leaves it out.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${TAUBER_SOLVERS:-$here/../../target/solvers/venv}

packages=""
command -v coqc >/dev/null 2>&1 && command -v coqchk >/dev/null 2>&1 || packages="$packages coq"
command -v qepcad >/dev/null 2>&1 || packages="$packages qepcad"
if [ "${1:-}" != --without-csdp ]; then
    command -v csdp >/dev/null 2>&1 || packages="$packages coinor-csdp"
fi
python3 -c 'import ensurepip, venv' 2>/dev/null || packages="$packages python3-venv"
if [ -n "$packages" ]; then
    if [ "$(id -u)" = 0 ]; then as_root=""; else as_root=sudo; fi
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # a list of packages
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $packages
fi

[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
coqc --version | head -n 1
"$venv/bin/pip" freeze
