#!/bin/sh
#SBATCH --job-name=campaign-7-nights--sign-off-2
#SBATCH --array=1-1000%300
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=logs/2.%a.log
#SBATCH --time=6006
#SBATCH --signal=B:TERM@120
#SBATCH --mem=700M
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --dependency=afterany:17:18
#SBATCH --partition=long
#SBATCH --account=video
cd '/scratch/it'\''s a "place" for $HOME & `others`\' || exit
# More shards than tasks: each task does one of every 1000, until it is told to end.
shard=$SLURM_ARRAY_TASK_ID status=0 told= running=
trap 'told=yes; kill "$running" 2>/dev/null' INT TERM USR2
while [ "$shard" -le 200000 ] && [ -z "$told" ]; do
    /opt/silicabac work 'two words' 'it'\''s' '"$HOME"' '' '*' 'a\b' 'line
break' "$shard" &
    running=$!
    [ -z "$told" ] || kill "$running"
    wait "$running"
    result=$?
    # A signal ends the wait, not the shard.
    while kill -0 "$running" 2>/dev/null; do
        wait "$running"
        result=$?
    done
    [ "$result" -eq 0 ] || status=$result
    shard=$((shard + 1000))
done
exit "$status"
