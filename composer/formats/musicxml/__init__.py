"""MusicXML files, plain and compressed: read and written."""
