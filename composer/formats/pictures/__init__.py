"""Pictures of scores: engraved pages and piano rolls."""
