"""Clinical tables of collections: fetched, read with their labels, filtered by, joined with the images' patients."""
