#!/bin/sh
# needs.sh PROGRAM COMMAND...: runs the command, or is skipped (77) where the program is not installed.
command -v "$1" > /dev/null || exit 77
shift
exec "$@"
