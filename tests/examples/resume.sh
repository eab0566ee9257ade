#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A training that Ctrl-C interrupts after each of its starts, and that the next start continues, ends with the file of
# one that was not interrupted.
#
#     resume.sh <examples/training/resume> <scratch folder>
set -euo pipefail
program="$1" scratch="$2"
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch"

"$program" whole >whole.log
grep -q '^finished' whole.log

# A signal may come after the end of a short training: then it is tried again.
stops=0
for ((attempt = 0; attempt < 20 && stops == 0; ++attempt)); do
    rm -f parts
    result=""
    until [[ $result == finished* ]]; do
        exec 3< <(exec "$program" parts)
        process=$!
        read -r result <&3 # an epoch has ended, or the training had ended before
        kill -INT "$process" || true
        result="$(printf '%s\n' "$result" "$(cat <&3)" | grep . | tail -n 1)"
        wait "$process"
        [[ $result != stopped* ]] || stops=$((stops + 1))
    done
    cmp whole parts
done
echo "interrupted $stops times in $attempt trainings"
((stops > 0))
