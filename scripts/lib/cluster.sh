# Sourced by the scripts: private clusters. A cluster NAME is the directory $STATE/NAME:
#
#   data/ log password   the cluster, its log, the superuser's password
#   bin                  link to the bin directory of our copy of PostgreSQL
#   port, .s.PGSQL.PORT  where it listens
#
# The directory is closed to other users, so the socket in it asks for no password; 127.0.0.1 does.
# The superuser is postgres.

cluster_dir() { echo "$STATE/$1"; }

cluster_running() {
    [ -d "$STATE/$1/data" ] && as_server "$STATE/$1/bin/pg_ctl" -D "$STATE/$1/data" status >/dev/null 2>&1
}

# Makes a cluster, with checksums as PostgreSQL 18 has them by default: cluster_create NAME BIN [LINE OF postgresql.conf]...
cluster_create() {
    local name=$1 bin=$2 dir="$STATE/$1" user
    shift 2
    user=$(server_user)
    cluster_remove "$name"
    mkdir -m 700 "$dir"
    ln -s "$bin" "$dir/bin"
    head -c 24 /dev/urandom | base64 > "$dir/password"
    if [ "$(id -u)" = 0 ]; then chown -R "$user" "$dir"; fi
    chmod 600 "$dir/password"
    as_server "$bin/initdb" -D "$dir/data" -U postgres --pwfile="$dir/password" --auth-local=trust --auth-host=scram-sha-256 \
        -E UTF8 --locale=C.UTF-8 --data-checksums >"$STATE/$name.initdb.log" 2>&1 || { cat "$STATE/$name.initdb.log" >&2; die "initdb failed"; }
    rm -f "$STATE/$name.initdb.log"
    {
        printf "%s\n" "listen_addresses = '127.0.0.1'" "unix_socket_directories = '$dir'" "max_connections = 200" \
            "log_line_prefix = '%m [%p] %u@%d '" "lc_messages = 'C'" "$@"
    } >> "$dir/data/postgresql.conf"
}

# A port of 127.0.0.1 on which nothing listens.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if ! (: < "/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
}

# Starts a cluster on a free port: cluster_start NAME [SETTING=VALUE]...
cluster_start() {
    local name=$1 dir="$STATE/$1" port options setting attempt
    shift
    for attempt in 1 2 3 4 5; do
        port=$(free_port)
        options="-p $port"
        for setting in "$@"; do options+=" -c $setting"; done
        # The server must not hold on to the caller's terminal or pipe.
        if as_server "$dir/bin/pg_ctl" -D "$dir/data" -l "$dir/log" -o "$options" -t 60 -w start </dev/null >/dev/null 2>&1; then
            echo "$port" > "$dir/port"
            return
        fi
        # Somebody may have taken the port in between; anything else is an error.
        tail -n 20 "$dir/log" | grep -q 'could not bind' || break
    done
    tail -n 20 "$dir/log" >&2
    die "the server did not start (attempt $attempt); its log is $dir/log"
}

cluster_stop() {
    if cluster_running "$1"; then
        as_server "$STATE/$1/bin/pg_ctl" -D "$STATE/$1/data" -m fast -w stop >/dev/null
    fi
}

cluster_remove() {
    cluster_stop "$1"
    rm -rf "${STATE:?}/$1"
}

# Makes the cluster the one that psql and other clients of this shell talk to.
cluster_use() {
    local dir="$STATE/$1"
    PGHOST=$dir
    PGPORT=$(cat "$dir/port")
    PGUSER=postgres
    PGPASSWORD=$(cat "$dir/password")
    PATH="$dir/bin:$PATH"
    export PGHOST PGPORT PGUSER PGPASSWORD PATH
}

# Whether pg_upgrade brings a cluster of one PostgreSQL into another at all, with one table and without the extension:
# can_upgrade OLD_BIN NEW_BIN
can_upgrade() {
    local old=upgrade-old new=upgrade-new status=0
    cluster_create "$old" "$1"
    cluster_start "$old"
    psql -X -q -h "$STATE/$old" -p "$(cat "$STATE/$old/port")" -U postgres -d postgres -c 'CREATE TABLE probe (a int)'
    cluster_stop "$old"
    cluster_create "$new" "$2"
    # It writes into the directory that it is called in.
    as_server bash -c 'cd "$1" && shift && exec "$@"' pg_upgrade "$STATE/$new" "$2/pg_upgrade" -b "$1" -B "$2" \
        -d "$STATE/$old/data" -D "$STATE/$new/data" -U postgres -s "$STATE/$new" >"$STATE/$new.log" 2>&1 || status=1
    cluster_remove "$old"
    cluster_remove "$new"
    return "$status"
}
