#!/bin/bash
# The Slurm array of docs/scaling.md: four tasks share the pictures, one is put back into the queue while
# it runs and goes on where it was; together they hold the records of one undisturbed run.
set -euo pipefail

here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
skip() {
  echo "SKIP: $1"
  exit 77
}
[[ -n ${AG_CLUSTER:-} ]] || skip "needs a scheduler: ./ag test --cluster"
for program in slurmctld slurmd munged sbatch scontrol python3; do
  command -v "$program" >/dev/null || skip "$program is not installed (Debian packages slurm-wlm, munge)"
done
((EUID == 0)) || skip "slurmd needs root"
[[ -f $AG_ASTRONAUT ]] || skip "no astronaut.png (./ag setup fetches it)"
program="$AG_BUILD_BIN_DIR/ag_native"

# shellcheck source=tests/cluster/slurm.sh
. "$here/slurm.sh"
work="$(mktemp -d)"
finish() {
  local status=$?
  stop_slurm
  if ((status)); then tail -n 20 "$work"/cluster/slurm*.log "$work"/*.txt 2>/dev/null || true; fi
  rm -rf "$work"
  exit $status
}
trap finish EXIT

pictures=240
mkdir -p "$work/photos" "$work/ages"
for ((i = 0; i < pictures; ++i)); do
  ln -s "$AG_ASTRONAUT" "$work/photos/$(printf %04d "$i").png"
done
printf '%s\n' "$work"/photos/*.png >"$work/photos.list"
"$program" predict --threads 1 --list "$work/photos.list" --json >"$work/whole.jsonl"

start_slurm "$work/cluster" || { echo "BROKEN the cluster did not start"; exit 1; }
cat >"$work/job.sh" <<JOB
#!/bin/bash
#SBATCH --array=0-3 --cpus-per-task=1 --requeue --output=$work/task%a.txt --open-mode=append
echo "start \$SLURM_ARRAY_TASK_ID restart \${SLURM_RESTART_COUNT:-0}"
"$program" predict --threads "\$SLURM_CPUS_PER_TASK" --shard "\$SLURM_ARRAY_TASK_ID/4" --resume \\
  --list "$work/photos.list" --out "$work/ages/\$SLURM_ARRAY_TASK_ID.jsonl"
status=\$?
((status <= 1))   # 1: some pictures failed, each has its record
JOB
job="$(sbatch --parsable "$work/job.sh")"

# Put task 0 back as soon as it has some records.
has_records() { [[ -s $work/ages/0.jsonl.partial ]]; }
wait_until 60 has_records || { echo "BROKEN task 0 wrote no record"; exit 1; }
scontrol requeue "${job}_0"
# A task that was put back waits two minutes; nothing else depends on that.
is_back() { [[ "$(squeue --noheader --job "${job}_0" --format %t)" == PD ]]; }
wait_until 60 is_back || { echo "BROKEN task 0 was not put back"; exit 1; }
scontrol update "jobid=${job}_0" starttime=now
is_done() { [[ -z "$(squeue --noheader --job "$job" 2>/dev/null)" ]]; }
if ! wait_until 200 is_done; then
  echo "BROKEN the array did not end"
  squeue
  exit 1
fi

grep -q 'start 0 restart 1' "$work/task0.txt" || { echo "BROKEN task 0 was not started again"; exit 1; }
# Task i has the records number i, i + 4, ...
python3 - "$work" <<'PY'
import pathlib, sys
work = pathlib.Path(sys.argv[1])
whole = (work / "whole.jsonl").read_bytes().splitlines()
for task in range(4):
    part = (work / "ages" / f"{task}.jsonl").read_bytes().splitlines()
    assert part == whole[task::4], f"task {task}: {len(part)} records, not those of one run"
print(f"{len(whole)} records of four tasks, one of them started twice")
PY
