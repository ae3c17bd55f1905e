"""Composes many pieces on many machines: a plan of idempotent shards in any storage, and drivers that run them.

Equal briefs give equal bytes and file names depend only on the brief, so a shard may be run again at any time: existing files
are not made again, and two workers produce the same. A folder (or an address that fsspec knows) is the only state:

    plan/plan.json            the plan; written last, never changed
    plan/part-00000.parquet   the briefs of a shard with their file names
    pieces/00000/             its pieces, each with the sidecar last; with `--pack` one file, pieces/00000.tar
    done/part-00000.parquet   the result of each brief; the shard is finished when this file exists
    times/part-00000.json     its duration; the only file that differs between runs
    manifest.parquet          all tables of done/, written on demand
"""
