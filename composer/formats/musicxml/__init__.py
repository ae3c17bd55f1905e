"""Reading and writing of MusicXML files, plain and compressed."""
