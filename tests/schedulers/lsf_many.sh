#!/bin/sh
#BSUB -J "campaign-7-nights--sign-off-2[1-1000]%300"
#BSUB -r
#BSUB -o logs/2.%I.log
#BSUB -W 6006
#BSUB -wa TERM
#BSUB -wt 2
#BSUB -M 700MB
#BSUB -R "rusage[mem=700MB]"
#BSUB -n 1
#BSUB -w "ended(17) && ended(18)"
#BSUB -q long
#BSUB -P video
cd '/scratch/it'\''s a "place" for $HOME & `others`\' || exit
# More shards than tasks: each task does one of every 1000, until it is told to end.
shard=$LSB_JOBINDEX status=0 told= running=
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
