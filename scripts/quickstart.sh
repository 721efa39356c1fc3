#!/usr/bin/env bash
# From a bare Debian 12 machine to generated weights and a report: scripts/quickstart.sh. It leaves everything in quickstart/, and
# reuses what an earlier run has finished.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
scripts/build.sh
scripts/fetch_data.sh mnist fashion-mnist

export PATH="$PWD/build/release/bin:$PATH"
mkdir -p quickstart

# The main job. Each command skips what is done.
main_job() {
  weightloom data list
}
main_job
