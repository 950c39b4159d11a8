#!/usr/bin/env bash
# A real WordPress for tests, on loopback, of Debian's packages. Nothing outside one directory is touched: it holds a
# copy of the tree, a MariaDB data directory that is reached by a socket in it, and the logs. Nothing calls out.
#
#   internal/realservers/wordpress.sh install            the packages; needs root and apt-get
#   eval "$(internal/realservers/wordpress.sh start)"    starts it, unless it runs, and says how to reach it
#   internal/realservers/wordpress.sh stop               ends its processes and removes the directory
#
# start prints lines that a shell can evaluate: GOVMEDIA_WORDPRESS_URL, the user (an editor) and its application
# password in GOVMEDIA_WORDPRESS_USER and GOVMEDIA_WORDPRESS_PASSWORD, and a subscriber in …_SUBSCRIBER and
# …_SUBSCRIBER_PASSWORD. GOVMEDIA_WORDPRESS_DIR chooses the directory; it must not hold anything else.
set -euo pipefail
umask 077

dir=${GOVMEDIA_WORDPRESS_DIR:-${TMPDIR:-/tmp}/govmedia-wordpress-$(id -u)}
tree=${GOVMEDIA_WORDPRESS_TREE:-/usr/share/wordpress}
packages=(wordpress php-cli php-mysql php-xml php-gd php-mbstring php-curl php-zip mariadb-server)

say() { printf 'wordpress.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

install_packages() {
	command -v apt-get >/dev/null || die "no apt-get: install ${packages[*]} in your system's way"
	[ "$(id -u)" = 0 ] || die "install needs root: sudo $0 install"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq >&2
	apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2
}

need_packages() {
	local missing=()
	for command in php mariadbd mariadb mariadb-install-db setsid flock; do
		command -v "$command" >/dev/null || missing+=("$command")
	done
	[ -f "$tree/wp-load.php" ] || missing+=("$tree")
	[ ${#missing[@]} = 0 ] || die "missing: ${missing[*]}; run: $0 install"
}

# alive NAME tells whether the process group that was started as NAME still runs and is still ours.
alive() {
	local pid
	pid=$(cat "$dir/$1.pid" 2>/dev/null) || return 1
	[ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$dir/"
}

# background NAME COMMAND… starts a process group of its own that keeps no descriptor of the caller.
background() {
	local name=$1
	shift
	setsid "$@" </dev/null >"$dir/$name.log" 2>&1 9>&- &
	echo $! >"$dir/$name.pid"
}

# end NAME ends the process group that was started as NAME, with all its workers.
end() {
	if alive "$1"; then
		local pid
		pid=$(cat "$dir/$1.pid")
		kill -TERM -- "-$pid" 2>/dev/null || true
		wait_for 20 gone "$pid" || kill -KILL -- "-$pid" 2>/dev/null || true
		wait_for 5 gone "$pid" || die "process group $pid ($1) does not end"
	fi
	rm -f "$dir/$1.pid"
}

gone() { ! kill -0 -- "-$1" 2>/dev/null; }

# wait_for SECONDS COMMAND… asks ten times a second until the command succeeds.
wait_for() {
	local left=$(($1 * 10))
	shift
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.1
	done
}

sql() { mariadb --no-defaults -S "$dir/db.sock" -uroot "$@"; }

database_ready() { sql -e 'select 1' >/dev/null 2>&1; }

# shellcheck disable=SC2016 # the dollars are PHP's
answers() {
	php -r '$c = stream_context_create(["http" => ["timeout" => 10]]);
		exit(str_contains((string) @file_get_contents($argv[1]."/wp-json/wp/v2/posts", false, $c), "[") ? 0 : 1);' -- "$1"
}

running() { alive db && alive web && [ -s "$dir/env" ] && answers "$(cat "$dir/url")"; }

start_database() {
	local me
	me=$(id -un)
	mariadb-install-db --no-defaults --datadir="$dir/data" --auth-root-authentication-method=normal \
		--user="$me" --skip-test-db >"$dir/install-db.log" 2>&1 || die "mariadb-install-db failed, see $dir/install-db.log"
	background db mariadbd --no-defaults --user="$me" --datadir="$dir/data" --skip-networking \
		--socket="$dir/db.sock" --pid-file="$dir/mariadbd.pid"
	wait_for 60 database_ready || die "MariaDB does not answer, see $dir/db.log"
	sql -e "create database wp character set utf8mb4; create user wp@localhost identified by 'wp'; grant all on wp.* to wp@localhost"
}

copy_tree() {
	mkdir "$dir/wp"
	cp -rL "$tree/." "$dir/wp/" 2>"$dir/copy.log" || true # Debian's copy holds links to what was not installed
	rm -f "$dir/wp/wp-config.php"                         # wants /etc/wordpress
	mkdir -p "$dir/wp/wp-content/uploads" "$dir/wp/wp-content/themes"
	[ -f "$dir/wp/wp-load.php" ] || die "copying $tree failed, see $dir/copy.log"
	cat >"$dir/wp/wp-config.php" <<-'PHP'
		<?php
		$dir = dirname(__DIR__);
		$url = trim(file_get_contents("$dir/url"));
		define('DB_NAME', 'wp');
		define('DB_USER', 'wp');
		define('DB_PASSWORD', 'wp');
		define('DB_HOST', "localhost:$dir/db.sock");
		define('DB_CHARSET', 'utf8mb4');
		define('DB_COLLATE', '');
		define('WP_ENVIRONMENT_TYPE', 'local'); // application passwords without TLS
		define('WP_HTTP_BLOCK_EXTERNAL', true);
		define('DISABLE_WP_CRON', true);
		define('AUTOMATIC_UPDATER_DISABLED', true);
		define('WP_DEBUG_DISPLAY', false);
		define('WP_HOME', $url);
		define('WP_SITEURL', $url);
		foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
			define("{$name}_KEY", hash('sha256', "$dir $name key"));
			define("{$name}_SALT", hash('sha256', "$dir $name salt"));
		}
		$table_prefix = 'wp_';
		define('ABSPATH', __DIR__ . '/');
		require_once ABSPATH . 'wp-settings.php';
	PHP
	cat >"$dir/install.php" <<-'PHP'
		<?php // Debian has no wp-cli. Prints the lines that start prints.
		define('WP_INSTALLING', true);
		$url = trim(file_get_contents(__DIR__ . '/url'));
		$_SERVER['HTTP_HOST'] = parse_url($url, PHP_URL_HOST) . ':' . parse_url($url, PHP_URL_PORT);
		function wp_mail() { return true; }
		require __DIR__ . '/wp/wp-load.php';
		require ABSPATH . 'wp-admin/includes/upgrade.php';
		wp_install('某市人民政府', 'admin', 'admin@gov.invalid', true, '', bin2hex(random_bytes(16)));
		update_option('timezone_string', 'Asia/Shanghai');
		$wp_rewrite->set_permalink_structure('/%postname%/');
		flush_rewrite_rules(false);
		echo "export GOVMEDIA_WORDPRESS_URL='$url'\n";
		foreach (['' => 'editor', '_SUBSCRIBER' => 'subscriber'] as $name => $role) {
			$id = wp_insert_user(['user_login' => "govmedia-$role", 'display_name' => $role === 'editor' ? '某市发布' : '网民甲',
				'user_email' => "$role@gov.invalid", 'user_pass' => bin2hex(random_bytes(16)), 'role' => $role]);
			[$password] = WP_Application_Passwords::create_new_application_password($id, ['name' => 'govmedia']);
			echo "export GOVMEDIA_WORDPRESS", $name ?: '_USER', "='govmedia-$role'\n";
			echo "export GOVMEDIA_WORDPRESS{$name}_PASSWORD='$password'\n";
		}
	PHP
}

# shellcheck disable=SC2016 # the dollars are PHP's
free_port() { php -r '$s = stream_socket_server("tcp://127.0.0.1:0"); echo preg_replace("/.*:/", "", stream_socket_get_name($s, false));'; }

start_web() {
	local port
	for _ in 1 2 3 4 5; do # between asking for a free port and using it, somebody else may take it
		port=$(free_port)
		echo "http://127.0.0.1:$port" >"$dir/url"
		[ -s "$dir/env.new" ] || php "$dir/install.php" >"$dir/env.new" 2>"$dir/install.log" ||
			die "installing WordPress failed, see $dir/install.log"
		PHP_CLI_SERVER_WORKERS=4 background web php -d opcache.enable_cli=1 -d display_errors=0 -d upload_max_filesize=16M \
			-d post_max_size=20M -S "127.0.0.1:$port" -t "$dir/wp/"
		if wait_for 30 web_settled "http://127.0.0.1:$port" && alive web; then
			sed "s|^export GOVMEDIA_WORDPRESS_URL=.*|export GOVMEDIA_WORDPRESS_URL='http://127.0.0.1:$port'|" "$dir/env.new" >"$dir/env"
			return
		fi
		end web
	done
	die "PHP's server does not answer, see $dir/web.log"
}

web_settled() { ! alive web || answers "$1"; }

# enter makes sure that the directory is ours, and that nobody else starts or stops meanwhile.
enter() {
	if [ ! -d "$dir" ] || [ -L "$dir" ] || [ ! -O "$dir" ]; then
		die "$dir is not a directory of ours"
	fi
	dir=$(cd "$dir" && pwd -P)
	if [ ! -f "$dir/.govmedia-wordpress" ] && [ -n "$(ls -A "$dir")" ]; then
		die "$dir holds something else; set GOVMEDIA_WORDPRESS_DIR"
	fi
	[ ${#dir} -le 80 ] || die "$dir is too long for a socket in it; set GOVMEDIA_WORDPRESS_DIR"
	exec 9>"$dir.lock"
	flock -w 180 9 || die "another start or stop does not end"
}

start() {
	need_packages
	mkdir -p "$dir" 2>/dev/null || true
	enter
	if ! running; then
		clear_away
		mkdir "$dir"
		touch "$dir/.govmedia-wordpress"
		trap 'clear_away' EXIT
		start_database
		copy_tree
		start_web
		trap - EXIT
	fi
	cat "$dir/env"
}

# clear_away ends everything and removes the directory.
clear_away() {
	end web
	end db
	rm -rf "$dir"
}

stop() {
	[ -d "$dir" ] || return 0
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
