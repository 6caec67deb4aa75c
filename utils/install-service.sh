#!/bin/sh
# Installs a Cinnabar server as a service of systemd: a unit, a configuration file and a data directory for one port. Run it
# once for each server of the machine; run again it writes the unit anew and leaves the configuration and the data alone.
#
#   utils/install-service.sh                    asks for everything
#   utils/install-service.sh --yes --port 6380  asks nothing
#
# What is asked for can also be given as options or in the environment; `--help` lists them.
set -eu

usage() {
  cat <<'END'
Usage: install-service.sh [option ...]

  --port N           the port (CINNABAR_PORT; 6379)
  --config PATH      the configuration file (CINNABAR_CONFIG_FILE; /etc/cinnabar/PORT.conf)
  --log PATH         the log file, or "journal" (CINNABAR_LOG_FILE; /var/log/cinnabar/PORT.log)
  --directory PATH   where the data is kept (CINNABAR_DATA_DIR; /var/lib/cinnabar/PORT)
  --server PATH      the program (CINNABAR_EXECUTABLE; bin/cinnabar-server beside this script)
  --user NAME        whom the server runs as; made if there is none (CINNABAR_USER; cinnabar)
  --socket           systemd listens, and passes the sockets to the server: who connects while
                     the server is restarted waits instead of being refused
  --prefix DIR       write everything below DIR, and start nothing
  --dry-run          show the files that would be written, and do nothing
  --uninstall        stop the service and remove its unit; configuration, log and data stay
  --yes              take what is not given as it is by default, without asking
  --help             this text
END
}

fail() {
  echo "install-service.sh: $*" >&2
  exit 1
}

port=${CINNABAR_PORT:-} config=${CINNABAR_CONFIG_FILE:-} log=${CINNABAR_LOG_FILE:-} directory=${CINNABAR_DATA_DIR:-}
server=${CINNABAR_EXECUTABLE:-} user=${CINNABAR_USER:-}
prefix='' socket=no dry_run=no uninstall=no ask=yes

while [ $# -gt 0 ]; do
  case $1 in
  --port | --config | --log | --directory | --server | --user | --prefix)
    [ $# -ge 2 ] || fail "$1 needs a value"
    case $1 in
    --port) port=$2 ;;
    --config) config=$2 ;;
    --log) log=$2 ;;
    --directory) directory=$2 ;;
    --server) server=$2 ;;
    --user) user=$2 ;;
    --prefix) prefix=${2%/} ;;
    esac
    shift
    ;;
  --socket) socket=yes ;;
  --dry-run) dry_run=yes ;;
  --uninstall) uninstall=yes ;;
  --yes) ask=no ;;
  --help) usage && exit 0 ;;
  *) fail "there is no option $1; --help lists them" ;;
  esac
  shift
done
[ -t 0 ] || ask=no

# Sets the variable $1 to what is answered to $2, or to $3; not when it has a value.
choose() {
  eval "value=\$$1"
  if [ -z "$value" ] && [ "$ask" = yes ]; then
    printf '%s [%s]: ' "$2" "$3"
    read -r value || value=''
  fi
  eval "$1=\${value:-\$3}"
}

# Neither systemd nor the configuration needs quotes then.
check_path() {
  case $2 in
  *[!A-Za-z0-9_./@:+-]*) fail "$1: $2 has a character other than letters, digits and _ . / @ : + -" ;;
  */../* | */..) fail "$1: $2 goes upwards" ;;
  /?*) ;;
  *) fail "$1: $2 is not an absolute path" ;;
  esac
}

require_root() {
  [ -n "$prefix" ] || [ "$(id -u)" = 0 ] || fail 'only root may do that; --dry-run shows what would be done'
}

here=$(cd -- "$(dirname -- "$0")" && pwd -P)

choose port 'Port' 6379
case $port in
'' | *[!0-9]* | ??????*) fail "$port is not a port" ;;
esac
if [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then fail "$port is not a port"; fi

name=cinnabar-$port
units=$prefix/etc/systemd/system
unit=$units/$name.service
socket_unit=$units/$name.socket

if [ "$uninstall" = yes ]; then
  if [ ! -e "$unit" ] && [ ! -e "$socket_unit" ]; then fail "there is no $unit"; fi
  if [ "$dry_run" = yes ]; then
    echo "would stop $name and remove its unit"
    exit 0
  fi
  require_root
  for each in "$socket_unit" "$unit"; do
    [ -e "$each" ] || continue
    [ -n "$prefix" ] || systemctl disable --now "${each##*/}" || echo "${each##*/} was not stopped" >&2
    rm -f -- "$each"
    echo "removed $each"
  done
  [ -n "$prefix" ] || systemctl daemon-reload
  echo 'The configuration, the log and the data are still there.'
  exit 0
fi

choose config 'Configuration file' "/etc/cinnabar/$port.conf"
choose log 'Log file, or "journal"' "/var/log/cinnabar/$port.log"
choose directory 'Data directory' "/var/lib/cinnabar/$port"
choose server 'Program' "${here%/*}/bin/cinnabar-server"
choose user 'User' cinnabar

check_path 'configuration file' "$config"
[ "$log" = journal ] || check_path 'log file' "$log"
check_path 'data directory' "$directory"
check_path 'program' "$server"
case $user in
'' | -* | *[!A-Za-z0-9_-]*) fail "$user is not the name of a user" ;;
esac
[ -x "$server" ] || fail "there is no program $server"
template=${here%/*}/cinnabar.conf
[ -r "$template" ] || fail "there is no $template to make the configuration from"

# The configuration: cinnabar.conf with four lines of its own.
make_config() {
  log_value=$log
  [ "$log" = journal ] && log_value='""'
  awk -v port="$port" -v dir="$directory" -v logfile="$log_value" '
    /^#port / { print "port " port; next }
    /^#dir / { print "dir " dir; next }
    /^#logfile / { print "logfile " logfile; next }
    /^#supervised / { print "supervised auto"; next }
    { print }
  ' "$template"
}

make_unit() {
  writable="$directory ${config%/*}"
  [ "$log" = journal ] || writable="$writable ${log%/*}"
  home=yes
  case $server in
  /home/* | /root/*) home=read-only ;;
  esac
  cat <<END
[Unit]
Description=Cinnabar, an in-memory data store, on port $port
After=network-online.target
Wants=network-online.target
END
  if [ "$socket" = yes ]; then
    echo "Requires=$name.socket"
    echo "After=$name.socket"
  fi
  cat <<END

[Service]
Type=notify
NotifyAccess=main
ExecStart=$server $config --supervised systemd --daemonize no
User=$user
Group=$user
WorkingDirectory=$directory
UMask=0077
LimitNOFILE=65535
Restart=on-failure
RestartSec=1
# Loading a large data set, and saving it at the end, take their time.
TimeoutStartSec=infinity
TimeoutStopSec=900

# CONFIG REWRITE writes beside the configuration file.
ReadWritePaths=$writable
ProtectSystem=strict
ProtectHome=$home
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
LockPersonality=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
# Not MemoryDenyWriteExecute: JavaScript is compiled while it runs.

[Install]
WantedBy=multi-user.target
END
}

make_socket_unit() {
  cat <<END
[Unit]
Description=Port $port of Cinnabar

[Socket]
# What bind and port say in the configuration is not looked at.
ListenStream=0.0.0.0:$port
ListenStream=[::]:$port
BindIPv6Only=ipv6-only
Backlog=511

[Install]
WantedBy=sockets.target
END
}

if [ "$dry_run" = yes ]; then
  echo "# $prefix$config"
  make_config | grep -v -e '^#' -e '^$'
  echo
  echo "# $unit"
  make_unit
  if [ "$socket" = yes ]; then
    echo
    echo "# $socket_unit"
    make_socket_unit
  fi
  exit 0
fi

if [ -z "$prefix" ]; then
  require_root
  command -v systemctl >/dev/null || fail 'there is no systemd here'
  # In a checkout this makes the bundle, which the service may not write.
  "$server" --version >/dev/null || fail "$server does not run"
  id -u "$user" >/dev/null 2>&1 ||
    useradd --system --user-group --home-dir "$directory" --no-create-home --shell /usr/sbin/nologin "$user"
fi

# A directory that is made here is the server's; one that is there stays as it is.
make_directory() {
  [ ! -d "$prefix$1" ] || return 0
  mkdir -p -m 0750 -- "$prefix$1"
  [ -n "$prefix" ] || chown "$user:$user" "$1"
}

make_directory "$directory"
make_directory "${config%/*}"
if [ "$log" != journal ]; then
  make_directory "${log%/*}"
  [ -e "$prefix$log" ] || (umask 077 && : >"$prefix$log")
  [ -n "$prefix" ] || chown "$user:$user" "$log"
fi
mkdir -p -- "$units"

if [ -e "$prefix$config" ]; then
  echo "kept $prefix$config"
else
  # It may come to hold passwords.
  (umask 077 && make_config >"$prefix$config")
  [ -n "$prefix" ] || chown "$user:$user" "$config"
  echo "wrote $prefix$config"
fi
make_unit >"$unit"
echo "wrote $unit"
if [ "$socket" = yes ]; then
  make_socket_unit >"$socket_unit"
  echo "wrote $socket_unit"
elif [ -e "$socket_unit" ]; then
  [ -n "$prefix" ] || systemctl disable --now "$name.socket"
  rm -f -- "$socket_unit"
  echo "removed $socket_unit"
fi
[ -z "$prefix" ] || exit 0

systemctl daemon-reload
[ "$socket" = no ] || systemctl enable --now "$name.socket"
systemctl enable "$name.service"
systemctl restart "$name.service"
echo "$name runs: systemctl status $name"
