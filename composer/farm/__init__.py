"""Many pieces on many machines: a plan of shards in any storage, shards that may run twice, and what runs them.

Equal briefs give equal bytes and names depend on the brief only, so a shard may be run again at any time: what is there is not
made again, and what two workers make is the same. A folder (or an address that fsspec knows) is the only state:

    plan/plan.json            what was planned; written last, never changed
    plan/part-00000.parquet   the briefs of a shard with the names of their files
    pieces/00000/             its pieces, each with the sidecar last; with `--pack` one file, pieces/00000.tar
    done/part-00000.parquet   what came of each brief; the shard is finished when this is there
    times/part-00000.json     how long it took; the only file that differs from run to run
    manifest.parquet          all tables of done/, written on demand
"""
