#!/usr/bin/env bash
# A real PostgreSQL for tests, on loopback, of whatever binaries are there. Nothing outside one directory is touched: it
# holds the data, the socket and the log.
#
#   internal/realservers/postgres.sh install             Debian's package; needs root and apt-get
#   eval "$(internal/realservers/postgres.sh start)"     starts it, unless it runs, and says how to reach it
#   internal/realservers/postgres.sh stop                ends it and removes the directory
#
# start prints a line that a shell can evaluate: GOVMEDIA_POSTGRES_URL. GOVMEDIA_POSTGRES_DIR chooses the directory; it
# must not hold anything else. PostgreSQL refuses to run as root, so root runs it as another user, "postgres" or "nobody".
#
# The server does not wait for its disk (fsync=off), as no other server should: tests kill processes, which loses nothing
# that the system has taken, and nothing here cuts the power.
set -euo pipefail
umask 077

dir=${GOVMEDIA_POSTGRES_DIR:-${TMPDIR:-/tmp}/govmedia-postgres-$(id -u)}

say() { printf 'postgres.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

install_packages() {
	command -v apt-get >/dev/null || die "no apt-get: install postgresql in your system's way"
	[ "$(id -u)" = 0 ] || die "install needs root: sudo $0 install"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq >&2
	# Debian would make and start a cluster of its own.
	mkdir -p /etc/postgresql-common
	[ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
	apt-get install -y -qq --no-install-recommends postgresql postgresql-client >&2
}

# find_binaries puts initdb and its family in front of the path; Debian keeps them apart.
find_binaries() {
	local candidate
	for candidate in $(command -v initdb 2>/dev/null) /usr/lib/postgresql/*/bin/initdb; do
		[ -x "$candidate" ] || continue
		candidate=$(dirname "$(readlink -f "$candidate")") # its family stands where it really is
		if [ -x "$candidate/pg_ctl" ] && [ -x "$candidate/postgres" ]; then
			bin=$candidate
			return
		fi
	done
	die "missing: initdb, pg_ctl, postgres; run: $0 install"
}

# as_owner runs a command as the user who may run PostgreSQL, in the directory and with little else.
as_owner() {
	if [ "$(id -u)" != 0 ]; then
		(cd "$dir" && "$@")
	else
		local user=nobody
		id -u postgres >/dev/null 2>&1 && user=postgres
		(cd "$dir" && setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@")
	fi
}

free_port() {
	local port
	for _ in $(seq 50); do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
	done
	die "no free port found"
}

running() { [ -s "$dir/env" ] && as_owner "$bin/pg_ctl" -D "$dir/data" status >/dev/null 2>&1; }

start_server() {
	local port
	as_owner "$bin/initdb" -D "$dir/data" -U govmedia -A trust -E UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1 ||
		die "initdb failed, see $dir/initdb.log"
	for _ in 1 2 3 4 5; do # between asking for a free port and using it, somebody else may take it
		port=$(free_port)
		if as_owner "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/server.log" -w -t 60 start -o \
			"-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200 -c fsync=off -c full_page_writes=off" >"$dir/start.log" 2>&1 9>&-; then
			echo "export GOVMEDIA_POSTGRES_URL='postgres://govmedia@127.0.0.1:$port/postgres?sslmode=disable'" >"$dir/env"
			return
		fi
	done
	cat "$dir/data/server.log" >&2 || true
	die "PostgreSQL does not start, see $dir/start.log"
}

# enter makes sure that the directory is ours, and that nobody else starts or stops meanwhile.
enter() {
	if [ ! -d "$dir" ] || [ -L "$dir" ] || [ ! -O "$dir" ]; then
		die "$dir is not a directory of ours"
	fi
	dir=$(cd "$dir" && pwd -P)
	if [ ! -f "$dir/.govmedia-postgres" ] && [ -n "$(ls -A "$dir")" ]; then
		die "$dir holds something else; set GOVMEDIA_POSTGRES_DIR"
	fi
	exec 9>"$dir.lock"
	flock -w 180 9 || die "another start or stop does not end"
}

start() {
	find_binaries
	mkdir -p "$dir" 2>/dev/null || true
	enter
	if ! running; then
		clear_away
		mkdir "$dir"
		touch "$dir/.govmedia-postgres"
		trap 'clear_away' EXIT
		mkdir "$dir/data"
		if [ "$(id -u)" = 0 ]; then # the other user must get through to its data, and to nothing else
			chmod 711 "$dir"
			chown "$(id -u postgres 2>/dev/null || id -u nobody)" "$dir/data"
		fi
		start_server
		trap - EXIT
	fi
	cat "$dir/env"
}

# clear_away ends the server and removes the directory.
clear_away() {
	if [ -d "$dir/data" ]; then
		as_owner "$bin/pg_ctl" -D "$dir/data" -m immediate -w -t 60 stop >/dev/null 2>&1 || true
	fi
	rm -rf "$dir"
}

stop() {
	[ -d "$dir" ] || return 0
	find_binaries
	enter
	clear_away
	rm -f "$dir.lock"
}

case "${1:-}" in
install) install_packages ;;
start) start ;;
stop) stop ;;
*) die "usage: $0 install | start | stop" ;;
esac
