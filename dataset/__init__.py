"""The contract between warehouse and trainer: manifest, records, verification."""
