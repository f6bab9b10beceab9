# Sourced by the scripts: where things are kept and as whom they run.
#
#   ROOT   the source tree
#   CACHE  what is slow to get and the same for every source tree (INSIGHTFLOW_CACHE)
#   STATE  this source tree's copies of PostgreSQL, its clusters and their data (INSIGHTFLOW_STATE)
#
# A PostgreSQL server refuses to run as root, and the user it then runs as may be unable to read the source tree.
# So nothing that a server reads lies in the tree: it lies in STATE, which everyone may enter and only we may write.

set -euo pipefail
umask 022

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
: "${HOME:=$(getent passwd "$(id -u)" | cut -d: -f6)}"
# shellcheck disable=SC2034 # the scripts use it
CACHE=${INSIGHTFLOW_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/insightflow}
STATE=${INSIGHTFLOW_STATE:-/var/tmp/insightflow-$(id -u)-$(printf '%s' "$ROOT" | sha256sum | cut -c 1-8)}

# Settings of the caller's shell (PGHOST, PGUSER, PGOPTIONS, ...) must not decide which server we talk to.
while read -r variable; do unset "$variable"; done < <(compgen -e | grep '^PG[A-Z]' || true)

say() { printf '==> %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Makes STATE. Its name can be guessed, so a directory that somebody else has put there is refused.
make_state() {
    [ "${#STATE}" -le 70 ] || die "the path $STATE is too long for the sockets in it: set INSIGHTFLOW_STATE to a shorter one"
    [ -e "$STATE" ] || { mkdir -p "$(dirname "$STATE")" && mkdir -m 711 "$STATE"; }
    [ -O "$STATE" ] && [ ! -L "$STATE" ] || die "$STATE is not a directory of yours: set INSIGHTFLOW_STATE to another path"
}

# Runs a command as root.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root and there is no sudo; as root, run: $*"
    fi
}

# The user that servers run as: ourselves, or where we are root, an ordinary user.
server_user() {
    if [ "$(id -u)" != 0 ]; then
        id -un
    elif id postgres >/dev/null 2>&1; then
        echo postgres
    else
        id insightflow >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin insightflow
        echo insightflow
    fi
}

# Runs a command as that user, from a directory that it can read.
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec runuser -u "$(server_user)" -- "$@")
    else
        (cd / && exec "$@")
    fi
}

# Builds with cargo against one PostgreSQL: cargo_for VERSION PG_CONFIG SUBCOMMAND ARGUMENT...
cargo_for() {
    local version=$1 pg_config=$2 subcommand=$3
    shift 3
    (cd "$ROOT" && PGRX_PG_CONFIG_PATH=$pg_config cargo "$subcommand" --locked --no-default-features --features "pg$version" "$@")
}

# The directory that cargo builds into.
target_dir() {
    echo "${CARGO_TARGET_DIR:-$ROOT/target}"
}
