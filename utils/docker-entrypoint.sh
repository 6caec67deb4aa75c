#!/bin/sh
# What the container starts: the server with the arguments given, or any other program.
#
# Protected mode refuses clients from other machines as long as there is no password. Behind a container's network all
# clients come from there, and the ports that are published bar others already: so it is off, unless the arguments or the
# configuration file say something of it, or the file includes others.
set -eu

case ${1:-} in
'' | -* | *.conf) set -- cinnabar-server "$@" ;;
esac

if [ "$1" = cinnabar-server ]; then
  # Started as root ("--user root"): the data is the server's, and root is given up.
  if [ "$(id -u)" = 0 ]; then
    find /data \! -user cinnabar -exec chown cinnabar:cinnabar {} +
    exec setpriv --reuid=cinnabar --regid=cinnabar --init-groups -- "$0" "$@"
  fi
  # Nobody else reads the data, unless the container was given another umask.
  [ "$(umask)" != 0022 ] || umask 0077
  says=no
  for argument in "$@"; do
    case $argument in
    --protected-mode | --protected-mode\ * | -) says=yes ;;
    esac
  done
  case ${2:-} in
  '' | -*) ;;
  *) if grep -q -i -E '^[[:space:]]*(protected-mode|include)[[:space:]]' "$2"; then says=yes; fi ;;
  esac
  [ "$says" = yes ] || set -- "$@" --protected-mode no
fi

exec "$@"
